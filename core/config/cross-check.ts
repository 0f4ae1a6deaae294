// What no schema can say: names that are claimed twice, references that lead nowhere, addresses that need a permission.
// It reads documents that the schema refused as well, so that an operator sees all errors at once.
import type { ErrorCode, GatewayError } from '../errors.js';
import { checkPathPattern, readPathPattern } from '../path-pattern.js';
import { describeRange, metadataRangeOf } from '../special-range.js';
import { type Address, collide, parseAddress, parseOrigin } from './address.js';
import type { ConfigDocument } from './document.js';
import { crossCheckEdge } from './edge-cross-check.js';
import { errorAt, pointerTo, quote } from './error-at.js';
import { itemsOf, member, membersOf, textOf } from './raw-value.js';
import { suggestion } from './suggestion.js';
import { crossCheckTls } from './tls-cross-check.js';

/** Returns every SLUICE_CONFIG_DUPLICATE and SLUICE_CONFIG_REFERENCE of a document, and what has no permission. */
export function crossCheck(document: ConfigDocument): GatewayError[] {
  const checks = new CrossChecks(document);
  const root = document.value;
  checks.listeners(root);
  checks.upstreams(root);
  checks.filters(root);
  checks.routes(root);
  return [...checks.errors, ...crossCheckTls(document), ...crossCheckEdge(document)];
}

class CrossChecks {
  readonly errors: GatewayError[] = [];
  readonly #document: ConfigDocument;

  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  listeners(root: unknown): void {
    const listeners = itemsOf(member(root, 'listeners'));
    this.#unique(listeners, 'name', '/listeners', 'the name of a listener once');
    const opened: { address: Address; pointer: string }[] = [];
    const open = (owner: unknown, pointer: string): void => {
      const address = parseAddress(textOf(member(owner, 'address')) ?? '');
      if (address === null) return;
      const other = opened.find((earlier) => collide(earlier.address, address));
      if (other === undefined) opened.push({ address, pointer });
      else {
        const found = `an address that is taken by ${this.#whereIs(other.pointer)}`;
        this.#fail('SLUICE_CONFIG_DUPLICATE', pointer, found, 'each address and port once');
      }
    };
    for (const [index, listener] of listeners.entries()) open(listener, `/listeners/${index}/address`);
    open(member(root, 'admin'), '/admin/address');
  }

  upstreams(root: unknown): void {
    for (const [name, upstream] of membersOf(member(root, 'upstreams'))) {
      const pointer = pointerTo('/upstreams', name);
      const targets = itemsOf(member(upstream, 'targets'));
      this.#uniqueTargets(targets, `${pointer}/targets`);
      if (member(upstream, 'allowPrivate') !== true) this.#publicTargets(targets, `${pointer}/targets`);
      this.#publicRedirects(member(upstream, 'redirects'), `${pointer}/redirects`);
      this.#uniqueHeaders(membersOf(member(upstream, 'headers')), `${pointer}/headers`);
    }
  }

  filters(root: unknown): void {
    const upstreams = new Set(membersOf(member(root, 'upstreams')).map(([name]) => name));
    for (const [name, filter] of membersOf(member(root, 'filters'))) {
      const pointer = `${pointerTo('/filters', name)}/grants/callouts`;
      for (const [index, upstream] of itemsOf(member(member(filter, 'grants'), 'callouts')).entries()) {
        this.#reference('upstream', upstream, upstreams, `${pointer}/${index}`);
      }
      const secrets = itemsOf(member(member(filter, 'grants'), 'secrets'));
      const list = `${pointerTo('/filters', name)}/grants/secrets`;
      this.#unique(secrets, 'name', list, 'each secret of a filter once');
      for (const [at, secret] of secrets.entries()) {
        for (const [index, upstream] of itemsOf(member(secret, 'upstreams')).entries())
          this.#reference('upstream', upstream, upstreams, `${list}/${at}/upstreams/${index}`);
      }
    }
  }

  routes(root: unknown): void {
    const routes = itemsOf(member(root, 'routes'));
    this.#unique(routes, 'id', '/routes', 'the id of a route once');
    const filters = new Set(membersOf(member(root, 'filters')).map(([name]) => name));
    const upstreams = new Set(membersOf(member(root, 'upstreams')).map(([name]) => name));
    const claims = new Map<string, number>();
    for (const [index, route] of routes.entries()) {
      const pointer = `/routes/${index}`;
      this.#reference('upstream', member(route, 'upstream'), upstreams, `${pointer}/upstream`);
      for (const [position, name] of itemsOf(member(route, 'filters')).entries()) {
        this.#reference('filter', name, filters, `${pointer}/filters/${position}`);
      }
      this.#claim(claims, member(route, 'match'), index);
    }
  }

