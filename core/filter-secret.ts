// A secret that a filter was granted, as the gateway's thread keeps it for the headers it is put into.
import { GatewayError } from './errors.js';
import { isFieldValue } from './headers.js';

export class FilterSecret {
  /** Name of the filter. */
  readonly filter: string;
  /** What the filter calls it. */
  readonly name: string;
  // Private, so that whoever prints a route does not print it. Null when it cannot stand in a header.
  readonly #fieldValue: string | null;
  readonly #upstreams: ReadonlySet<string> | null;

  /** @param upstreams where requests may take it; null for anywhere that a route of the filter leads */
  constructor(filter: string, name: string, value: string, upstreams: readonly string[] | null) {
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    this.filter = filter;
    this.name = name;
    this.#fieldValue = isFieldValue(bytes) ? bytes : null;
    this.#upstreams = upstreams === null ? null : new Set(upstreams);
  }

  /**
   * The value as it stands in a header of a request to an upstream: one character for each byte of its UTF-8.
   * @throws GatewayError SLUICE_FILTER_TRAP when its grant does not name the upstream, so that the request fails and does not
   * leave without it; or when it holds a control character, as only one may that is there to be read or signed with
   */
  fieldValue(upstream: string): string {
    if (this.#upstreams !== null && !this.#upstreams.has(upstream))
      throw this.#misused(` of a request to the upstream ${upstream}, which its grant does not name`);
    if (this.#fieldValue === null) throw this.#misused(', but its value holds a control character');
    return this.#fieldValue;
  }

  #misused(how: string): GatewayError {
    return new GatewayError(
      'SLUICE_FILTER_TRAP',
      `filter ${this.filter} puts the secret ${this.name} into a header${how}`,
      { filter: this.filter },
    );
  }
}
