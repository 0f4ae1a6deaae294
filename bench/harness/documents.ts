// The documents that benches of filters send and receive, of exactly so many bytes.
import { SAMPLE_SCHEMA, SAMPLE_USER } from './sample.js';

export interface User {
  readonly id: number;
  readonly note: string;
  readonly [member: string]: unknown;
}

export interface Page {
  readonly total: number;
  readonly page: number;
  readonly users: readonly User[];
}

/** JSON Schema that pages fit. */
export const PAGE_SCHEMA = {
  type: 'object',
  required: ['total', 'page', 'users'],
  additionalProperties: false,
  properties: {
    total: { type: 'integer', minimum: 0 },
    page: { type: 'integer', minimum: 1 },
    users: { type: 'array', items: SAMPLE_SCHEMA },
  },
} as const;

/** A page of users as an API sends it; the last note is as long as it takes to come to `bytes`. */
export function pageOf(bytes: number, members: Readonly<Record<string, unknown>> = {}): Page {
  const users: User[] = [];
  const page: Page = { total: 5000, page: 1, users };
  const sample = { ...SAMPLE_USER, ...members };
  const room = bytes - sizeOf(sample) - 1;
  // There is a comma between users, and none before the first.
  let size = sizeOf(page) - 1;
  do {
    const user = { ...sample, id: 5000 + users.length };
    users.push(user);
    size += sizeOf(user) + 1;
  } while (size < room);
  return fill(bytes, (note) => ({ ...page, users: [...users.slice(0, -1), { ...users.at(-1)!, note }] }));
}

/** What `make` makes of a note that takes it to `bytes`. */
export function fill<T>(bytes: number, make: (note: string) => T): T {
  const missing = bytes - sizeOf(make(''));
  if (missing < 0) throw new RangeError(`the document does not fit into ${bytes} bytes`);
  return make('Leave it with the neighbour. '.repeat(missing / 29 + 1).slice(0, missing));
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
