// Reads the text of a configuration from a file.
import { readFile, stat } from 'node:fs/promises';
import { GatewayError } from '../errors.js';
import { errorAt } from './error-at.js';

/** Largest file that is read, in bytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The text as it is, a byte order mark included.
 * @param name of the file, for errors
 * @throws GatewayError SLUICE_CONFIG_UNREADABLE, or SLUICE_CONFIG_SYNTAX when it is not UTF-8
 */
export async function readConfigFile(path: string, name: string): Promise<string> {
  try {
    const state = await stat(path);
    // A pipe or a device would be waited for, or read, without end.
    if (!state.isFile()) throw refusal(name, 'no regular file', 'a file');
    if (state.size > MAX_BYTES) throw refusal(name, `${state.size} bytes`, `at most ${MAX_BYTES}`);
    const bytes = await readFile(path);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : unreadable(name, cause as NodeJS.ErrnoException);
  }
}

function unreadable(name: string, cause: NodeJS.ErrnoException): GatewayError {
  if (cause.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const found = 'bytes that are not UTF-8';
    return errorAt('SLUICE_CONFIG_SYNTAX', wholeOf(name), found, 'UTF-8', cause);
  }
  const found = cause.code === 'ENOENT' ? 'no such file' : `${cause.code ?? cause.message}`;
  return refusal(name, found, 'a file that the gateway may read', cause);
}

function refusal(name: string, found: string, expected: string, cause?: unknown): GatewayError {
  return errorAt('SLUICE_CONFIG_UNREADABLE', wholeOf(name), found, expected, cause);
}

function wholeOf(document: string) {
  return { document, line: 0, column: 0, pointer: '' };
}
