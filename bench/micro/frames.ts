// What it takes to write an exchange as a frame of the ABI, to read one back, and to read the edits of a filter, next to
// structured clones of the same, which is how threads talk where nobody thought of something else.
import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';
import { align8, type FrameMemory, FrameWriter, frameMemory, readFrame } from '../../core/wasm/frame.js';
import type { EditList, PhaseMessage } from '../../core/wasm/guest-abi.js';
import { GuestView } from '../../core/wasm/guest-view.js';
import { KnownTexts } from '../../core/wasm/known-texts.js';
import { type ReplyRules, readReply } from '../../core/wasm/reply.js';
import { ScratchBytes } from '../../core/wasm/scratch-bytes.js';
import { EDIT_ADD_HEADER, EDIT_REMOVE_HEADER, EDIT_SET_BODY, EDIT_SET_HEADER } from '../../sdk/abi/abi.js';
import { REPLY_AT, replyMemory } from '../../test/support/reply-memory.js';
import { pageOf } from '../harness/documents.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import type { Ratio, Table } from '../suite.js';
import { requests, VARIANTS } from './exchange.js';
import type { Contender } from './stopwatch.js';
import type { Part, Subject, Track } from './subject.js';

const SIZES = [
  { id: '', name: 'no body', body: null },
  { id: '-10k', name: '10 KB', body: Buffer.from(JSON.stringify(pageOf(10 * 1024))) },
] as const;
const JOBS = ['encode', 'decode', 'edits'] as const;
type Job = (typeof JOBS)[number];
const NAMES: Readonly<Record<Job, string>> = {
  encode: 'frame, encode',
  decode: 'frame, decode',
  edits: 'edits, decode',
};
const RULES: ReplyRules = {
  call: 'request',
  stage: 'whole',
  chunkBytes: 0,
  upstreams: 0,
  secrets: 0,
  filterId: 1,
};
const ROOM = 64 * 1024;

/** The two ways to do one job with one body, over all variants in turn. */
interface Sides {
  readonly own: Contender;
  readonly clone: Contender;
}

/** @throws AssertionError where one of the ways loses something */
export function sidesOf(job: Job, body: Uint8Array | null): Sides {
  if (job === 'encode') return encoding(body);
  return job === 'decode' ? decoding(body) : editing(body);
}

export const framesSubject: Subject = {
  name: 'frames',
  contests: SIZES.length * JOBS.length,
  async measure(track) {
    const rows: Table['rows'][number][] = [];
    const ratios: Ratio[] = [];
    for (const job of JOBS) {
      for (const size of SIZES) {
        const name = `${NAMES[job]}, ${size.name}`;
        const { own, clone } = await measured(track, name, sidesOf(job, size.body));
        const value = pairwise(own, clone, (left, right) => left / right);
        rows.push({ name, cells: [spreadOf(own), spreadOf(clone), value] });
        const subject = job === 'edits' ? 'edits-decode' : `frame-${job}`;
        ratios.push({
          id: `micro/${subject}${size.id}/structured-clone`,
          name: `${name}, next to a structured clone`,
          value,
          atMost: null,
        });
      }
    }
    return partOf(rows, ratios);
  },
};

function measured(track: Track, name: string, { own, clone }: Sides) {
  return track.contest(name, { own, clone });
}

function partOf(rows: Table['rows'], ratios: readonly Ratio[]): Part {
  return {
    tables: [
      {
        title: 'Frames: an exchange of 12 headers',
        head: 'what',
        columns: [
          { name: 'Sluice', unit: 'ns', digits: 0 },
          { name: 'structured clone', unit: 'ns', digits: 0 },
          { name: 'ratio', unit: 'x', digits: 2 },
        ],
        rows,
      },
    ],
    charts: [],
    ratios,
    notes: [
      'Frames: a body is copied where the frame is written, and lies there to be read. Edits are two headers set, one added, one removed, each checked, and the body, which is copied; a clone hands it out where it lies.',
    ],
  };
}

function memoryOf(bytes: number): FrameMemory {
  return frameMemory(new ArrayBuffer(bytes));
}

/** Goes through the variants; what comes of each is added up. */
function eachOf<T>(variants: readonly T[], work: (variant: T) => number): Contender {
  return {
    operations: variants.length,
    call: () => {
      let sum = 0;
      for (let i = 0; i < variants.length; i += 1) sum += work(variants[i]!);
      return sum;
    },
  };
}

