// What the guest `header-injection` can be told to write, in the header `x-inject`.

/** In its request phase. In its response phase it knows `response` alone. */
export const FORBIDDEN_EDITS = [
  'value',
  'nul',
  'name',
  'length',
  'hop',
  'host',
  'path',
  'dots',
  'query',
  'body',
  'answer',
] as const;
