// The decoder of replies that ask for a callout.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply, ReplyRules } from '../../../core/wasm/reply.js';
import {
  DECISION_CALLOUT,
  EDIT_CALLOUT,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
} from '../../../sdk/abi/abi.js';
import type { WrittenReply } from '../../support/reply-memory.js';
import { assertRefused, editsOf, REQUEST, read } from './reading-replies.js';

describe('a callout', () => {
  const CALLING: ReplyRules = {
    call: 'request',
    stage: 'none',
    chunkBytes: 0,
    upstreams: 2,
    secrets: 2,
    filterId: 7,
  };
  const facts = (upstream: number, ms: number): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(upstream, 0);
    bytes.writeUInt32LE(ms, 4);
    return bytes.toString('latin1');
  };
  const CALL = [EDIT_CALLOUT, 'GET', facts(1, 250)] as const;
  const PATH = [EDIT_SET_PATH, '', '/check'] as const;
  const callout = (edits: WrittenReply['edits'], rules = CALLING): Reply =>
    read({ decision: DECISION_CALLOUT, edits: edits!, context: 'state' }, rules);

  it('names upstream, method, target and time, and keeps a state', () => {
    const reply = callout([CALL, PATH, [EDIT_SET_QUERY, '', 'a=b'], [EDIT_SET_BODY, '', 'body']]);
    assert.equal(reply.decision, 'callout');
    assert.deepEqual(reply.callout, { upstream: 1, method: 'GET', timeoutMs: 250 });
    assert.equal(Buffer.from(reply.context!).toString(), 'state');
    assert.equal(Buffer.from(reply.edits.body!).toString(), 'body');
  });

  it('is possible in the response phase, with a path', () => {
    const reply = callout([CALL, PATH], { ...CALLING, call: 'response' });
    assert.deepEqual(editsOf(reply), [[EDIT_SET_PATH, '', '/check']]);
  });

  const refused: [string, WrittenReply['edits'], string, RegExp][] = [
    ['without an upstream', [PATH], 'SLUICE_ABI_FRAME', /expected an edit with upstream and method/],
    ['without a path', [CALL], 'SLUICE_ABI_FRAME', /and one with a path/],
    [
      'of an upstream that was not granted',
      [[EDIT_CALLOUT, 'GET', facts(2, 1)], PATH],
      'SLUICE_ABI_EDIT',
      /upstream 2/,
    ],
    ['without time', [[EDIT_CALLOUT, 'GET', facts(0, 0)], PATH], 'SLUICE_ABI_EDIT', /found 0 ms/],
    ['with too much time', [[EDIT_CALLOUT, 'GET', facts(0, 60_001)], PATH], 'SLUICE_ABI_EDIT', /60001 ms/],
    [
      'whose method is no token',
      [[EDIT_CALLOUT, 'GE T', facts(0, 1)], PATH],
      'SLUICE_ABI_EDIT',
      /not a token/,
    ],
    [
      'to open a tunnel',
      [[EDIT_CALLOUT, 'CONNECT', facts(0, 1)], PATH],
      'SLUICE_ABI_EDIT',
      /CONNECT is not forwarded/,
    ],
    [
      'whose facts are cut',
      [[EDIT_CALLOUT, 'GET', 'abc'], PATH],
      'SLUICE_ABI_FRAME',
      /found 3 bytes, expected 8/,
    ],
    ['to a path beyond the root', [CALL, [EDIT_SET_PATH, '', '/../x']], 'SLUICE_ABI_EDIT', /path/],
    ['with a host of its own', [CALL, PATH, [EDIT_SET_HEADER, 'host', 'x']], 'SLUICE_ABI_EDIT', /host/],
    ['with a second line', [CALL, PATH, [EDIT_SET_HEADER, 'x-a', 'a\r\nb: c']], 'SLUICE_ABI_EDIT', /control/],
    ['with a status', [CALL, PATH, [EDIT_SET_STATUS, '', '200']], 'SLUICE_ABI_EDIT', /status/],
  ];
  for (const [what, edits, code, message] of refused) {
    it(`${what} is refused`, () => assertRefused(() => callout(edits), code, message));
  }

  it('without the capability is a decision that does not exist', () => {
    assertRefused(() => callout([CALL, PATH], REQUEST), 'SLUICE_ABI_FRAME', /decision: found 3/);
    assertRefused(
      () => callout([CALL, PATH], { ...CALLING, call: 'configure' }),
      'SLUICE_ABI_FRAME',
      /decision/,
    );
  });
});
