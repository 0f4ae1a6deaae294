// Paths of a document that begin where it stands. A release stands nowhere: each gateway reads such files from a disk of its own.
import type { ConfigDocument } from '../../config/document.js';
import { errorAt, pointerTo, quote } from '../../config/error-at.js';
import type { GatewayError } from '../../errors.js';

/** Certificates, keys and lists. Modules go along with a release. */
const FILE_PLACE =
  /^\/(?:(?:listeners\/\d+|admin)\/tls\/(?:certificates\/\d+\/(?:cert|key)|clientAuth\/(?:ca|crl)(?:\/\d+)?)|upstreams\/[^/]+\/tls\/(?:cert|key|ca(?:\/\d+)?))$/;
const RELATIVE_PATH = /^\.{1,2}\//;
const RELATIVE_SECRET = /secret\+file:\/\/(?!\/)/;

const EXPECTED =
  'a path that begins with "/", as each gateway has it, or a secret of the fleet such as "secret://tls/api"';

/** An error for each, at its place. */
export function relativeFiles(document: ConfigDocument): GatewayError[] {
  const errors: GatewayError[] = [];
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value === 'string') {
      const isRelative =
        RELATIVE_SECRET.test(value) || (FILE_PLACE.test(pointer) && RELATIVE_PATH.test(value));
      if (isRelative)
        errors.push(errorAt('SLUICE_CONFIG_INVALID', document.place(pointer), quote(value), EXPECTED));
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) walk(member, pointerTo(pointer, key));
  };
  walk(document.value, '');
  return errors;
}
