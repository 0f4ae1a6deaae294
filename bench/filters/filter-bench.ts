// What the bench of a filter declares: how each side is told the same rule, and what proves that all do the same.
import type { LoadRequest } from '../harness/load.js';

/** The gateway, the same rule in a proxy on Node.js, and in nginx with Lua. */
export const SIDES = ['sluice', 'javascript', 'nginx-lua'] as const;
export type Side = (typeof SIDES)[number];

export const BODY_BYTES = [1024, 10 * 1024, 100 * 1024] as const;

/** A request whose path begins behind the prefix that says whether the rule is on. */
export type RuleRequest = LoadRequest;

/** What has to become of a request, on every side. */
export type Expected =
  /** It reaches the upstream, byte by byte. */
  | { readonly kind: 'passes' }
  /** A status of 400 or more, and the upstream sees nothing. */
  | { readonly kind: 'refused' }
  /** The client gets a document like this one, without `x-powered-by` and with `x-content-type-options`. */
  | { readonly kind: 'cleaned'; readonly document: unknown }
  /** The client gets nothing in which this text stands. */
  | { readonly kind: 'hidden'; readonly text: string };

export interface Case {
  readonly name: string;
  readonly request: RuleRequest;
  readonly expected: Expected;
}

export interface FilterBench {
  readonly filter: string;
  /** The filter as the gateway's configuration has it, without its module. */
  readonly sluice: { readonly config: unknown; readonly grants?: unknown };
  /** Why the rule cannot be said on a side. */
  readonly unable: Partial<Record<Side, string>>;
  /** What is measured, with a body of so many bytes. */
  measured(bytes: number): Case;
  /** What else is checked. */
  readonly cases: readonly Case[];
  /** Bodies that the upstream answers with, by path as in the requests. */
  readonly answers: Readonly<Record<string, string>>;
}

/** Where a request of a bench goes: through the rule, or past it on a path of the same length. */
export function pathOf(filter: string, path: string, isRuleOn: boolean): string {
  return `/${isRuleOn ? 'with' : 'none'}/${filter}${path}`;
}
