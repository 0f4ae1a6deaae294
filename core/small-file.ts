// Reads files that are small by nature, such as secrets and keys, without trusting that they are.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statfsSync } from 'node:fs';

/** Type of the file system in which Linux shows processes, their environment among them (statfs(2)). */
const PROC_SUPER_MAGIC = 0x9fa0;

/**
 * All bytes of a regular file.
 * @param judge throws what is wrong with the file that was opened, whatever has its name by then
 * @throws Error of the file system, or that says what the file is
 */
export function readSmallFile(path: string, mostBytes: number, judge: (state: Stats) => void): Buffer {
  // Without waiting: a pipe that nobody writes to would hold the gateway for ever, already when it is opened.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const state = fstatSync(file);
    if (!state.isFile()) throw new Error('it is no regular file');
    if (isOfProcess(path, file)) throw new Error('it shows a process, and holds nothing of its own');
    judge(state);
    // The size of a file may change while it is read, so what counts is what there was to read.
    const bytes = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.byteLength; length += read)
      read = readSync(file, bytes, length, bytes.byteLength - length, null);
    if (length > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Asks for the file that is open, and where there is no /proc to ask, for what has its name by now. */
function isOfProcess(path: string, file: number): boolean {
  for (const name of [`/proc/self/fd/${file}`, path]) {
    try {
      return statfsSync(name).type === PROC_SUPER_MAGIC;
    } catch {
      // The next one tells.
    }
  }
  return false;
}
