// The head of a response as text: status line and fields, ready for an engine. On the hot path of every response:
// one string costs a third of a call per field.
import { Buffer } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import { type HeaderList, isAsciiValue, isFieldValue, isUnframedName, lineStart } from '../headers.js';

const STATUS_LINES: readonly string[] = Array.from({ length: 1000 }, (_, status) => {
  return `${status} ${STATUS_CODES[status] ?? 'Unassigned'}`;
});

/** True for statuses whose responses have neither a body nor a length (RFC 9112 §6.3). */
export function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** A head as text, one character per byte. */
export interface HeadText {
  readonly text: string;
  /** Nothing in it is beyond ASCII. */
  readonly isAscii: boolean;
}

/**
 * Status and fields, joined by CR LF, without the last CR LF.
 *
 * Framing fields and `date` are left out, they are the engine's to write. So is a field that would break the
 * message: whoever made it has checked it before, and to send nothing is safer than to send half.
 */
export function formatHead(status: number, headers: HeaderList): HeadText {
  let isAscii = true;
  let text = STATUS_LINES[status] ?? STATUS_LINES[500]!;
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    const start = name === 'date' ? null : lineStart(name);
    if (start === null) continue;
    if (!isAsciiValue(value)) {
      if (!isFieldValue(value)) continue;
      isAscii = false;
    }
    text += start + value;
  }
  return { text, isAscii };
}

/**
 * A head as an engine may take it: engines write strings as UTF-8, so bytes beyond ASCII go as bytes.
 * @param more lines behind it, in ASCII, with the CR LF before them
 */
export function encodeHead({ text, isAscii }: HeadText, more = ''): string | Uint8Array {
  return isAscii ? text + more : Buffer.from(text + more, 'latin1');
}

/** The same fields as `[name, value, …]`, one character per byte, for an engine that takes them so. */
export function sendableFields({ flat }: HeaderList): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    if (name !== 'date' && isUnframedName(name) && isFieldValue(value)) kept.push(name, value);
  }
  return kept;
}
