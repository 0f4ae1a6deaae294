// What becomes of bytes on their way: cut off, lost, doubled, moved, or others.
import type { Random } from './random.js';

/** Bytes that mean something to a parser of text, and numbers at their limits for one of frames. */
const MARKS = [
  ...[
    '\r\n',
    '\r',
    '\n',
    '\r\n\r\n',
    '\n\n',
    ' ',
    '\t',
    ':',
    '\0',
    ';',
    ',',
    '0',
    '0\r\n\r\n',
    '-1',
    '"',
    '=',
  ],
  ...['\x01', '\x7f', '\x80', '\xff', '\xff\xff\xff\xff', '\x7f\xff\xff\xff', '\x80\0\0\0', '\0\0\0\0'],
].map((text) => Buffer.from(text, 'latin1'));

const SHORT_RUN = 8;
const LONG_RUN = 300;

/** Before a run of bytes, the run, and what follows. */
type Spoiling = (random: Random, before: Buffer, run: Buffer, rest: Buffer) => readonly Buffer[];

const SPOILINGS: readonly Spoiling[] = [
  (_, before) => [before],
  (_, before, run, rest) => [before, rest, run],
  (_, before, __, rest) => [before, rest],
  (_, before, run, rest) => [before, run, run, rest],
  (random, before, run, rest) => [before, random.pick(MARKS), run, rest],
  (random, before, _, rest) => [before, random.pick(MARKS), rest],
  (random, before, run, rest) => [before, random.bytes(run.length), rest],
  (random, before, run, rest) => [before, run.map((byte) => byte ^ (1 << random.below(8))) as Buffer, rest],
];

/** One to three damages. */
export function spoil(random: Random, bytes: Buffer): Buffer {
  let spoilt = bytes;
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(spoilt.length + 1);
    const to = at + 1 + random.below(random.oneIn(4) ? LONG_RUN : SHORT_RUN);
    const spoiling = random.pick(SPOILINGS);
    spoilt = Buffer.concat(
      spoiling(random, spoilt.subarray(0, at), spoilt.subarray(at, to), spoilt.subarray(to)),
    );
  }
  return spoilt;
}
