// Declared routes, built: their upstream and their filter chains, laid out so that a request does no look-up.
import type { ClientRule } from './client-rule.js';
import type { RouteSettings } from './config/model.js';
import type { EgressGuard } from './egress.js';
import type { FilterSecret } from './filter-secret.js';
import type { Upstream } from './upstream/upstream.js';
import type { UpstreamHeaders } from './upstream-headers.js';
import type { ChainLink } from './wasm/chain-input.js';
import type { PhaseName } from './wasm/guest-abi.js';
import type { FilterSpec } from './wasm/instance.js';
import type { BodyMode } from './wasm/manifest.js';

/** The filters of one phase, in the order they run. */
export interface PhaseChain {
  readonly specs: readonly FilterSpec[];
  readonly links: readonly ChainLink[];
  /** Place of each filter in the route's list. */
  readonly places: readonly number[];
  /** What they need of the body, all together: whole as soon as one of them needs it whole. */
  readonly body: BodyMode;
  /** Index of each filter that sees the body in chunks. */
  readonly streaming: readonly number[];
}

/** An upstream as callouts reach it. */
export interface CalloutUpstream {
  readonly upstream: Upstream;
  readonly headers: UpstreamHeaders;
}

/** What a request needs to know once its route is found. Routes whose settings are equal share one. */
export interface Route {
  readonly config: RouteSettings;
  /** Null: for any client. */
  readonly client: ClientRule | null;
  readonly upstream: Upstream;
  readonly upstreamHeaders: UpstreamHeaders;
  /** Every upstream of the revision by name. Which of them a filter may call is checked when it names them. */
  readonly callouts: ReadonlyMap<string, CalloutUpstream>;
  /** Secrets of every filter of the revision: by id of the filter, in the order of its grants. */
  readonly secrets: ReadonlyMap<number, readonly FilterSecret[]>;
  /** A text of a filter, for people, without any value of a secret of the revision. */
  readonly redact: (text: string) => string;
  /** Null where responses may hold secrets. */
  readonly egress: EgressGuard | null;
  /** All filters, in the order of the config. */
  readonly filters: readonly FilterSpec[];
  readonly requestChain: PhaseChain;
  /** Response filters of the first N filters of the route, in reverse, by N. The last entry is the whole chain. */
  readonly responseChains: readonly PhaseChain[];
}

/** What of a route depends on its filters alone. */
export type Chains = Pick<Route, 'filters' | 'requestChain' | 'responseChains'>;

/** Lays out the chains of a route from its filters in the order of the config. */
export function buildChains(specs: readonly FilterSpec[]): Chains {
  const all = specs.map((_, place) => place);
  return {
    filters: specs,
    requestChain: buildChain(specs, all, 'request'),
    responseChains: [...all, specs.length].map((count) =>
      buildChain(specs, all.slice(0, count).reverse(), 'response'),
    ),
  };
}

function buildChain(specs: readonly FilterSpec[], order: readonly number[], phase: PhaseName): PhaseChain {
  const places = order.filter((place) => specs[place]!.phases[phase] !== undefined);
  const chosen = places.map((place) => specs[place]!);
  const modes = chosen.map(({ phases }) => phases[phase]!.body);
  return {
    specs: chosen,
    links: chosen.map(({ id }) => ({ id, context: null, skip: false })),
    places,
    body: modes.includes('buffer') ? 'buffer' : modes.includes('stream') ? 'stream' : 'none',
    streaming: modes.flatMap((mode, index) => (mode === 'stream' ? [index] : [])),
  };
}
