// What both sides of a connection of HTTP/2 may say, for fuzzing: frames that are right, frames at the wrong moment, and frames that
// contradict themselves (RFC 9113 §6).
import {
  FLAG,
  fieldBlock,
  frame,
  getFields,
  headers,
  integer,
  literal,
  PREFACE,
  settings,
  TYPE,
  uint32,
} from '../http2-frames.js';
import type { Random } from './random.js';
import { spoil } from './spoiler.js';

const PUSH_PROMISE = 5;
const PADDED = 8;
const PRIORITISED = 0x20;
/** Lengths, increments, identifiers and codes that somebody may not expect. */
const NUMBERS = [0, 1, 2, 3, 7, 100, 16_384, 65_535, 2 ** 24 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const SETTING_IDS = [0, 1, 2, 3, 4, 5, 6, 8, 9, 0xffff];
const MOST_DATA_BYTES = 20_000;

const ODD_FIELDS: readonly (readonly string[])[] = [
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['Upper', 'case'],
  ['x', 'a\r\nb'],
  ['x', 'a\0b'],
  ['', 'empty'],
  [':path', '/again'],
  [':status', '200'],
  [':protocol', 'websocket'],
  ['te', 'gzip'],
  ['content-length', '3'],
  ['content-length', '-1'],
  ['host', 'b'],
  ['expect', '100-continue'],
  ['cookie', 'a=b'],
  ['x-long', 'x'.repeat(9000)],
  Array.from({ length: 600 }, () => 'x'),
];

/** Header blocks of HPACK that decode to nothing good (RFC 7541 §5, §6). */
const ODD_BLOCKS: readonly Buffer[] = [
  integer(0, 7, 0x80),
  integer(4000, 7, 0x80),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  integer(2 ** 20, 5, 0x20),
  Buffer.concat([integer(0, 5, 0x20), integer(4096, 5, 0x20), integer(0, 5, 0x20)]),
  Buffer.from([0x00, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.concat([Buffer.from([0x40]), literal('x'), integer(100_000, 7, 0)]),
  Buffer.alloc(0),
];

/** Frames about a stream, of whichever side. */
type Act = (stream: number, random: Random) => readonly Buffer[];

const SHARED_ACTS: readonly Act[] = [
  (stream, random) => [data(stream, random, random.below(2))],
  (stream, random) => [frame(TYPE.reset, 0, stream, uint32(random.pick(NUMBERS)))],
  (_, random) => [goaway(random.pick(NUMBERS), random.pick(NUMBERS))],
  (stream, random) => [
    frame(TYPE.windowUpdate, 0, random.oneIn(2) ? 0 : stream, uint32(random.pick(NUMBERS))),
  ],
  (_, random) => [settings(random.pick(SETTING_IDS), random.pick(NUMBERS))],
  () => [frame(TYPE.settings, FLAG.ack, 0)],
  (_, random) => [frame(TYPE.ping, random.below(2), 0, random.bytes(8))],
  (stream, random) => [
    frame(TYPE.priority, 0, stream, Buffer.concat([uint32(random.pick([0, stream, 1])), Buffer.from([16])])),
  ],
  (stream) => [
    frame(PUSH_PROMISE, FLAG.endHeaders, stream, Buffer.concat([uint32(2), fieldBlock(getFields('/'))])),
  ],
  (stream, random) => [
    frame(10 + random.below(200), random.below(256), stream, random.bytes(random.below(40))),
  ],
  (stream, random) => [
    frame(TYPE.headers, FLAG.endHeaders | random.below(2), stream, random.pick(ODD_BLOCKS)),
  ],
  (stream, random) => [frame(TYPE.headers, random.below(256), stream, random.bytes(random.below(60)))],
  (stream) => [frame(TYPE.headers, FLAG.endHeaders | PADDED, stream, Buffer.from([200, 0x82]))],
  (stream) => [
    frame(
      TYPE.headers,
      FLAG.endHeaders | PRIORITISED,
      stream,
      Buffer.concat([uint32(stream), Buffer.from([0, 0x82])]),
    ),
  ],
  (stream) => [frame(TYPE.continuation, FLAG.endHeaders, stream, fieldBlock(['x', 'y']))],
  (stream) => [headers(stream, ['x-trailer', '1'])],
];

/** Preface, settings, requests of `path` and whatever else, some of it damaged. */
export function clientConversation(path: string, random: Random): Buffer {
  const frames = [random.oneIn(10) ? randomSettings(random) : settings()];
  let stream = 1;
  for (let i = 1 + random.below(8); i > 0; i--) {
    frames.push(
      ...(random.oneIn(3) ? random.pick(SHARED_ACTS)(stream, random) : request(stream, path, random)),
    );
    if (!random.oneIn(3)) stream += 2;
  }
  const preface = Buffer.from(PREFACE);
  return Buffer.concat([random.oneIn(40) ? spoil(random, preface) : preface, damaged(frames, random)]);
}

/** What a target says before it is asked. */
export function targetGreeting(random: Random): Buffer {
  if (random.oneIn(20)) return random.bytes(random.below(60));
  const frames = [random.oneIn(8) ? randomSettings(random) : settings()];
  if (random.oneIn(10)) frames.push(...random.pick(SHARED_ACTS)(1, random));
  return random.oneIn(8) ? damaged(frames, random) : Buffer.concat(frames);
}

/** What it answers on a stream, some of it damaged. */
export function targetAnswer(stream: number, random: Random): Buffer {
  const frames = answer(stream, random);
  for (let i = random.below(3); i > 0; i--)
    frames.splice(random.below(frames.length + 1), 0, ...random.pick(SHARED_ACTS)(stream, random));
  return damaged(frames, random);
}

function request(stream: number, path: string, random: Random): Buffer[] {
  const fields = getFields(path, random.oneIn(5) ? random.pick(ODD_FIELDS) : []);
  if (random.oneIn(10)) fields.splice(2 * random.below(4), 2);
  if (random.oneIn(2)) return [headers(stream, fields)];
  fields[1] = random.pick(['POST', 'PUT', 'HEAD', 'CONNECT', 'post', '']);
  const frames = random.oneIn(3) ? inPieces(stream, fields, random) : [headers(stream, fields, 0)];
  for (let i = random.below(4); i > 0; i--) frames.push(data(stream, random, 0));
  if (random.oneIn(5)) frames.push(headers(stream, ['x-trailer', '1']));
  else if (!random.oneIn(4)) frames.push(data(stream, random, FLAG.endStream));
  return frames;
}

function answer(stream: number, random: Random): Buffer[] {
  const status = random.oneIn(8) ? random.pick(['204', '304', '100', '101', '099', '1000', '', '2x']) : '200';
  const fields = [':status', status, ...(random.oneIn(5) ? random.pick(ODD_FIELDS) : [])];
  const frames = random.oneIn(8) ? [headers(stream, [':status', random.pick(['100', '103', '101'])], 0)] : [];
  if (random.oneIn(4)) return [...frames, headers(stream, fields)];
  frames.push(...(random.oneIn(5) ? inPieces(stream, fields, random) : [headers(stream, fields, 0)]));
  for (let i = random.below(4); i > 0; i--) frames.push(data(stream, random, 0));
  if (random.oneIn(5))
    frames.push(headers(stream, ['x-trailer', '1', ...(random.oneIn(4) ? random.pick(ODD_FIELDS) : [])]));
  else if (!random.oneIn(5)) frames.push(data(stream, random, FLAG.endStream));
  return frames;
}

/** HEADERS and CONTINUATION, of which the last may be missing. */
function inPieces(stream: number, fields: readonly string[], random: Random): Buffer[] {
  const block = fieldBlock(fields);
  const border = random.below(block.length);
  const end = random.oneIn(6) ? 0 : FLAG.endHeaders;
  return [
    frame(TYPE.headers, 0, stream, block.subarray(0, border)),
    frame(TYPE.continuation, end, stream, block.subarray(border)),
  ];
}

function data(stream: number, random: Random, flags: number): Buffer {
  const bytes = Buffer.alloc(random.below(random.oneIn(5) ? MOST_DATA_BYTES : 30), '{"a":1}');
  const isPadded = random.oneIn(10);
  return frame(
    TYPE.data,
    flags | (isPadded ? PADDED : 0),
    stream,
    isPadded ? Buffer.concat([random.bytes(1), bytes]) : bytes,
  );
}

function goaway(lastStream: number, code: number): Buffer {
  return frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]));
}

