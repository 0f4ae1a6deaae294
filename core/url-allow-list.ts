// What a URL that a client names may be, by the same rules as the filter `url-guard`: default deny, read as the WHATWG
// URL standard reads it, and spelled so that nobody reads it in another way.
import { isIPv4 } from 'node:net';
import { NetworkSet } from './network-set.js';
import { SPECIAL_NETWORKS } from './special-range.js';
import { fitsUrlPath, parseUrlPath, parseUrlPathPattern, type UrlPathPattern } from './url-path.js';

/** Scheme, host, port and path must all fit. */
export interface AllowedUrls {
  /** Default `https`. */
  readonly schemes?: readonly string[];
  /** Domains, `*.example.com` for one label more, addresses, networks, `*` for any public domain. */
  readonly hosts: readonly string[];
  /** Default: that of the scheme. */
  readonly ports?: readonly number[];
  /** Path patterns; default: any path. */
  readonly paths?: readonly string[];
}

export type UrlVerdict = 'allowed' | 'invalid' | 'not-allowed' | 'spelling';

/** Schemes that may be allowed, with their ports. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['https', 443],
  ['http', 80],
  ['wss', 443],
  ['ws', 80],
  ['ftp', 21],
]);
/** Longer texts are no URLs. */
const MOST_BYTES = 8192;
/** Names that are not public, with all below them; filters/url-guard/assembly/domain.ts says why, and a test compares. */
export const CLOSED_SUFFIXES: readonly string[] = [
  ...['alt', 'arpa', 'corp', 'example', 'home', 'internal', 'intranet', 'invalid', 'lan', 'local'],
  ...['localdomain', 'localhost', 'mail', 'onion', 'private', 'test'],
  ...['metadata.goog', 'metadata.tencentyun.com'],
];
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Open only where an entry lies in one of them. */
const closed = new NetworkSet(SPECIAL_NETWORKS);

export class UrlAllowList {
  readonly #schemes: ReadonlySet<string>;
  readonly #ports: readonly number[] | null;
  readonly #paths: readonly UrlPathPattern[] | null;
  readonly #domains = new Set<string>();
  readonly #parents = new Set<string>();
  readonly #networks = new NetworkSet();
  readonly #opened = new NetworkSet();
  #anyDomain = false;

  /** @throws RangeError with the entry that cannot be used, and what was expected */
  constructor({ schemes = ['https'], hosts, ports, paths }: AllowedUrls) {
    this.#schemes = new Set(schemes);
    this.#ports = ports ?? null;
    this.#paths = paths?.map((path) => named(path, () => parseUrlPathPattern(path))) ?? null;
    for (const host of hosts) named(host, () => this.#addHost(asciiLower(host)));
  }

  judge(text: string): UrlVerdict {
    if (Buffer.byteLength(text) > MOST_BYTES || /\p{Surrogate}/u.test(text)) return 'invalid';
    let url: URL;
    try {
      url = new URL(text);
    } catch {
      return 'invalid';
    }
    if (!this.#allows(url)) return 'not-allowed';
    return isPlain(text, url) ? 'allowed' : 'spelling';
  }

  #allows(url: URL): boolean {
    const scheme = url.protocol.slice(0, -1);
    const standard = PORTS.get(scheme);
    if (standard === undefined || !this.#schemes.has(scheme)) return false;
    if (url.username !== '' || url.password !== '') return false;
    const port = url.port === '' ? standard : Number(url.port);
    if (!(this.#ports ?? [standard]).includes(port) || !this.#hasHost(url.hostname)) return false;
    if (this.#paths === null) return true;
    const path = parseUrlPath(url.pathname);
    return path !== null && this.#paths.some((pattern) => fitsUrlPath(pattern, path));
  }

  #hasHost(host: string): boolean {
    const address = host.startsWith('[') ? host.slice(1, -1) : host;
    if (host.startsWith('[') || isIPv4(host)) {
      return (closed.has(address) ? this.#opened : this.#networks).has(address);
    }
    if (!DOMAIN.test(host)) return false;
    if (this.#domains.has(host)) return true;
    const dot = host.indexOf('.');
    if (dot > 0 && this.#parents.has(host.slice(dot + 1))) return true;
    return this.#anyDomain && dot > 0 && !CLOSED_SUFFIXES.some((suffix) => isBelow(host, suffix));
  }

  #addHost(host: string): void {
    if (host === '*') {
      this.#anyDomain = true;
    } else if (/[/:]/.test(host) || isIPv4(host)) {
      this.#networks.add(host);
      if (closed.hasNetwork(host)) this.#opened.add(host);
    } else {
      const isWild = host.startsWith('*.');
      const domain = isWild ? host.slice(2) : host;
      if (!isUsual(domain))
        throw new RangeError('expected a domain in ASCII, *. and a domain, an IP address, a network, or *');
      (isWild ? this.#parents : this.#domains).add(domain);
    }
  }
}

function named<T>(entry: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(entry)}: ${(cause as Error).message}`, { cause });
  }
}

function isBelow(host: string, suffix: string): boolean {
  return host === suffix || host.endsWith(`.${suffix}`);
}

/** True for a domain that URLs spell as it stands. */
function isUsual(domain: string): boolean {
  if (!DOMAIN.test(domain) || isIPv4(domain)) return false;
  try {
    return new URL(`https://${domain}`).hostname === domain;
  } catch {
    return false;
  }
}

/** What a host and a port are followed by: the end, or a path, query or fragment that hides no credentials. */
const REST = /^(?::[1-9][0-9]{0,4})?(?:$|(?=[/?#])(?![^/]*@))/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=[/?#]|$)/i;

/** True when parsers that are not of the WHATWG kind read the same in the text. */
function isPlain(text: string, url: URL): boolean {
  const head = `${url.protocol}//${url.hostname}`;
  if (/[^\x21-\x7e]/.test(text) || asciiLower(text.slice(0, head.length)) !== head) return false;
  const rest = text.slice(head.length);
  const [path = ''] = rest.split(/[?#]/, 1);
  return REST.test(rest) && !path.includes('\\') && !DOT_SEGMENT.test(path);
}

/** Not `toLowerCase`, which makes ASCII of the Kelvin sign. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
