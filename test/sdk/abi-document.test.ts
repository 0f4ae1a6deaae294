// sdk/ABI.md is what people write filters from: its numbers, its dumps and its filter are held against the code.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import createWabt from 'wabt';
import { HeaderList } from '../../core/headers.js';
import { encodeOutcome } from '../../core/wasm/callout-outcome.js';
import { FrameWriter, patchTail } from '../../core/wasm/frame.js';
import { readReply } from '../../core/wasm/reply.js';
import * as abi from '../../sdk/abi/abi.js';
import * as names from '../../sdk/abi/names.js';
import { TestChain } from '../../sdk/testing/index.js';
import { appendCustomSection } from '../../sdk/tools/wasm-sections.js';
import { guestView } from '../support/reply-memory.js';

const DOCUMENT = readFileSync(new URL('../../../sdk/ABI.md', import.meta.url), 'utf8');

function block(info: string): string {
  const found = new RegExp(`\`\`\`${info}\\n([\\s\\S]*?)\`\`\``).exec(DOCUMENT);
  assert(found !== null, `no block ${info}`);
  return found[1]!;
}

/** Writes a dump to where it says. */
function place(dump: string, memory: Uint8Array): number {
  let written = 0;
  for (const line of dump.trimEnd().split('\n')) {
    const [, address, hex] = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?)+)/.exec(line) ?? [];
    const bytes = Buffer.from(hex!.replaceAll(' ', ''), 'hex');
    memory.set(bytes, Number.parseInt(address!, 16));
    written += bytes.length;
  }
  return written;
}

describe('sdk/ABI.md', () => {
  it('gives the number of every constant of a layout', () => {
    for (const [name, value] of Object.entries(abi)) {
      if (
        !/^(FRAME|REPLY|DECISION|EDIT|OUTCOME|COUNT|PATTERN|PUBLIC_KEY)_/.test(name) ||
        name === 'EDIT_SIZE' ||
        name === 'COUNT_BYTES'
      )
        continue;
      const inTable = new RegExp(`^\\| ${value} \\|.*\`${name}\``, 'm').test(DOCUMENT);
      const inText = new RegExp(`at ${value}\\s+\\(\`${name}\`\\)`).test(DOCUMENT);
      assert(inTable || inText, `${name} = ${value}`);
    }
    const text = DOCUMENT.replaceAll(/\s+/g, ' ');
    for (const [name, value] of Object.entries(abi)) {
      if (!/^(EDIT_SIZE|TABLE_ENTRY|MAX_|CALLOUT_)/.test(name)) continue;
      assert.match(text, new RegExp(`\\b${value}\\b[^.;]*\\(\`${name}\`\\)`), name);
    }
  });

  it('names every import and export', () => {
    for (const [name, value] of Object.entries(names)) {
      if (/^(EXPORT|IMPORT)_/.test(name)) assert(DOCUMENT.includes(`\`${value}`), `${name} = ${value}`);
    }
  });

  it('shows the frame that the host writes', () => {
    const bytes = Buffer.alloc(1024);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const writer = new FrameWriter();
    const length = writer.prepare({
      phase: 'request',
      id: 'r-7',
      routeId: 'users',
      scheme: 'https',
      method: 'GET',
      authority: 'api.example.com',
      clientAddress: '192.0.2.1',
      certificate: [],
      params: ['id', '42'],
      path: '/users/42',
      query: 'a=1',
      requestHeaders: new HeaderList(['host', 'api.example.com', 'x-keep', 'yes']),
      status: 0,
      responseHeaders: new HeaderList(),
      body: null,
      stage: 'none',
    });
    writer.write({ buffer: bytes.buffer, bytes, words }, 0);
    patchTail(words, 0, length, 'none', null, null);
    const shown = Buffer.alloc(1024);
    const size = place(block('hex frame'), shown);
    assert.equal(
      shown.toString('hex', 0, size),
      bytes.toString('hex', 0, bytes.readUInt32LE(abi.FRAME_LENGTH)),
    );
  });

  it('shows a reply that the host reads as the text says', () => {
    const memory = Buffer.alloc(65_536);
    place(block('hex reply'), memory);
    place(block('hex bytes'), memory);
    const reply = readReply(guestView(memory), 0x2000, {
      call: 'response',
      stage: 'none',
      chunkBytes: 0,
      upstreams: 0,
      secrets: 0,
      filterId: 7,
    });
    assert.equal(reply.decision, 'continue');
    assert.equal(reply.context, null);
    assert.deepEqual(
      [reply.edits.operations, reply.edits.names, reply.edits.values],
      [[abi.EDIT_SET_HEADER], ['x-kept'], ['yes']],
    );
  });

  it('shows a reply to a chunk that the host reads as the text says', () => {
    const memory = Buffer.alloc(65_536);
    place(block('hex hold'), memory);
    const rules = { call: 'response', stage: 'chunk', upstreams: 0, secrets: 0, filterId: 7 } as const;
    const reply = readReply(guestView(memory), 0x2000, { ...rules, chunkBytes: 7 });
    assert.equal(Buffer.from(reply.edits.body!).toString(), 'abc');
    assert.equal(reply.held, 4);
    assert.throws(
      () => readReply(guestView(memory), 0x2000, { ...rules, chunkBytes: 3 }),
      /at most 3 of this chunk/,
    );
  });

  it('shows a callout that the host reads as the text says, and the outcome that it writes', () => {
    const memory = Buffer.alloc(65_536);
    place(block('hex callout'), memory);
    const reply = readReply(guestView(memory), 0x2000, {
      call: 'request',
      stage: 'none',
      chunkBytes: 0,
      upstreams: 1,
      secrets: 0,
      filterId: 1,
    });
    assert.deepEqual(reply.callout, { upstream: 0, method: 'GET', timeoutMs: 250 });
    assert.deepEqual(reply.edits.values, ['/check']);
    assert.equal(Buffer.from(reply.context!).toString(), 'first');

    const response = {
      status: 200,
      failure: abi.CALLOUT_DONE,
      headers: ['x-user', 'ada'],
      body: Buffer.from('yes'),
    };
    const outcome = encodeOutcome(response, reply.context, abi.MAX_CALLOUTS - 1);
    const shown = Buffer.alloc(1024);
    const size = place(block('hex outcome'), shown);
    assert.equal(shown.toString('hex', 0, size), Buffer.from(outcome).toString('hex'));
  });

  it('shows a filter in WAT that works', async () => {
    const wabt = await createWabt();
    const parsed = wabt.parseWat('teapot.wat', block('wat'));
    const { buffer } = parsed.toBinary({});
    parsed.destroy();
    const [manifest] = /\{"name":"teapot".*\}/.exec(DOCUMENT)!;
    const module = appendCustomSection(buffer, names.MANIFEST_SECTION, Buffer.from(manifest));
    const chain = new TestChain([{ module }]);
    const teapot = chain.exchange({ target: '/teapot' });
    assert.deepEqual(teapot.failures, []);
    assert.equal(teapot.client?.status, 418);
    assert.deepEqual(teapot.client?.headers.flat, ['x-pot', 'short and stout']);
    assert.equal(chain.exchange({ target: '/teapoT' }).client?.status, 200);
    const large = chain.exchange({ target: '/', headers: { 'x-large': 'x'.repeat(200_000) } });
    assert.deepEqual([large.failures, large.client?.status], [[], 200]);
  });
});