function randomSettings(random: Random): Buffer {
  return settings(
    ...Array.from({ length: random.below(4) }, () => [random.pick(SETTING_IDS), random.pick(NUMBERS)]).flat(),
  );
}

/** A frame may be lost, come twice, in another place, or say something else than it is; and so may any byte of all of them. */
function damaged(frames: readonly Buffer[], random: Random): Buffer {
  if (random.oneIn(4)) return Buffer.concat(frames);
  const left = frames.flatMap((one) => {
    if (random.oneIn(20)) return [];
    if (random.oneIn(20)) return [one, one];
    return [random.oneIn(6) ? contradicted(one, random) : one];
  });
  if (random.oneIn(4))
    left.splice(random.below(left.length), 0, ...left.splice(random.below(left.length), 1));
  const bytes = Buffer.concat(left);
  return random.oneIn(3) ? spoil(random, bytes) : bytes;
}

/** Another length, type, flag or stream in its head, or another payload of honest length. */
function contradicted(one: Buffer, random: Random): Buffer {
  const copy = Buffer.from(one);
  switch (random.below(6)) {
    case 0:
      copy.writeUIntBE(Math.min(copy.readUIntBE(0, 3) + random.below(6), 2 ** 24 - 1), 0, 3);
      return copy;
    case 1:
      copy.writeUIntBE(Math.min(random.pick(NUMBERS), 2 ** 24 - 1), 0, 3);
      return copy;
    case 2:
      copy[3] = random.below(12);
      return copy;
    case 3:
      copy[4] = random.below(256);
      return copy;
    case 4:
      copy.writeUInt32BE(random.pick(NUMBERS), 5);
      return copy;
    default:
      return frame(copy[3]!, copy[4]!, copy.readUInt32BE(5), spoil(random, copy.subarray(9)));
  }
}
