// Gives errors of filters their place in the document that configures these. What loads a filter knows the names of
// filters and pointers, and nothing of lines: its messages begin with one of them, and this file reads that.
import type { FindPlaces } from './config/document-places.js';
import { ConfigErrors, GatewayError } from './errors.js';

/** `/filters/NAME/config/…: what is wrong`, or the same with the module in brackets. */
const AT_POINTER = /^(\/filters\/[^/\s:]+\/(?:module|grants|config).*?)(?:: | \()/s;
/** `filter NAME, configure: what is wrong`. */
const AT_FILTER = /^filter ([A-Za-z0-9._-]+)[,:] /;

/**
 * The same errors, those of filters with `DOCUMENT:LINE:COLUMN POINTER` before what is wrong. Without that when the places
 * cannot be found out.
 */
export async function inPlace(errors: ConfigErrors, places: FindPlaces): Promise<ConfigErrors> {
  const pointers = errors.errors.map((error) => (error.place === undefined ? pointerOf(error) : null));
  const wanted = [...new Set(pointers.filter((pointer) => pointer !== null))];
  if (wanted.length === 0) return errors;
  const found = new Map((await places(wanted).catch(() => [])).map((place) => [place.pointer, place]));
  return new ConfigErrors(
    errors.errors.map((error, index) => {
      const place = found.get(pointers[index] ?? '');
      if (place === undefined || place.line === 0) return error;
      const { code, message, cause, filter } = error;
      const where = `${place.document}:${place.line}:${place.column}`;
      const what = message.startsWith(place.pointer) ? message : `${place.pointer}: ${message}`;
      return new GatewayError(code, `${where} ${what}`, {
        place,
        ...(cause === undefined ? {} : { cause }),
        ...(filter === undefined ? {} : { filter }),
      });
    }),
  );
}

function pointerOf({ message }: GatewayError): string | null {
  const filter = AT_FILTER.exec(message)?.[1];
  return filter === undefined ? (AT_POINTER.exec(message)?.[1] ?? null) : `/filters/${filter}`;
}
