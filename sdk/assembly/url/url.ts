// Absolute URLs as browsers and Node read them: the WHATWG URL standard, over bytes. What a filter checks is what others
// connect to only if both take a text apart in the same way.
import { ABSENT, Bytes, bytesOf } from '../bytes';
import { IpAddress } from '../ip/address';
import { Authority, readAuthority, readFileAuthority } from './authority';
import { CONTROL, FRAGMENT, QUERY, SPECIAL_QUERY, USERINFO } from './character-class';
import { UrlFailure } from './failure';
import { DomainToAscii, Host, HostKind, readHost } from './host';
import { domainToAscii } from './idna';
import { isUtf8, strip } from './input';
import { writePath } from './path';
import { defaultPort, schemeLength } from './scheme';
import { LARGEST_ENCODED, UrlWriter } from './writer';

/** Bytes of a URL that its parts do not have: `://`, `:`, `@`, `:65535`, `/.`, `?`, `#`. */
const MARKS = 24;

/**
 * A URL that was parsed, every part normalised. When `isValid` is false every part is absent, and `failure` says why.
 * Relative references are no URLs here: there is nothing that they could be relative to.
 */
@final
export class Url {
  /** Why the text is no URL; `UrlFailure.None` when it is one. */
  failure: UrlFailure = UrlFailure.None;
  /** In lower case, without the colon. */
  scheme: Bytes = ABSENT;
  /** Percent-encoded; empty when there is none. */
  username: Bytes = ABSENT;
  /** Percent-encoded; empty when there is none. */
  password: Bytes = ABSENT;
  /** What the host is. */
  hostKind: HostKind = HostKind.None;
  /** A domain in ASCII and lower case, four decimal numbers, an IPv6 address in brackets. A dot at its end stays. */
  host: Bytes = ABSENT;
  /** Of an IPv4 or IPv6 host; of any other `exists` is false. */
  address: IpAddress = IpAddress.none();
  /** The port that was given, else that of the scheme; -1 when there is none. */
  port: i32 = -1;
  /** Percent-encoded, its dot segments resolved. */
  path: Bytes = ABSENT;
  /** Without `?`; `exists` is false when there is no `?`. */
  query: Bytes = ABSENT;
  /** Without `#`; `exists` is false when there is no `#`. */
  fragment: Bytes = ABSENT;
  /** The whole URL. Forward this and not the text that came in, and others read in it what was checked here. */
  href: Bytes = ABSENT;

  private constructor(
    /** Null without the capability `idna`. */
    private readonly toAscii: DomainToAscii | null,
  ) {}

  /** Parses a text. A domain that is not ASCII fails with `UrlFailure.NeedsIdna`. */
  static parse(text: Bytes): Url {
    return new Url(null).read(text);
  }

  /** Like `parse`, and reads domains in any language. Needs the capability `idna`. */
  static parseInternational(text: Bytes): Url {
    return new Url(domainToAscii).read(text);
  }

  /** True when the text is a URL. */
  get isValid(): bool {
    return this.failure == UrlFailure.None;
  }

  /** True when there is a username or a password. */
  get hasCredentials(): bool {
    return this.username.length + this.password.length > 0;
  }

  /** True for an IPv6 host that is an IPv4 address in truth, such as `[::ffff:127.0.0.1]`. */
  get isMappedIpv4(): bool {
    return this.hostKind == HostKind.Ipv6 && this.address.isV4;
  }

  /** What `failure` means, for people; empty when it is none. */
  get reason(): string {
    switch (this.failure) {
      case UrlFailure.NotUtf8:
        return 'the URL is not UTF-8';
      case UrlFailure.NoScheme:
        return 'the URL does not begin with a scheme';
      case UrlFailure.NoHost:
        return 'the URL has no host';
      case UrlFailure.BadHost:
        return 'the host is no domain';
      case UrlFailure.BadIpv4:
        return 'the host ends in a number and is no IPv4 address';
      case UrlFailure.BadIpv6:
        return 'the host is no IPv6 address';
      case UrlFailure.BadPort:
        return 'the port is not 0 to 65535';
      case UrlFailure.NeedsIdna:
        return 'the host is not ASCII, and reading it takes the capability idna';
      default:
        return '';
    }
  }

