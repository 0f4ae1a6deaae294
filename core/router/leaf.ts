// What hangs on a shape of path: the routes that claim it, by method, each with its own names for the parameters there.
import type { IndexedRoute, RouteMatch } from './router.js';

const NO_PARAMETERS: readonly string[] = Object.freeze([]);

/** Stands for `%` in the tree; neither a path nor a pattern may have it. */
export const PERCENT_IN_TREE = '\x01';

/** What is declared for one shape of path: routes with the methods of each. */
export class Leaf<Route> {
  readonly #claim: Claim<Route>;
  /** Most leaves have one alone. */
  #others: Claim<Route>[] | null = null;
  #refusal: RouteMatch<Route> | null = null;

  constructor(claim: Claim<Route>) {
    this.#claim = claim;
  }

  add(claim: Claim<Route>): void {
    this.#others ??= [];
    this.#others.push(claim);
  }

  match(method: string, values: TreeParameters | null): RouteMatch<Route> {
    // RFC 9110 §9.3.2: what answers GET answers HEAD.
    const claim = this.#claimOf(method) ?? (method === 'HEAD' ? this.#claimOf('GET') : undefined);
    if (claim !== undefined) return claim.match(values);
    this.#refusal ??= this.#refuse();
    return this.#refusal;
  }

  #claimOf(method: string): Claim<Route> | undefined {
    if (this.#claim.methods.includes(method)) return this.#claim;
    if (this.#others === null) return undefined;
    for (const claim of this.#others) if (claim.methods.includes(method)) return claim;
    return undefined;
  }

  #refuse(): RouteMatch<Route> {
    const allow = new Set([this.#claim, ...(this.#others ?? [])].flatMap(({ methods }) => methods));
    if (allow.has('GET')) allow.add('HEAD');
    return Object.freeze({ kind: 'method', allow: Object.freeze([...allow].sort()) });
  }
}

export type TreeParameters = Readonly<Record<string, string | undefined>>;

/** A route on its leaves, with the names that it gives to the parameters there. */
export class Claim<Route> {
  readonly methods: readonly string[];
  readonly #id: string;
  readonly #route: Route;
  readonly #names: readonly string[];
  /** Null for a path with parameters. */
  readonly #literal: RouteMatch<Route> | null;

  /** @param names of its parameters */
  constructor({ id, methods, route }: IndexedRoute<Route>, names: readonly string[]) {
    this.methods = methods;
    this.#id = id;
    this.#route = route;
    this.#names = names;
    this.#literal =
      names.length > 0 ? null : Object.freeze({ kind: 'found', id, route, params: NO_PARAMETERS });
  }

  match(values: TreeParameters | null): RouteMatch<Route> {
    if (this.#literal !== null) return this.#literal;
    const params: string[] = [];
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      // The tree is shared with routes that call the parameters there something else.
      const value = values![name === '*' ? name : positionName(i)]!;
      params.push(name, decodePercent(value));
    }
    return { kind: 'found', id: this.#id, route: this.#route, params };
  }
}

/** Names in the tree, made once: they are looked up with each request. */
const POSITION_NAMES: readonly string[] = Array.from({ length: 16 }, (_, index) => `p${index}`);

/** What the tree calls a parameter. */
export function positionName(index: number): string {
  return POSITION_NAMES[index] ?? `p${index}`;
}

/**
 * Bytes that are not UTF-8 become U+FFFD, as in the URL standard. Left as they were sent, they could not be
 * told from an encoded percent sign.
 */
function decodePercent(value: string): string {
  const encoded = value.includes(PERCENT_IN_TREE) ? value.replaceAll(PERCENT_IN_TREE, '%') : value;
  if (!encoded.includes('%')) return value;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}
