// A document that a gateway must refuse, and the parts that most of them are made of.

export interface BadDocument {
  readonly text: string;
  /** `CODE LINE:COLUMN /pointer` of every error, without the `SLUICE_` of the code. */
  readonly errors: readonly string[];
  /** What the first message must say. */
  readonly says: RegExp;
}

export const NO_LISTENERS = 'listeners: []\n';
export const UPSTREAM_U = 'upstreams: { u: { targets: [] } }\n';
export const FILTER_F = 'filters: { f: { module: builtin:policy } }\n';

/** A document whose only route, on line 3, is this flow mapping. */
export function withRoute(text: string): string {
  return `${NO_LISTENERS}${UPSTREAM_U}routes: [${text}]\n`;
}

/** A document whose only upstream, on line 2, has this flow mapping. */
export function withUpstream(text: string): string {
  return `${NO_LISTENERS}upstreams: { u: ${text} }\n`;
}
