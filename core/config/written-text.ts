// A document as a source has it: its text, and what that says where somebody parsed it before.
import { GatewayError } from '../errors.js';
import { type ConfigDocument, parseDocument, parsedDocument } from './document.js';

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
  try {
    return JSON.parse(textOf(value));
  } catch (cause) {
    throw new GatewayError('SLUICE_CONFIG_RELEASE', `${name}: its value is not JSON`, { cause });
  }
}

/** As a string. */
export function textOf(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString();
}
