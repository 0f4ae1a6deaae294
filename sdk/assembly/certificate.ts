// The certificate that a client has shown, as the listener has verified it.
import { FLAG_CERTIFICATE, FRAME_CERTIFICATE, FRAME_FLAGS } from '../abi/abi';
import { ABSENT, Bytes } from './bytes';
import { frameByte, tableFind, tableGet, tableValue } from './frame';

// Made only in filters that ask for them.
// @ts-ignore: decorator
@lazy const DNS_NAMES = new CertificateNames('dns');
// @ts-ignore: decorator
@lazy const URIS = new CertificateNames('uri');
// @ts-ignore: decorator
@lazy const ADDRESSES = new CertificateNames('ip');
// @ts-ignore: decorator
@lazy const EMAILS = new CertificateNames('email');

/** One object serves every call: it holds no data, it reads the frame of the current one. */
@final
export class Certificate {
  /** False when the client has shown none: then all else is absent or empty. */
  get exists(): bool {
    return isThere();
  }

  /** Distinguished name of the subject, its most specific part first (RFC 4514): `CN=billing,O=Example`. */
  get subject(): Bytes {
    return fact('subject');
  }

  /** Distinguished name of the authority that has signed it. */
  get issuer(): Bytes {
    return fact('issuer');
  }

  /** Serial number, in hex, upper case. */
  get serial(): Bytes {
    return fact('serial');
  }

  /** SHA-256 of the certificate, in hex, lower case. */
  get fingerprint(): Bytes {
    return fact('fingerprint');
  }

  /** When it expires, in milliseconds since the start of 1970 UTC, as `wallClock()` tells the time; 0 when there is none. */
  get notAfterMs(): f64 {
    const digits = fact('not-after');
    let milliseconds: f64 = 0;
    for (let i = 0; i < digits.length; i++) {
      const digit = <i32>load<u8>(digits.address + i) - 0x30;
      if (digit >= 0 && digit <= 9) milliseconds = milliseconds * 10 + digit;
    }
    return milliseconds;
  }

  /** Alternative names that are domains, in lower case. */
  get dnsNames(): CertificateNames {
    return DNS_NAMES;
  }

  /** Alternative names that are URIs, as written: SPIFFE ids are among them. */
  get uris(): CertificateNames {
    return URIS;
  }

  /** Alternative names that are IP addresses. */
  get addresses(): CertificateNames {
    return ADDRESSES;
  }

  /** Alternative names that are e-mail addresses. */
  get emails(): CertificateNames {
    return EMAILS;
  }
}

/** Alternative names of one kind. */
@final
export class CertificateNames {
  /** @internal Those of a certificate come from it. */
  constructor(private readonly kind: string) {}

  /** Number of names. */
  get size(): i32 {
    let size = 0;
    for (let at = this.find(0); at >= 0; at = this.find(at + 1)) size++;
    return size;
  }

  /** The name at `index`; `exists` is false outside of 0 to `size` - 1. */
  at(index: i32): Bytes {
    let left = index;
    for (let at = this.find(0); at >= 0; at = this.find(at + 1)) if (left-- == 0) return tableValue(FRAME_CERTIFICATE, at);
    return ABSENT;
  }

  /** Whether one of the names is `name`, byte for byte. */
  has(name: string): bool {
    for (let at = this.find(0); at >= 0; at = this.find(at + 1))
      if (tableValue(FRAME_CERTIFICATE, at).equals(name)) return true;
    return false;
  }

  private find(from: i32): i32 {
    return isThere() ? tableFind(FRAME_CERTIFICATE, this.kind, from) : -1;
  }
}

/** Without the flag, a frame has something else where the table is told. */
function isThere(): bool {
  return (frameByte(FRAME_FLAGS) & FLAG_CERTIFICATE) != 0;
}

function fact(name: string): Bytes {
  return isThere() ? tableGet(FRAME_CERTIFICATE, name) : ABSENT;
}