  /** Reports a route once for each earlier one that it overlaps with, with the first request of both. */
  #claim(claims: Map<string, number>, match: unknown, index: number): void {
    const path = textOf(member(match, 'path'));
    if (path === null || checkPathPattern(path) !== null) return;
    const { shape } = readPathPattern(path);
    const reported = new Set<number>();
    for (const host of hostsOf(match)) {
      for (const method of new Set(itemsOf(member(match, 'methods')).map(textOf))) {
        if (method === null) continue;
        const key = `${method} ${host} ${shape}`;
        const other = claims.get(key);
        if (other === undefined) claims.set(key, index);
        else if (!reported.has(other)) {
          reported.add(other);
          const found = `${method} ${host === ANY_HOST ? '' : host}${path}, claimed by ${this.#whereIs(`/routes/${other}`)}`;
          this.#fail(
            'SLUICE_CONFIG_DUPLICATE',
            `/routes/${index}/match/path`,
            found,
            'each host, path and method once',
          );
        }
      }
    }
  }

  #uniqueTargets(targets: readonly unknown[], pointer: string): void {
    const seen = new Map<string, number>();
    for (const [index, target] of targets.entries()) {
      const origin = parseOrigin(textOf(member(target, 'url')) ?? '');
      if (origin === null) continue;
      this.#once(seen, origin, index, `${pointer}/${index}/url`, pointer, 'each target once, with a weight');
    }
  }

  /** Those that are names are judged when they are resolved, at each connect. */
  #publicTargets(targets: readonly unknown[], pointer: string): void {
    for (const [index, target] of targets.entries()) {
      const origin = parseOrigin(textOf(member(target, 'url')) ?? '');
      if (origin === null) continue;
      const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
      const range = metadataRangeOf(host);
      if (range === null) continue;
      const found = `${quote(origin)}, an address of ${describeRange(range)}`;
      const expected = '"allowPrivate: true" beside the targets when such an address is meant';
      this.#fail('SLUICE_CONFIG_INVALID', `${pointer}/${index}/url`, found, expected);
    }
  }

  #publicRedirects(redirects: unknown, pointer: string): void {
    if (member(redirects, 'allowPrivate') === true) return;
    for (const [index, entry] of itemsOf(member(redirects, 'hosts')).entries()) {
      const host = textOf(entry) ?? '';
      const range = metadataRangeOf(host);
      if (range === null) continue;
      const found = `${quote(host)}, an address of ${describeRange(range)}`;
      const expected = '"allowPrivate: true" beside the hosts when such an address is meant';
      this.#fail('SLUICE_CONFIG_INVALID', `${pointer}/hosts/${index}`, found, expected);
    }
  }

  #uniqueHeaders(headers: readonly (readonly [string, unknown])[], pointer: string): void {
    const seen = new Map<string, string>();
    for (const [name] of headers) {
      const own = pointerTo(pointer, name);
      const other = seen.get(name.toLowerCase());
      if (other === undefined) seen.set(name.toLowerCase(), own);
      else {
        const place = this.#document.placeOfKey(own);
        const found = `${quote(name)} again, after ${this.#whereIs(other)}`;
        this.errors.push(
          errorAt('SLUICE_CONFIG_DUPLICATE', place, found, 'each header once, whatever its case'),
        );
      }
    }
  }

  #unique(items: readonly unknown[], key: string, pointer: string, expected: string): void {
    const seen = new Map<string, number>();
    for (const [index, item] of items.entries()) {
      const name = textOf(member(item, key));
      if (name !== null) this.#once(seen, name, index, `${pointer}/${index}/${key}`, pointer, expected);
    }
  }

  #once(
    seen: Map<string, number>,
    name: string,
    index: number,
    at: string,
    list: string,
    expected: string,
  ): void {
    const other = seen.get(name);
    if (other === undefined) seen.set(name, index);
    else {
      const found = `${quote(name)} again, after ${this.#whereIs(`${list}/${other}`)}`;
      this.#fail('SLUICE_CONFIG_DUPLICATE', at, found, expected);
    }
  }

  #reference(kind: 'filter' | 'upstream', value: unknown, known: ReadonlySet<string>, pointer: string): void {
    const name = textOf(value);
    if (name === null || known.has(name)) return;
    const expected = `the name of a declared ${kind}${suggestion(name, known)}`;
    this.#fail('SLUICE_CONFIG_REFERENCE', pointer, quote(name), expected);
  }

  #whereIs(pointer: string): string {
    return `${pointer} in line ${this.#document.place(pointer).line}`;
  }

  #fail(code: ErrorCode, pointer: string, found: string, expected: string): void {
    this.errors.push(errorAt(code, this.#document.place(pointer), found, expected));
  }
}

/** No host name, so that it cannot be mistaken for one. */
const ANY_HOST = '*';

function hostsOf(match: unknown): ReadonlySet<string> {
  const hosts = member(match, 'hosts');
  if (hosts === undefined) return new Set([ANY_HOST]);
  return new Set(itemsOf(hosts).flatMap((host) => textOf(host)?.toLowerCase() ?? []));
}
