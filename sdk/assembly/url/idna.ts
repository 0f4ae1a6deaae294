// Domains beyond ASCII (UTS #46), spelled in ASCII by the host. Needs the capability `idna`.
import { ABSENT, Bytes } from '../bytes';
import { hostDomainToAscii } from '../host';

/** Longest name of the DNS, so that one call is the rule. */
const USUAL_BYTES = 256;

/** The domain as a URL has it, in lower case; absent when it is none. `domain` is UTF-8. */
export function domainToAscii(domain: Bytes): Bytes {
  const at = __sluice_reserve(USUAL_BYTES);
  const length = hostDomainToAscii(domain.address, domain.length, at, USUAL_BYTES);
  if (length == 0) return ABSENT;
  if (length <= USUAL_BYTES) return new Bytes(at, length);
  const larger = __sluice_reserve(length);
  hostDomainToAscii(domain.address, domain.length, larger, length);
  return new Bytes(larger, length);
}
