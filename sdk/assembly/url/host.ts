// The host of a URL: the host parser of WHATWG URL §3.5.
import { ABSENT, Bytes, lower } from '../bytes';
import { IpAddress } from '../ip/address';
import { MOST_IPV4_TEXT, MOST_IPV6_TEXT, readHigh, readIpv6, readLow, writeIpv4, writeIpv6 } from '../ip/text';
import { utf8SequenceEnd } from '../json/utf8';
import { percentDecode } from '../percent';
import { classesOf, CONTROL, NO_DOMAIN, NO_HOST } from './character-class';
import { UrlFailure } from './failure';
import { NO_NUMBER, NOT_IPV4, readAnyIpv4 } from './ipv4-number';
import { LARGEST_ENCODED, UrlWriter } from './writer';

/** What the host of a URL is. */
export enum HostKind {
  /** There is none, or it is empty. */
  None = 0,
  /** A domain, also `localhost` and other names without a dot. */
  Domain,
  /** An IPv4 address, however it was spelled. */
  Ipv4,
  /** An IPv6 address. */
  Ipv6,
  /** Some text; what it means, only the scheme knows. */
  Opaque,
}

/** Spells a domain in ASCII; absent when IDNA refuses it. */
export type DomainToAscii = (domain: Bytes) => Bytes;

/** A host that was read, or why it was not. */
@final
export class Host {
  constructor(
    readonly failure: UrlFailure,
    readonly kind: HostKind,
    /** Normalised; of an IPv6 address with its brackets. */
    readonly text: Bytes,
    readonly address: IpAddress,
  ) {}

  static none(text: Bytes): Host {
    return new Host(UrlFailure.None, HostKind.None, text, IpAddress.none());
  }

  static failed(failure: UrlFailure): Host {
    return new Host(failure, HostKind.None, ABSENT, IpAddress.none());
  }
}

/** Reads a host that is not empty. */
export function readHost(text: Bytes, isSpecial: bool, toAscii: DomainToAscii | null): Host {
  if (text[0] == 0x5b) return readBracketed(text);
  return isSpecial ? readDomain(text, toAscii) : readOpaque(text);
}

function readBracketed(text: Bytes): Host {
  const end = text.length - 1;
  if (text[end] != 0x5d || !readIpv6(text.address + 1, text.address + end)) return Host.failed(UrlFailure.BadIpv6);
  const at = __sluice_reserve(MOST_IPV6_TEXT + 2);
  store<u8>(at, 0x5b);
  const close = writeIpv6(readHigh, readLow, at + 1);
  store<u8>(close, 0x5d);
  const written = new Bytes(at, <i32>(close + 1 - at));
  return new Host(UrlFailure.None, HostKind.Ipv6, written, IpAddress.v6(readHigh, readLow));
}

function readOpaque(text: Bytes): Host {
  for (let i = 0; i < text.length; i++) {
    if ((classesOf(text[i]) & NO_HOST) != 0) return Host.failed(UrlFailure.BadHost);
  }
  const written = new UrlWriter(text.length * LARGEST_ENCODED).encoded(text, CONTROL);
  return new Host(UrlFailure.None, HostKind.Opaque, written, IpAddress.none());
}

function readDomain(text: Bytes, toAscii: DomainToAscii | null): Host {
  // A `%` that encodes nothing is a forbidden code point, so a text that cannot be decoded is no domain.
  let domain = percentDecode(text);
  if (!isDomain(domain)) return Host.failed(UrlFailure.BadHost);
  if (needsIdna(domain)) {
    if (toAscii === null) return Host.failed(UrlFailure.NeedsIdna);
    domain = toAscii(domain);
    if (!isDomain(domain)) return Host.failed(UrlFailure.BadHost);
  } else {
    domain = domain.toLowerCase();
  }
  const bits = readAnyIpv4(domain.address, domain.address + domain.length);
  if (bits == NOT_IPV4) return Host.failed(UrlFailure.BadIpv4);
  if (bits == NO_NUMBER) return new Host(UrlFailure.None, HostKind.Domain, domain, IpAddress.none());
  const at = __sluice_reserve(MOST_IPV4_TEXT);
  const end = writeIpv4(<u32>bits, at);
  return new Host(UrlFailure.None, HostKind.Ipv4, new Bytes(at, <i32>(end - at)), IpAddress.v4(<u32>bits));
}

/** True for UTF-8 that is not empty, without forbidden domain code points. */
function isDomain(text: Bytes): bool {
  let at = text.address;
  const end = at + text.length;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte >= 0x80) {
      at = utf8SequenceEnd(at, end);
      if (at == 0) return false;
      continue;
    }
    if ((classesOf(byte) & NO_DOMAIN) != 0) return false;
    at++;
  }
  return !text.isEmpty;
}

/** True for a domain beyond ASCII, and for one with a label that says it stands for such a one. */
function needsIdna(domain: Bytes): bool {
  let isLabelStart = true;
  for (let i = 0; i < domain.length; i++) {
    const byte = domain[i];
    if (byte >= 0x80 || (isLabelStart && isAcePrefix(domain, i))) return true;
    isLabelStart = byte == 0x2e;
  }
  return false;
}

function isAcePrefix(domain: Bytes, at: i32): bool {
  return (
    at + 4 <= domain.length &&
    lower(domain[at]) == 0x78 &&
    lower(domain[at + 1]) == 0x6e &&
    domain[at + 2] == 0x2d &&
    domain[at + 3] == 0x2d
  );
}
