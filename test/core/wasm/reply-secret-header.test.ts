// The decoder of replies that put a secret into a header.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ReplyRules, readReply } from '../../../core/wasm/reply.js';
import { DECISION_RESPOND, EDIT_SECRET_HEADER } from '../../../sdk/abi/abi.js';
import { guestView, REPLY_AT, replyMemory, type WrittenReply } from '../../support/reply-memory.js';
import { assertRefused, editsOf, REQUEST, read } from './reading-replies.js';

describe('a secret header', () => {
  const GRANTED: ReplyRules = {
    call: 'request',
    stage: 'none',
    chunkBytes: 0,
    upstreams: 0,
    secrets: 2,
    filterId: 7,
  };
  const value = (id: number, before: string): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(id);
    return bytes.toString('latin1') + before;
  };
  const edit = (id: number, before: string, name = 'Authorization') =>
    ({ edits: [[EDIT_SECRET_HEADER, name, value(id, before)]] }) as const;

  it('names filter, secret and what stands before it', () => {
    assert.deepEqual(editsOf(read(edit(1, 'Basic: '), GRANTED)), [
      [EDIT_SECRET_HEADER, 'authorization', '7:1:Basic: '],
    ]);
  });

  it('is refused for another secret, a bad name or text, and elsewhere than on the request', () => {
    const refusals: [WrittenReply, ReplyRules, RegExp][] = [
      [edit(2, ''), GRANTED, /secret 2 does not exist/],
      [edit(0, 'a\r\nb: '), GRANTED, /control character/],
      [edit(0, '', 'host'), GRANTED, /host/],
      [edit(0, '', 'a b'), GRANTED, /not a token/],
      [edit(0, ''), { ...GRANTED, call: 'response' }, /on the request to the upstream only/],
      [
        { ...edit(0, ''), decision: DECISION_RESPOND, status: 200 },
        GRANTED,
        /on the request to the upstream only/,
      ],
      [edit(0, ''), REQUEST, /secret 0 does not exist/],
    ];
    for (const [reply, rules, message] of refusals) {
      assertRefused(() => read(reply, rules), 'SLUICE_ABI_EDIT', message);
    }
    const long = value(0, 'x'.repeat(60_000));
    const flood: WrittenReply = {
      edits: ['a', 'b', 'c', 'd', 'e'].map((name) => [EDIT_SECRET_HEADER, name, long]),
    };
    const memory = replyMemory(flood, 1 << 20);
    assertRefused(
      () => readReply(guestView(memory), REPLY_AT, GRANTED),
      'SLUICE_ABI_FRAME',
      /more than 262144 bytes/,
    );
    const cut = { edits: [[EDIT_SECRET_HEADER, 'x-a', 'abc']] } as const;
    assertRefused(() => read(cut, GRANTED), 'SLUICE_ABI_FRAME', /found 3 bytes/);
  });
});
