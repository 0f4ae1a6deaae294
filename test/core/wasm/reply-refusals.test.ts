// The decoder of replies: each way in which a frame or an edit can be wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ReplyRules, readReply } from '../../../core/wasm/reply.js';
import {
  DECISION_CONTINUE,
  DECISION_REFUSE,
  DECISION_RESPOND,
  EDIT_ADD_HEADER,
  EDIT_MESSAGE,
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_REMOVE_HEADER,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
  EDIT_VALUE,
  MAX_CONTEXT_BYTES,
  MAX_EDIT_BYTES,
  MAX_EDITS,
  MAX_HEADER_BYTES,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_LENGTH,
  REPLY_STATUS,
} from '../../../sdk/abi/abi.js';
import { editAt, guestView, REPLY_AT, replyMemory, type WrittenReply } from '../../support/reply-memory.js';
import { assertRefused, CONFIGURE, REQUEST, REQUEST_BODY, RESPONSE, read } from './reading-replies.js';

describe('a frame is refused for', () => {
  const HEADER: WrittenReply = { edits: [[EDIT_SET_HEADER, 'x-a', 'value']] };
  const first = editAt(0);
  /** Name, reply, what to write where, rules, message. */
  const rows: readonly [string, WrittenReply, readonly [at: number, word: number][], ReplyRules, RegExp][] = [
    [
      'a length that is too short',
      HEADER,
      [[REPLY_AT + REPLY_LENGTH, 20]],
      REQUEST,
      /length: found 20, expected 40/,
    ],
    [
      'a length that is too long',
      HEADER,
      [[REPLY_AT + REPLY_LENGTH, 41]],
      REQUEST,
      /length: found 41, expected 40/,
    ],
    ['a length of nothing', {}, [[REPLY_AT + REPLY_LENGTH, 0]], REQUEST, /length: found 0, expected 20/],
    ['a count without edits', {}, [[REPLY_AT + REPLY_EDITS, 1]], REQUEST, /length: found 20, expected 40/],
    ['more edits than allowed', {}, [[REPLY_AT + REPLY_EDITS, MAX_EDITS + 1]], REQUEST, /edits: found 1025/],
    ['the largest count', {}, [[REPLY_AT + REPLY_EDITS, 0xffffffff]], REQUEST, /edits: found 4294967295/],
    [
      'edits that reach beyond the memory',
      {},
      [
        [REPLY_AT + REPLY_EDITS, 1000],
        [REPLY_AT + REPLY_LENGTH, 20020],
      ],
      REQUEST,
      /edits: 20020 bytes at 64 reach beyond the memory of 4096 bytes/,
    ],
    ['a decision that does not exist', {}, [[REPLY_AT + REPLY_DECISION, 3]], REQUEST, /decision: found 3/],
    [
      'a response from configure',
      { decision: DECISION_RESPOND, status: 200 },
      [],
      CONFIGURE,
      /decision: found 1/,
    ],
    ['a refusal from a request', { decision: DECISION_REFUSE }, [], REQUEST, /decision: found 2/],
    ['a refusal from a response', { decision: DECISION_REFUSE }, [], RESPONSE, /decision: found 2/],
    ['a status without a response', { status: 200 }, [], REQUEST, /status: found 200, expected 0/],
    [
      'a context that is too long',
      {},
      [[REPLY_AT + REPLY_CONTEXT + 4, MAX_CONTEXT_BYTES + 1]],
      REQUEST,
      /context: found 65537 bytes/,
    ],
    [
      'a context that reaches beyond the memory',
      {},
      [
        [REPLY_AT + REPLY_CONTEXT, 4095],
        [REPLY_AT + REPLY_CONTEXT + 4, 2],
      ],
      REQUEST,
      /context: 2 bytes at 4095 reach beyond/,
    ],
    [
      'a context whose end wraps around',
      {},
      [
        [REPLY_AT + REPLY_CONTEXT, 0xffffffff],
        [REPLY_AT + REPLY_CONTEXT + 4, 8],
      ],
      REQUEST,
      /context: 8 bytes at 4294967295 reach beyond/,
    ],
    [
      'an empty context beyond the memory',
      {},
      [[REPLY_AT + REPLY_CONTEXT, 4097]],
      REQUEST,
      /context: 0 bytes at 4097/,
    ],
    ['an operation 0', HEADER, [[first + EDIT_OPERATION, 0]], REQUEST, /operation: found 0/],
    [
      'an operation that does not exist',
      HEADER,
      [[first + EDIT_OPERATION, 9]],
      RESPONSE,
      /operation: found 9/,
    ],
    [
      'the largest operation',
      HEADER,
      [[first + EDIT_OPERATION, 0xffffffff]],
      RESPONSE,
      /operation: found 4294967295/,
    ],
    [
      'a message without a refusal',
      { edits: [[EDIT_MESSAGE, '/a', 'b']] },
      [],
      CONFIGURE,
      /operation: found 8/,
    ],
    [
      'a name beyond the memory',
      HEADER,
      [[first + EDIT_NAME, 4096]],
      REQUEST,
      /header name: 3 bytes at 4096/,
    ],
    [
      'a name that is too long',
      HEADER,
      [[first + EDIT_NAME + 4, MAX_HEADER_BYTES + 1]],
      REQUEST,
      /header name: found 65537/,
    ],
    [
      'a value beyond the memory',
      HEADER,
      [[first + EDIT_VALUE, 4092]],
      REQUEST,
      /header value: 5 bytes at 4092/,
    ],
    [
      'a value that wraps around',
      HEADER,
      [[first + EDIT_VALUE, 0xfffffffe]],
      REQUEST,
      /header value: 5 bytes at 4294967294/,
    ],
    [
      'a value of the largest length',
      HEADER,
      [[first + EDIT_VALUE + 4, 0xffffffff]],
      REQUEST,
      /header value: found 4294967295/,
    ],
    [
      'a body that reaches beyond the memory',
      { edits: [[EDIT_SET_BODY, '', 'b']] },
      [[first + EDIT_VALUE + 4, 4096]],
      REQUEST_BODY,
      /body: 4096 bytes at \d+ reach beyond/,
    ],
    [
      'a body of the largest length, also when a later one takes its place',
      {
        edits: [
          [EDIT_SET_BODY, '', 'b'],
          [EDIT_SET_BODY, '', 'b'],
        ],
      },
      [[first + EDIT_VALUE + 4, 0xffffffff]],
      REQUEST_BODY,
      /body: 4294967295 bytes at \d+ reach beyond/,
    ],
    [
      'a path beyond the memory',
      { edits: [[EDIT_SET_PATH, '', '/a']] },
      [[first + EDIT_VALUE, 5000]],
      REQUEST,
      /path: 2 bytes at 5000/,
    ],
    [
      'a query beyond the memory',
      { edits: [[EDIT_SET_QUERY, '', 'a']] },
      [[first + EDIT_VALUE, 5000]],
      REQUEST,
      /query: 1 bytes at 5000/,
    ],
    [
      'a status text beyond the memory',
      { edits: [[EDIT_SET_STATUS, '', '200']] },
      [[first + EDIT_VALUE, 4094]],
      RESPONSE,
      /status: 3 bytes at 4094/,
    ],
    [
      'a reason beyond the memory',
      { decision: DECISION_REFUSE, edits: [[EDIT_MESSAGE, '/a', 'b']] },
      [[first + EDIT_VALUE, 4096]],
      CONFIGURE,
      /value: 1 bytes at 4096/,
    ],
  ];
  for (const [name, reply, words, rules, message] of rows) {
    it(name, () => {
      const memory = replyMemory(reply);
      for (const [at, word] of words) {
        // Decision and status share a word of the frame.
        if (at === REPLY_AT + REPLY_DECISION || at === REPLY_AT + REPLY_STATUS)
          memory.writeUInt16LE(word, at);
        else memory.writeUInt32LE(word, at);
      }
      assertRefused(() => readReply(guestView(memory), REPLY_AT, rules), 'SLUICE_ABI_FRAME', message);
    });
  }

  for (const address of [4077, 4096, 0x7fffffff, 0x80000000, 0xffffffff, -1]) {
    it(`the address ${address}`, () => {
      assertRefused(
        () => readReply(guestView(replyMemory({})), address, REQUEST),
        'SLUICE_ABI_FRAME',
        /reply: 20 bytes at \d+/,
      );
    });
  }

  it('texts that are within their limits and together beyond that of a reply', () => {
    const edits = new Array(MAX_EDITS).fill([EDIT_SET_HEADER, 'x-a', '']);
    const memory = replyMemory({ edits }, 1 << 20);
    const value = MAX_EDIT_BYTES / MAX_EDITS - 3;
    const setValues = (length: number): void => {
      for (let index = 0; index < MAX_EDITS; index += 1)
        memory.writeUInt32LE(length, editAt(index) + EDIT_VALUE + 4);
    };
    memory.fill(0x61, 1 << 19);
    for (let index = 0; index < MAX_EDITS; index += 1)
      memory.writeUInt32LE(1 << 19, editAt(index) + EDIT_VALUE);
    setValues(value);
    assert.equal(readReply(guestView(memory), REPLY_AT, REQUEST).edits.size, MAX_EDITS);
    setValues(value + 1);
    assertRefused(
      () => readReply(guestView(memory), REPLY_AT, REQUEST),
      'SLUICE_ABI_FRAME',
      /edits: names and values have more/,
    );
  });
});

