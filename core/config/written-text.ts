// A document as a source has it: its text, and what that says where somebody parsed it before.
import { GatewayError } from '../errors.js';
import { type ConfigDocument, parseDocument, parsedDocument } from './document.js';
import { MAX_DEPTH } from './yaml/node-tree.js';

export interface WrittenText {
  /** A string, or UTF-8. */
  readonly text: string | Uint8Array;
  /** JSON, as UTF-8; null where the text has to be parsed. */
  readonly value: Uint8Array | null;
}

/**
 * Takes the value where there is one, and parses the text where there is none.
 * @throws ConfigErrors, as `parseDocument` does; GatewayError SLUICE_CONFIG_RELEASE for a value that is no JSON
 */
export function readWritten({ text, value }: WrittenText, name: string): ConfigDocument {
  const written = textOf(text);
  if (value === null) return parseDocument(written, name);
  return parsedDocument(written, name, readValue(value, name));
}

function readValue(value: Uint8Array, name: string): unknown {
  let read: unknown;
  try {
    read = JSON.parse(textOf(value));
  } catch (cause) {
    throw new GatewayError('SLUICE_CONFIG_RELEASE', `${name}: its value is not JSON`, { cause });
  }
  if (!isSayable(read, MAX_DEPTH))
    throw new GatewayError('SLUICE_CONFIG_RELEASE', `${name}: no text says what its value does`);
  return read;
}

/** The parser takes no more levels, and no numbers that are not finite; whoever goes on relies on it. */
function isSayable(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) if (!isSayable(value[key as never], levels - 1)) return false;
  return true;
}

/** As a string. */
export function textOf(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString();
}
