// Bodies that reach `sanitise` in chunks.
import assert from 'node:assert/strict';
import type { TestChain } from '../../sdk/testing/index.js';

/** What a client sees; `cut` when the filter stopped the response. */
export interface Seen {
  readonly status: number | 'cut';
  readonly text: string;
}

const CUT: Seen = { status: 'cut', text: '' };

/** Sends a body through a chain in chunks that end at `cuts`, in bytes from its start; rising. */
export function inChunks(
  chain: TestChain,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  cuts: readonly number[],
): Seen {
  const bytes = Buffer.from(body as string);
  const chunks = [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
  const { client, stop, failures } = chain.exchange({ target: '/' }, { headers, body: chunks });
  assert.deepEqual(failures, []);
  if (stop !== null) return CUT;
  return { status: client!.status, text: client!.text };
}

/**
 * Expects the same of a body cut in two at each byte, of one byte after the other, and of one whole.
 * @param chain with `stream`
 * @param seen what a client sees; a 502 stands for a response that is cut
 */
export function assertSameInChunks(
  chain: TestChain,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  seen: { readonly status?: number; readonly text: string },
): void {
  const { status = 200, text } = seen;
  const expected = status === 502 ? CUT : { status, text };
  const places = Array.from({ length: Buffer.from(body as string).length + 1 }, (_, index) => index);
  for (const cuts of [[], places, ...places.map((place) => [place])])
    assert.deepEqual(inChunks(chain, headers, body, cuts), expected, `cut at ${cuts}`);
}
