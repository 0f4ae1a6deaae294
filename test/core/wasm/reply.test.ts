// The decoder of replies: what is allowed, and each way in which a frame or an edit can be wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { type Reply, type ReplyRules, readReply } from '../../../core/wasm/reply.js';
import {
  DECISION_CALLOUT,
  DECISION_CONTINUE,
  DECISION_REFUSE,
  DECISION_RESPOND,
  DECISION_STOP,
  EDIT_ADD_HEADER,
  EDIT_CALLOUT,
  EDIT_HOLD,
  EDIT_MESSAGE,
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_PASS,
  EDIT_REMOVE_HEADER,
  EDIT_SECRET_HEADER,
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
  MAX_HELD_BYTES,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_FIXED,
  REPLY_LENGTH,
  REPLY_STATUS,
} from '../../../sdk/abi/abi.js';
import { editAt, guestView, REPLY_AT, replyMemory, type WrittenReply } from '../../support/reply-memory.js';

const CONFIGURE: ReplyRules = {
  call: 'configure',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
const REQUEST: ReplyRules = {
  call: 'request',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
const REQUEST_BODY: ReplyRules = {
  call: 'request',
  stage: 'whole',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
const RESPONSE: ReplyRules = {
  call: 'response',
  stage: 'none',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};
const RESPONSE_BODY: ReplyRules = {
  call: 'response',
  stage: 'whole',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 7,
};

function read(reply: WrittenReply, rules: ReplyRules): Reply {
  return readReply(guestView(replyMemory(reply)), REPLY_AT, rules);
}

function editsOf({ edits }: Reply): [number, string, string][] {
  return edits.operations.map((operation, i) => [operation, edits.names[i]!, edits.values[i]!]);
}

function assertRefused(run: () => unknown, code: string, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

describe('a reply', () => {
  it('continues without edits', () => {
    const reply = read({}, REQUEST);
    assert.equal(reply.decision, 'continue');
    assert.equal(reply.status, 0);
    assert.equal(reply.edits.size, 0);
    assert.equal(reply.edits.body, undefined);
    assert.equal(reply.context, null);
    assert.equal(reply.refusal, null);
  });

  it('edits a request in the order of its edits, names in lower case and paths normalised', () => {
    const edits = [
      [EDIT_SET_HEADER, 'X-A', 'one\t\xe9'],
      [EDIT_ADD_HEADER, 'x-a', ''],
      [EDIT_REMOVE_HEADER, 'Cookie', 'ignored'],
      [EDIT_SET_PATH, '', '/%7eme/%2a'],
      [EDIT_SET_QUERY, '', 'a=%2f&b'],
      [EDIT_SET_QUERY, '', ''],
    ] as const;
    assert.deepEqual(editsOf(read({ edits }, REQUEST)), [
      [EDIT_SET_HEADER, 'x-a', 'one\t\xe9'],
      [EDIT_ADD_HEADER, 'x-a', ''],
      [EDIT_REMOVE_HEADER, 'cookie', ''],
      [EDIT_SET_PATH, '', '/~me/%2A'],
      [EDIT_SET_QUERY, '', 'a=%2f&b'],
      [EDIT_SET_QUERY, '', ''],
    ]);
  });

  it('edits a response', () => {
    const edits = [
      [EDIT_SET_STATUS, '', '204'],
      [EDIT_REMOVE_HEADER, 'server', ''],
    ] as const;
    assert.deepEqual(editsOf(read({ edits }, RESPONSE)), [
      [EDIT_SET_STATUS, '', '204'],
      [EDIT_REMOVE_HEADER, 'server', ''],
    ]);
  });

  it('answers with a status, headers and a body that it was not asked for', () => {
    const edits = [
      [EDIT_SET_HEADER, 'content-type', 'text/plain'],
      [EDIT_SET_BODY, '', 'no'],
    ] as const;
    for (const rules of [REQUEST, RESPONSE]) {
      for (const status of [200, 599]) {
        const reply = read({ decision: DECISION_RESPOND, status, edits }, rules);
        assert.equal(reply.decision, 'respond');
        assert.equal(reply.status, status);
        assert.equal(Buffer.from(reply.edits.body!).toString(), 'no');
      }
    }
  });

  it('replaces a body that it was given, the last edit counting, also by nothing', () => {
    for (const rules of [REQUEST_BODY, RESPONSE_BODY]) {
      const both = read(
        {
          edits: [
            [EDIT_SET_BODY, '', 'one'],
            [EDIT_SET_BODY, '', 'two'],
          ],
        },
        rules,
      );
      assert.equal(Buffer.from(both.edits.body!).toString(), 'two');
      const none = read(
        {
          edits: [
            [EDIT_SET_BODY, '', 'one'],
            [EDIT_SET_BODY, '', ''],
          ],
        },
        rules,
      );
      assert.equal(none.edits.body?.byteLength, 0);
    }
  });

  it('refuses a config with a pointer and a reason in UTF-8', () => {
    const utf8 = Buffer.from('größer', 'utf8').toString('latin1');
    const reply = read({ decision: DECISION_REFUSE, edits: [[EDIT_MESSAGE, '/a', utf8]] }, CONFIGURE);
    assert.equal(reply.decision, 'refuse');
    assert.deepEqual(reply.refusal, { pointer: '/a', reason: 'größer' });
    assert.equal(read({ decision: DECISION_REFUSE }, CONFIGURE).refusal, null);
  });

  it('copies body and context out of the memory', () => {
    const memory = replyMemory({ context: 'kept', edits: [[EDIT_SET_BODY, '', 'body']] });
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST_BODY);
    memory.fill(0);
    assert.equal(Buffer.from(reply.context!).toString(), 'kept');
    assert.equal(Buffer.from(reply.edits.body!).toString(), 'body');
  });

  it('copies one body however often it is set, so that a reply costs no more than its memory', () => {
    const size = 1 << 24;
    const memory = replyMemory({ edits: new Array(MAX_EDITS).fill([EDIT_SET_BODY, '', '']) }, size);
    for (let index = 0; index < MAX_EDITS; index += 1) {
      memory.writeUInt32LE(0, editAt(index) + EDIT_VALUE);
      memory.writeUInt32LE(size, editAt(index) + EDIT_VALUE + 4);
    }
    const before = process.memoryUsage().arrayBuffers;
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST_BODY);
    assert.equal(reply.edits.body?.byteLength, size);
    assert.ok(process.memoryUsage().arrayBuffers - before <= 2 * size);
  });

  it('may lie at the very end of the memory, and at an address whose sign bit is set', () => {
    const memory = replyMemory({});
    const frame = memory.subarray(REPLY_AT, REPLY_AT + REPLY_FIXED);
    assert.equal(readReply(guestView(frame), 0, REQUEST).decision, 'continue');
    assertRefused(
      () => readReply(guestView(memory), -8, REQUEST),
      'SLUICE_ABI_FRAME',
      /20 bytes at 4294967288 reach beyond/,
    );
  });

  it('reads its numbers and spans where the ABI says', () => {
    const edits = [[EDIT_SET_HEADER, 'x-a', 'b']] as const;
    const memory = replyMemory({ edits, context: 'c' });
    const reply = readReply(guestView(memory), REPLY_AT, REQUEST);
    assert.deepEqual(
      [...memory.subarray(64, 104)],
      [
        ...[40, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 104, 0, 0, 0, 1, 0, 0, 0],
        ...[1, 0, 0, 0, 105, 0, 0, 0, 3, 0, 0, 0, 108, 0, 0, 0, 1, 0, 0, 0],
      ],
    );
    assert.deepEqual(editsOf(reply), [[EDIT_SET_HEADER, 'x-a', 'b']]);
    assert.equal(Buffer.from(reply.context!).toString(), 'c');
  });
});

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

describe('a chunk of a body', () => {
  const CHUNK: ReplyRules = { ...REQUEST, stage: 'chunk', chunkBytes: 9 };
  const LAST: ReplyRules = { ...REQUEST, stage: 'last', chunkBytes: 9 };
  const hold = (bytes: number) => {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(bytes);
    return { edits: [[EDIT_HOLD, '', value.toString('latin1')]] } as const;
  };
  const pass = { edits: [[EDIT_PASS, '', '']] } as const;

  it('may be held, up to all of it, and the last one not at all', () => {
    assert.equal(read(hold(9), CHUNK).held, 9);
    assert.equal(read(hold(0), LAST).held, 0);
    assertRefused(() => read(hold(10), CHUNK), 'SLUICE_ABI_EDIT', /at most 9 of this chunk/);
    assertRefused(() => read(hold(1), LAST), 'SLUICE_ABI_EDIT', /that others follow/);
    const long = { ...CHUNK, chunkBytes: 1_000_000 };
    assert.equal(read(hold(MAX_HELD_BYTES), long).held, MAX_HELD_BYTES);
    assertRefused(() => read(hold(MAX_HELD_BYTES + 1), long), 'SLUICE_ABI_EDIT', /at most 65536/);
    for (const rules of [REQUEST, REQUEST_BODY, { ...REQUEST, stage: 'follows' } as const])
      assertRefused(() => read(hold(1), rules), 'SLUICE_ABI_EDIT', /hold/);
  });

  it('may be the last that the filter sees, if it holds nothing of it', () => {
    for (const rules of [CHUNK, LAST, REQUEST, { ...RESPONSE, stage: 'follows' } as const])
      assert.equal(read(pass, rules).passes, true);
    const both = { edits: [...pass.edits, ...hold(1).edits] };
    assertRefused(() => read(both, CHUNK), 'SLUICE_ABI_EDIT', /for a call that will not come/);
    for (const rules of [CONFIGURE, REQUEST_BODY])
      assertRefused(
        () => read(pass, rules),
        'SLUICE_ABI_EDIT',
        /pass: there is no body that comes in chunks/,
      );
  });

  it('may be replaced, and answered in the request; the head has left', () => {
    const replaced = read({ edits: [[EDIT_SET_BODY, '', 'new']] }, CHUNK).edits.body!;
    assert.deepEqual(Buffer.from(replaced), Buffer.from('new'));
    const answer = {
      decision: DECISION_RESPOND,
      status: 403,
      edits: [[EDIT_SET_HEADER, 'x-a', '1']],
    } as const;
    assert.equal(read(answer, LAST).status, 403);
    assertRefused(
      () => read(answer, { ...CHUNK, call: 'response' }),
      'SLUICE_ABI_FRAME',
      /a chunk of the response/,
    );
    for (const edits of [[[EDIT_SET_HEADER, 'x-a', '1']], [[EDIT_SET_PATH, '', '/a']]] as const)
      assertRefused(() => read({ edits }, CHUNK), 'SLUICE_ABI_EDIT', /head: it has left/);
  });

  it('may end a response, and nothing else', () => {
    const stop = { decision: DECISION_STOP, edits: [[EDIT_MESSAGE, '', 'why']] } as const;
    const reply = read(stop, { ...CHUNK, call: 'response' });
    assert.equal(reply.decision, 'stop');
    assert.equal(reply.refusal?.reason, 'why');
    for (const rules of [CHUNK, REQUEST, RESPONSE, RESPONSE_BODY, CONFIGURE])
      assertRefused(() => read(stop, rules), 'SLUICE_ABI_FRAME', /decision: found 4/);
  });

  it('is no time for a callout', () => {
    const rules = { ...CHUNK, upstreams: 2 };
    assertRefused(() => read({ decision: DECISION_CALLOUT }, rules), 'SLUICE_ABI_FRAME', /decision: found 3/);
  });
});

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
