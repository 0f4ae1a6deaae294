// A guest that parses URLs by the batch, and the same answers as Node gives them.
import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** Names of `HostKind`, by its numbers. */
const HOST_KINDS = ['none', 'domain', 'ipv4', 'ipv6', 'opaque'] as const;

/** Names of `UrlFailure`, by its numbers. */
const FAILURES = [
  'none',
  'not-utf8',
  'no-scheme',
  'no-host',
  'bad-host',
  'bad-ipv4',
  'bad-ipv6',
  'bad-port',
  'needs-idna',
] as const;
export type Failure = (typeof FAILURES)[number];

/** All that a URL says of itself. */
export interface UrlParts {
  readonly href: string;
  readonly scheme: string;
  readonly username: string;
  readonly password: string;
  readonly hasCredentials: boolean;
  readonly hostKind: (typeof HOST_KINDS)[number];
  readonly host: string;
  /** Empty when the host is no address. */
  readonly address: string;
  readonly isMappedIpv4: boolean;
  /** -1: none. */
  readonly port: number;
  readonly path: string;
  readonly query: string | null;
  readonly fragment: string | null;
}

/** A URL, or why it is none. */
export type Answer = UrlParts | { readonly failure: Failure };

const SOURCE = `
import { Bytes, Decision, Json, JsonWriter, Request, respond, Url } from 'sluice';

function optional(out: JsonWriter, part: Bytes): void {
  if (part.exists) out.textBytes(part);
  else out.nothing();
}

function show(out: JsonWriter, url: Url): void {
  out.beginArray().integer(url.failure).text(url.reason);
  out.textBytes(url.href).textBytes(url.scheme).textBytes(url.username).textBytes(url.password);
  out.bool(url.hasCredentials).integer(url.hostKind).textBytes(url.host).textBytes(url.address.format());
  out.bool(url.isMappedIpv4).integer(url.port).textBytes(url.path);
  optional(out, url.query);
  optional(out, url.fragment);
  out.endArray();
}

export function onRequest(request: Request): Decision {
  const out = new JsonWriter().beginArray();
  if (request.path.equals('/bytes')) {
    show(out, PARSE(request.body));
  } else {
    const texts = Json.parse(request.body);
    for (let text = texts.first(); text.exists; text = text.next()) show(out, PARSE(text.bytes));
  }
  return respond(200).json(out.endArray().bytes);
}`;

type Row = [
  ...[failure: number, reason: string, href: string, scheme: string, username: string, password: string],
  ...[hasCredentials: boolean, hostKind: number, host: string, address: string, isMappedIpv4: boolean],
  ...[port: number, path: string, query: string | null, fragment: string | null],
];

export class UrlGuest {
  readonly #chain: TestChain;

  private constructor(chain: TestChain) {
    this.#chain = chain;
  }

  /** One that calls `Url.parse`, or `Url.parseInternational` and has the capability that it needs. */
  static async build(parse: 'parse' | 'parseInternational'): Promise<UrlGuest> {
    const manifest = manifestOf({
      phases: { request: { body: 'buffer' } },
      capabilities: parse === 'parse' ? [] : ['idna'],
    });
    const module = await buildInline(SOURCE.replaceAll('PARSE', `Url.${parse}`), manifest);
    return new UrlGuest(new TestChain([{ module, memoryMb: 64 }]));
  }

  parse(urls: readonly string[]): Answer[] {
    return this.#send('/texts', JSON.stringify(urls));
  }

  parseBytes(bytes: Uint8Array): Answer {
    return this.#send('/bytes', bytes)[0]!;
  }

  #send(target: string, body: string | Uint8Array): Answer[] {
    const { client, failures } = this.#chain.exchange({ method: 'POST', target, body });
    assert.deepEqual(failures, []);
    return (JSON.parse(client!.text) as Row[]).map(toAnswer);
  }
}

function toAnswer(row: Row): Answer {
  const [failure, reason, href, scheme, username, password, hasCredentials, hostKind, host] = row;
  const [address, isMappedIpv4, port, path, query, fragment] = row.slice(9) as [
    ...[address: string, isMappedIpv4: boolean, port: number, path: string],
    ...[query: string | null, fragment: string | null],
  ];
  assert.equal(reason === '', failure === 0);
  if (failure !== 0) {
    assert.deepEqual(row.slice(2), ['', '', '', '', false, 0, '', '', false, -1, '', null, null]);
    return { failure: FAILURES[failure]! };
  }
  return {
    ...{ href, scheme, username, password, hasCredentials, hostKind: HOST_KINDS[hostKind]!, host, address },
    ...{ isMappedIpv4, port, path, query, fragment },
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443, ftp: 21 };

/** What Node's `URL` makes of a text; null when it refuses it. */
export function parsedByNode(text: string): UrlParts | null {
  let url: URL;
  try {
    // `URL.canParse` would not throw, but once it is hot Node 20 has it take Latin-1 for UTF-8.
    url = withCarets(withoutDots(new URL(text)));
  } catch {
    return null;
  }
  const scheme = url.protocol.slice(0, -1);
  const [beforeFragment = '', ...fragments] = url.href.split('#');
  const hostKind = hostKindOf(url.hostname, scheme in DEFAULT_PORTS || scheme === 'file');
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(url.hostname);
  return {
    href: url.href,
    scheme,
    username: url.username,
    password: url.password,
    hasCredentials: url.username !== '' || url.password !== '',
    hostKind,
    host: url.hostname,
    address: mapped === null ? addressOf(url.hostname, hostKind) : quadOf(mapped[1]!, mapped[2]!),
    isMappedIpv4: mapped !== null,
    port: url.port === '' ? (DEFAULT_PORTS[scheme] ?? -1) : Number(url.port),
    path: url.pathname,
    query: beforeFragment.includes('?') ? url.search.slice(1) : null,
    fragment: fragments.length > 0 ? url.hash.slice(1) : null,
  };
}

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Node 20 looks at the first `/.` of a path only, and when that begins a name (`/.a/../b`) leaves the dot segments
 * behind it. An escape in the path keeps them from this short cut.
 */
function withoutDots(url: URL): URL {
  const { href, pathname } = url;
  if (!pathname.startsWith('/') || !DOT_SEGMENT.test(pathname)) return url;
  return new URL(href.replace(pathname, () => `/%25/..${pathname}`));
}

/** Node 20 leaves `^` in a path; since 2025 the standard has it encoded. */
function withCarets(url: URL): URL {
  const { href, pathname } = url;
  if (!pathname.startsWith('/')) return url;
  return new URL(href.replace(pathname, () => pathname.replaceAll('^', '%5E')));
}

function hostKindOf(hostname: string, isSpecial: boolean): UrlParts['hostKind'] {
  if (hostname === '') return 'none';
  if (hostname.startsWith('[')) return 'ipv6';
  if (!isSpecial) return 'opaque';
  return isIPv4(hostname) ? 'ipv4' : 'domain';
}

function addressOf(hostname: string, kind: UrlParts['hostKind']): string {
  if (kind === 'ipv6') return hostname.slice(1, -1);
  return kind === 'ipv4' ? hostname : '';
}

function quadOf(high: string, low: string): string {
  const [first, last] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, last >> 8, last & 255].join('.');
}
