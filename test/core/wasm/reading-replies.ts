// Rules that replies are read by, and what tests ask of the outcome.
import assert from 'node:assert/strict';
import { GatewayError } from '../../../core/errors.js';
import { type Reply, type ReplyRules, readReply } from '../../../core/wasm/reply.js';
import { guestView, REPLY_AT, replyMemory, type WrittenReply } from '../../support/reply-memory.js';

export const CONFIGURE: ReplyRules = {
  call: 'configure',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
export const REQUEST: ReplyRules = {
  call: 'request',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
export const REQUEST_BODY: ReplyRules = {
  call: 'request',
  stage: 'whole',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
export const RESPONSE: ReplyRules = {
  call: 'response',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
export const RESPONSE_BODY: ReplyRules = {
  call: 'response',
  stage: 'whole',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};

export function read(reply: WrittenReply, rules: ReplyRules): Reply {
  return readReply(guestView(replyMemory(reply)), REPLY_AT, rules);
}

export function editsOf({ edits }: Reply): [number, string, string][] {
  return edits.operations.map((operation, i) => [operation, edits.names[i]!, edits.values[i]!]);
}

export function assertRefused(run: () => unknown, code: string, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}