function write(writer: FrameWriter, message: PhaseMessage, memory: FrameMemory): number {
  const length = writer.prepare(message);
  writer.write(memory, 0);
  if (message.body !== null) memory.bytes.set(message.body, align8(length));
  return length;
}

/** What of a message a clone would carry: a list of headers is its fields. */
function plain(message: PhaseMessage): object {
  const { requestHeaders, responseHeaders, ...rest } = message;
  return { ...rest, requestHeaders: requestHeaders.flat, responseHeaders: responseHeaders.flat };
}

function encoding(body: Uint8Array | null): Sides {
  const memory = memoryOf(ROOM);
  const writer = new FrameWriter();
  const messages = requests(body);
  const plains = messages.map(plain);
  for (const message of messages) {
    const length = write(writer, message, memory);
    assert.deepEqual(plain(readFrame(memory, 0)), plain({ ...message, body: null, stage: 'none' }));
    if (body !== null)
      assert.equal(
        memory.bytes.compare(body, 0, body.length, align8(length), align8(length) + body.length),
        0,
      );
  }
  return {
    own: eachOf(messages, (message) => write(writer, message, memory) + memory.words[1]!),
    clone: eachOf(plains, (message) => serialize(message).length),
  };
}

function decoding(body: Uint8Array | null): Sides {
  const messages = requests(body);
  const written = messages.map((message) => {
    const memory = memoryOf(ROOM);
    return { memory, bodyAt: align8(write(new FrameWriter(), message, memory)) };
  });
  const bodyBytes = body?.length ?? 0;
  const clones = messages.map((message) => serialize(plain(message)));
  for (const [index, clone] of clones.entries())
    assert.deepEqual(deserialize(clone), plain(messages[index]!));
  return {
    own: eachOf(written, ({ memory, bodyAt }) => {
      const { path, requestHeaders } = readFrame(memory, 0);
      return (
        path.length + requestHeaders.flat.length + memory.bytes.subarray(bodyAt, bodyAt + bodyBytes).length
      );
    }),
    clone: eachOf(clones, (clone) => {
      const read = deserialize(clone) as { path: string; requestHeaders: string[]; body: Uint8Array | null };
      return read.path.length + read.requestHeaders.length + (read.body?.length ?? 0);
    }),
  };
}

function editing(body: Uint8Array | null): Sides {
  // As one guest of a worker has them for all of its replies.
  const scratch = new ScratchBytes();
  const texts = new KnownTexts();
  const replies = Array.from({ length: VARIANTS }, (_, variant) => {
    const edits: [operation: number, name: string, value: string][] = [
      [EDIT_SET_HEADER, 'x-user', `user-${variant}@example.com`],
      [EDIT_SET_HEADER, 'authorization', `Bearer ${'y'.repeat(100 + variant)}`],
      [EDIT_ADD_HEADER, 'x-forwarded-tenant', `tenant-${variant}`],
      [EDIT_REMOVE_HEADER, 'cookie', ''],
    ];
    if (body !== null) edits.push([EDIT_SET_BODY, '', Buffer.from(body).toString('latin1')]);
    return { edits, guest: new GuestView(replyMemory({ edits }, ROOM), scratch, texts) };
  });
  const clones = replies.map(({ guest }) => serialize(plainEdits(readReply(guest, REPLY_AT, RULES).edits)));
  for (const [index, { edits, guest }] of replies.entries()) {
    const read = readReply(guest, REPLY_AT, RULES).edits;
    assert.deepEqual(read.names, ['x-user', 'authorization', 'x-forwarded-tenant', 'cookie']);
    assert.deepEqual(
      read.values,
      edits.slice(0, 4).map(([, , value]) => value),
    );
    assert.equal(read.body === undefined, body === null);
    if (body !== null) assert.ok(Buffer.from(body).equals(read.body!));
    assert.deepEqual(deserialize(clones[index]!), plainEdits(read));
  }
  return {
    own: eachOf(replies, ({ guest }) => {
      scratch.reset();
      return sizeOf(readReply(guest, REPLY_AT, RULES).edits);
    }),
    clone: eachOf(clones, (clone) => sizeOf(deserialize(clone) as EditList)),
  };
}

function plainEdits({ operations, names, values, body }: EditList): object {
  return { operations, names, values, body };
}

function sizeOf({ names, values, body }: Pick<EditList, 'names' | 'values' | 'body'>): number {
  return names.length + values[0]!.length + (body?.length ?? 0);
}