describe('an edit is refused for', () => {
  const respond = { decision: DECISION_RESPOND, status: 403 };
  const go = { decision: DECISION_CONTINUE };
  const rows: readonly [string, WrittenReply, ReplyRules, RegExp][] = [
    ['a status below 200', { ...respond, status: 199 }, REQUEST, /status: found 199, expected 200 to 599/],
    ['a status above 599', { ...respond, status: 600 }, RESPONSE, /status: found 600, expected 200 to 599/],
    ['no status', { ...respond, status: 0 }, REQUEST, /status: found 0, expected 200 to 599/],
    ['an empty header name', { edits: [[EDIT_SET_HEADER, '', 'a']] }, REQUEST, /header name: not a token/],
    [
      'a header name with a colon',
      { edits: [[EDIT_ADD_HEADER, 'a:', 'a']] },
      REQUEST,
      /header name: not a token/,
    ],
    ['a header name with CR LF', { edits: [[EDIT_SET_HEADER, 'a\r\nb', 'a']] }, REQUEST, /header name/],
    ['a header name beyond ASCII', { edits: [[EDIT_REMOVE_HEADER, '\xe9', '']] }, RESPONSE, /header name/],
    [
      'a header value with CR LF',
      { edits: [[EDIT_SET_HEADER, 'x-a', 'a\r\nb: c']] },
      REQUEST,
      /header x-a: its value/,
    ],
    [
      'a header value with a bare CR',
      { edits: [[EDIT_ADD_HEADER, 'X-A', '\r']] },
      RESPONSE,
      /header x-a: its value/,
    ],
    [
      'a header value with NUL',
      { edits: [[EDIT_SET_HEADER, 'x-a', 'a\0']] },
      RESPONSE,
      /header x-a: its value/,
    ],
    [
      'a header value with DEL',
      { ...respond, edits: [[EDIT_SET_HEADER, 'x-a', '\x7f']] },
      REQUEST,
      /header x-a/,
    ],
    [
      'headers in configure',
      { edits: [[EDIT_SET_HEADER, 'x-a', 'a']] },
      CONFIGURE,
      /header: configure has none/,
    ],
    ['a body in configure', { edits: [[EDIT_SET_BODY, '', 'a']] }, CONFIGURE, /body: configure has none/],
    [
      'a body that was not given',
      { edits: [[EDIT_SET_BODY, '', 'a']] },
      REQUEST,
      /body: the filter was given none/,
    ],
    [
      'a body that was not given',
      { ...go, edits: [[EDIT_SET_BODY, '', 'a']] },
      RESPONSE,
      /body: the filter was given/,
    ],
    ['a path in configure', { edits: [[EDIT_SET_PATH, '', '/']] }, CONFIGURE, /path: .* request phase only/],
    [
      'a path in the response phase',
      { edits: [[EDIT_SET_PATH, '', '/']] },
      RESPONSE,
      /path: .* request phase only/,
    ],
    [
      'a path in an answer',
      { ...respond, edits: [[EDIT_SET_PATH, '', '/']] },
      REQUEST,
      /path: .* request phase only/,
    ],
    [
      'a query in the response phase',
      { edits: [[EDIT_SET_QUERY, '', 'a']] },
      RESPONSE,
      /query: .* request phase only/,
    ],
    [
      'a query in an answer',
      { ...respond, edits: [[EDIT_SET_QUERY, '', '']] },
      REQUEST,
      /query: .* request phase only/,
    ],
    ['a query with a space', { edits: [[EDIT_SET_QUERY, '', 'a b']] }, REQUEST, /query: ./],
    ['a query with a fragment', { edits: [[EDIT_SET_QUERY, '', 'a#b']] }, REQUEST, /query: ./],
    ['a query with CR LF', { edits: [[EDIT_SET_QUERY, '', 'a\r\nb']] }, REQUEST, /query: ./],
    ['a query with a broken escape', { edits: [[EDIT_SET_QUERY, '', 'a=%4']] }, REQUEST, /query: ./],
    [
      'a status in the request phase',
      { edits: [[EDIT_SET_STATUS, '', '200']] },
      REQUEST,
      /status: .* response phase/,
    ],
    ...['', '20', '2000', '199', '600', '99', '2e2', ' 20', '20\n', '-20', '\xb2\xb0\xb0'].map(
      (status): [string, WrittenReply, ReplyRules, RegExp] => [
        `the status text ${JSON.stringify(status)}`,
        { edits: [[EDIT_SET_STATUS, '', status]] },
        RESPONSE,
        /status: expected three digits/,
      ],
    ),
    ...[
      '',
      'a',
      '//a',
      '/a//b',
      '/./a',
      '/a/..',
      '/%2e%2e/a',
      '/..;/a',
      '/a%2fb',
      '/a\\b',
      '/a b',
      '/a?b',
      '/a#b',
    ].map((path): [string, WrittenReply, ReplyRules, RegExp] => [
      `the path ${JSON.stringify(path)}`,
      { edits: [[EDIT_SET_PATH, '', path]] },
      REQUEST,
      /edit: path: ./,
    ]),
    ...[
      'Content-Length',
      'transfer-encoding',
      'host',
      'connection',
      'TE',
      'trailer',
      'upgrade',
      'keep-alive',
    ].map((name): [string, WrittenReply, ReplyRules, RegExp] => [
      `the header ${name}`,
      { edits: [[EDIT_REMOVE_HEADER, name, '']] },
      REQUEST,
      /framing and hop-by-hop fields cannot be edited/,
    ]),
  ];
  for (const [name, reply, rules, message] of rows) {
    it(`${name} (${rules.call})`, () => {
      assertRefused(() => read(reply, rules), 'SLUICE_ABI_EDIT', message);
    });
  }

  it('one fault, whatever stands before it', () => {
    const edits = [
      [EDIT_SET_HEADER, 'x-a', 'a'],
      [EDIT_SET_HEADER, 'x-b', '\n'],
    ] as const;
    assertRefused(() => read({ edits }, REQUEST), 'SLUICE_ABI_EDIT', /header x-b/);
  });
});
