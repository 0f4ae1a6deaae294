// The head of a response as text: status line and fields, ready for an engine. On the hot path of every response:
// one string costs a third of a call per field.
import { Buffer } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import { type HeaderList, isFieldValue, isFramingField, isToken } from '../headers.js';

const ASCII_VALUE = /^[\t\x20-\x7e]*$/;

const STATUS_LINES: readonly string[] = Array.from({ length: 1000 }, (_, status) => {
  return `${status} ${STATUS_CODES[status] ?? 'Unassigned'}`;
});

/** True for statuses whose responses have neither a body nor a length (RFC 9112 §6.3). */
export function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/**
 * Status and fields, joined by CR LF, without the last CR LF; one character per byte.
 *
 * Framing fields and `date` are left out, they are the engine's to write. So is a field that would break the
 * message: whoever made it has checked it before, and to send nothing is safer than to send half.
 */
export function formatHead(status: number, headers: HeaderList): string {
  let head = STATUS_LINES[status] ?? STATUS_LINES[500]!;
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    if (name === 'date' || isFramingField(name)) continue;
    if (!isToken(name)) continue;
    if (!ASCII_VALUE.test(value) && !isFieldValue(value)) continue;
    head += `\r\n${name}: ${value}`;
  }
  return head;
}

/** A head as an engine may take it: engines write strings as UTF-8, so bytes beyond ASCII go as bytes. */
export function encodeHead(head: string): string | Uint8Array {
  return ASCII_HEAD.test(head) ? head : Buffer.from(head, 'latin1');
}

const ASCII_HEAD = /^[\0-\x7f]*$/;
