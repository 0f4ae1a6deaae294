// Where a redirect may lead. The location is read as the WHATWG URL standard reads it and judged before anything else:
// whether the request can be repeated there is redirect-request.ts, and the address behind the name is Dial's.
import { GatewayError } from '../errors.js';
import type { HeaderList } from '../headers.js';
import { UrlAllowList } from '../url-allow-list.js';
import { fitsUrlPath, parseUrlPath, parseUrlPathPattern, type UrlPathPattern } from '../url-path.js';
import type { RedirectOptions } from './upstream.js';

/** Statuses that ask for the same thing elsewhere (RFC 9110 §15.4); 300 and 304 do not, 305 and 306 are history. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** RFC 3986 §2 spells a URI in printable ASCII, and a backslash is none of it. */
const URI_TEXT = /^[!-[\]-~]+$/;

/** True for a response that names a place to ask instead. One without a location is a response like any other. */
export function isRedirect({
  status,
  headers,
}: {
  readonly status: number;
  readonly headers: HeaderList;
}): boolean {
  return REDIRECTS.has(status) && headers.has('location');
}

/** How an error names a URL: without its query, where tokens travel. */
export function describeUrl({ origin, pathname }: URL): string {
  return origin + pathname;
}

export class RedirectRules {
  readonly #targets: ReadonlySet<string>;
  readonly #elsewhere: UrlAllowList;
  readonly #paths: readonly UrlPathPattern[] | null;

  /**
   * @param targets origins of the upstream itself, which need no entry in the lists
   * @throws RangeError with an entry that cannot be used; the configuration was checked for them
   */
  constructor(targets: readonly string[], { hosts, ports, paths }: RedirectOptions) {
    this.#targets = new Set(targets);
    this.#paths = paths?.map(parseUrlPathPattern) ?? null;
    this.#elsewhere = new UrlAllowList({
      schemes: ['http', 'https'],
      hosts,
      ...(ports === null ? {} : { ports }),
    });
  }

  /** True for the origin of one of the upstream's own targets. */
  isTarget(origin: string): boolean {
    return this.#targets.has(origin);
  }

  /**
   * The URL that a redirect leads to, without its fragment.
   * @param from what was asked
   * @throws GatewayError SLUICE_UPSTREAM_REDIRECT with the reason
   */
  judge(from: URL, headers: HeaderList): URL {
    const locations = headers.getAll('location');
    if (locations.length > 1) throw refused(from, 'it has more than one location');
    const [location = ''] = locations;
    if (!URI_TEXT.test(location)) throw refused(from, 'its location is not spelled as a URI is');
    if (!URL.canParse(location, from.href)) throw refused(from, 'its location is no URL');
    const to = new URL(location, from);
    to.hash = '';
    const reason = this.#objection(from, to);
    if (reason !== null) throw refused(from, reason);
    return to;
  }

  #objection(from: URL, to: URL): string | null {
    const { protocol } = to;
    if (protocol !== 'http:' && protocol !== 'https:') return `it leads to ${protocol}, which is not HTTP`;
    if (to.username !== '' || to.password !== '') return `it leads to ${to.origin} with credentials`;
    if (protocol === 'http:' && from.protocol === 'https:') return `it leads out of TLS, to ${to.origin}`;
    if (!this.isTarget(to.origin) && this.#elsewhere.judge(to.origin) !== 'allowed') {
      return `it leads to ${to.origin}, which redirects.hosts and redirects.ports do not allow`;
    }
    if (!this.#allowsPath(to.pathname)) {
      return `it leads to ${describeUrl(to)}, which redirects.paths do not allow`;
    }
    return null;
  }

  #allowsPath(pathname: string): boolean {
    if (this.#paths === null) return true;
    const path = parseUrlPath(pathname);
    return path !== null && this.#paths.some((pattern) => fitsUrlPath(pattern, path));
  }
}

/** A redirect that is not followed, and why. */
export function refused(from: URL, reason: string, cause?: GatewayError): GatewayError {
  const message = `a redirect of ${describeUrl(from)} is refused: ${reason}`;
  return new GatewayError('SLUICE_UPSTREAM_REDIRECT', message, { cause });
}
