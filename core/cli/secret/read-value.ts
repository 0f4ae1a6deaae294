// The value of a secret: from a terminal that does not show it, from standard input, or from a file; never an argument,
// which every process of the machine could read.
import { isUtf8 } from 'node:buffer';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { MOST_SECRET_BYTES } from '../../secrets/provider.js';
import { readSmallFile } from '../../small-file.js';

const MOST_BREAK_BYTES = 2;

/**
 * The value, without the one line break at its end that editors and `echo` put there, as `secret+file://` has it.
 * @param file   in place of the input; null for none
 * @param prompt for a person at a terminal
 * @throws Error without a part of the value, when it is empty, too long, or not UTF-8
 */
export async function readValue(file: string | null, prompt: string): Promise<Buffer> {
  const bytes = file === null ? await readInput(prompt) : readFile(file);
  const value = withoutBreak(bytes);
  if (value.byteLength === 0) throw new Error('found an empty value, expected a secret');
  if (value.byteLength > MOST_SECRET_BYTES)
    throw new Error(`found ${value.byteLength} bytes, expected a secret of at most ${MOST_SECRET_BYTES}`);
  if (!isUtf8(value)) throw new Error('found bytes that are not UTF-8, expected text');
  return value;
}

function readFile(path: string): Buffer {
  try {
    return readSmallFile(path, MOST_SECRET_BYTES + MOST_BREAK_BYTES, () => undefined);
  } catch (cause) {
    throw new Error(`--from-file ${path}: ${(cause as Error).message}`, { cause });
  }
}

function withoutBreak(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.byteLength - (bytes.at(-2) === 0x0d ? 2 : 1));
}

async function readInput(prompt: string): Promise<Buffer> {
  if (process.stdin.isTTY) return Buffer.from(await askHidden(process.stdin, prompt));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > MOST_SECRET_BYTES + MOST_BREAK_BYTES)
      throw new Error(`found more than ${MOST_SECRET_BYTES} bytes, expected a secret`);
  }
  return Buffer.concat(chunks);
}

/** One line, typed. The terminal is told not to echo, and what the editing of the line would show goes nowhere. */
function askHidden(input: ReadStream, prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  // Now that nothing is echoed.
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      process.stderr.write('\n');
      reject(new Error('no value was typed, nothing is changed'));
    });
  });
}