  private fail(failure: UrlFailure): Url {
    this.failure = failure;
    return this;
  }

  private read(text: Bytes): Url {
    if (!isUtf8(text)) return this.fail(UrlFailure.NotUtf8);
    const input = strip(text);
    const length = schemeLength(input);
    if (length < 0) return this.fail(UrlFailure.NoScheme);
    const scheme = input.slice(0, length).toLowerCase();
    const hash = input.indexOfByte(0x23, length);
    const hashAt = hash < 0 ? input.length : hash;
    const mark = input.slice(0, hashAt).indexOfByte(0x3f, length);
    const body = input.slice(length + 1, mark < 0 ? hashAt : mark);
    const isFile = scheme.equals('file');
    const isSpecial = isFile || defaultPort(scheme) >= 0;
    const authority = this.readAuthority(body, isSpecial, isFile);
    const failure = authority.host.failure;
    if (failure != UrlFailure.None) return this.fail(failure);

    const out = new UrlWriter(input.length * LARGEST_ENCODED + authority.host.text.length + MARKS);
    this.scheme = out.bytes(scheme);
    out.byte(0x3a);
    this.writeAuthority(out, authority);
    this.writePath(out, authority, isSpecial, isFile);
    if (mark >= 0) {
      out.byte(0x3f);
      this.query = out.encoded(input.slice(mark + 1, hashAt), isSpecial ? SPECIAL_QUERY : QUERY);
    }
    if (hash >= 0) {
      out.byte(0x23);
      this.fragment = out.encoded(input.slice(hash + 1), FRAGMENT);
    }
    this.href = out.since(out.start);
    return this;
  }

  /** @param body what stands between the scheme and the query */
  private readAuthority(body: Bytes, isSpecial: bool, isFile: bool): Authority {
    if (isFile) return readFileAuthority(body, this.toAscii);
    if (isSpecial) {
      // Any number of slashes will do, none included.
      let at = 0;
      while (at < body.length && (body[at] == 0x2f || body[at] == 0x5c)) at++;
      return readAuthority(body.slice(at), true, this.toAscii);
    }
    if (body.startsWith('//')) return readAuthority(body.slice(2), false, null);
    return new Authority(Host.none(ABSENT), body);
  }

  private writeAuthority(out: UrlWriter, authority: Authority): void {
    const host = authority.host;
    const standard = defaultPort(this.scheme);
    this.port = authority.port < 0 ? standard : authority.port;
    if (!host.text.exists) return;
    out.byte(0x2f);
    out.byte(0x2f);
    if (authority.userinfo.length > 0) this.writeCredentials(out, authority.userinfo);
    this.host = out.bytes(host.text);
    this.hostKind = host.kind;
    this.address = host.address;
    if (this.port != standard) {
      out.byte(0x3a);
      out.bytes(bytesOf(this.port));
    }
  }

  private writeCredentials(out: UrlWriter, userinfo: Bytes): void {
    const colon = userinfo.indexOfByte(0x3a);
    this.username = out.encoded(colon < 0 ? userinfo : userinfo.slice(0, colon), USERINFO);
    if (colon >= 0 && colon + 1 < userinfo.length) {
      out.byte(0x3a);
      this.password = out.encoded(userinfo.slice(colon + 1), USERINFO);
    }
    if (this.hasCredentials) out.byte(0x40);
  }

  private writePath(out: UrlWriter, authority: Authority, isSpecial: bool, isFile: bool): void {
    const path = authority.path;
    const hasHost = authority.host.text.exists;
    if (!hasHost && !path.startsWith('/')) {
      this.path = out.encoded(path, CONTROL);
      return;
    }
    this.path = writePath(out, path, isSpecial, isFile);
    // Two slashes here would be read as the beginning of a host.
    if (!hasHost && this.path.startsWith('//')) this.path = out.dotBefore(this.path);
  }
}
