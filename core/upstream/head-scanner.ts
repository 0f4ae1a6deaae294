// Reads the head of a response from bytes that lie in one piece. Stricter than RFC 9112 asks a recipient to be: a head
// that another reader might read in another way is refused, never repaired. Two passes over the same bytes, because one
// string that fields are cut from costs a third of a string for each field.
import { ProtocolError } from './failure.js';
import { lowerCaseName } from './field-names.js';
import { ResponseHead } from './response-head.js';

/** Longest head with its status line and its empty line; Node's own limit. */
export const MAX_HEAD_BYTES = 16 * 1024;

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const DIGIT_0 = 0x30;
const COLON = 0x3a;
const HTTP_1 = [...Buffer.from('HTTP/1.')];
/** Shortest line of a field: `a:` CR LF. */
const MIN_FIELD_BYTES = 4;

const IS_TOKEN = tableOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
const IS_VALUE = tableOf(/[\t\x20-\x7e\x80-\xff]/);

export class HeadScanner {
  /** After a head was found: where the byte after it stands. */
  next = 0;
  /** After a head was found: 0 or 1, of HTTP/1.0 or HTTP/1.1. */
  minorVersion = 1;
  #status = 0;
  /** Where names and values begin and end; shared, because a scan is over before anything else happens. */
  static readonly #marks = new Int32Array(4 * Math.ceil(MAX_HEAD_BYTES / MIN_FIELD_BYTES));

  /**
   * @param end at most MAX_HEAD_BYTES after `start`
   * @returns null when the head goes on after `end`
   * @throws ProtocolError as soon as the bytes cannot become a head any more
   */
  scan(bytes: Buffer, start: number, end: number): ResponseHead | null {
    const fields = this.#scanStatusLine(bytes, start, end);
    if (fields === -1) return null;
    const count = this.#scanFields(bytes, fields, end);
    return count === -1 ? null : this.#build(bytes, fields, count);
  }

  /** @returns where the first field stands, or -1 */
  #scanStatusLine(bytes: Buffer, start: number, end: number): number {
    const prefix = Math.min(HTTP_1.length, end - start);
    for (let i = 0; i < prefix; i++) {
      if (bytes[start + i] !== HTTP_1[i]) throw new ProtocolError('not a status line of HTTP/1');
    }
    const version = start + HTTP_1.length;
    const reason = version + 5;
    if (reason >= end) return -1;
    const minor = bytes[version]! - DIGIT_0;
    const status =
      (bytes[version + 2]! - DIGIT_0) * 100 +
      (bytes[version + 3]! - DIGIT_0) * 10 +
      (bytes[version + 4]! - DIGIT_0);
    if ((minor !== 0 && minor !== 1) || bytes[version + 1] !== SP || !hasDigits(bytes, version + 2)) {
      throw new ProtocolError('not a status line of HTTP/1');
    }
    if (status < 100) throw new ProtocolError('a status below 100');
    this.minorVersion = minor;
    this.#status = status;
    if (bytes[reason] !== SP && bytes[reason] !== CR) throw new ProtocolError('a status of four digits');
    let at = reason;
    while (at < end && IS_VALUE[bytes[at]!] === 1) at++;
    return endOfLine(bytes, at, end);
  }

  /** @returns the number of marks, or -1 */
  #scanFields(bytes: Buffer, start: number, end: number): number {
    const marks = HeadScanner.#marks;
    let at = start;
    let count = 0;
    while (at < end && bytes[at] !== CR) {
      marks[count] = at;
      while (at < end && IS_TOKEN[bytes[at]!] === 1) at++;
      if (at === end) return -1;
      // Also a folded value (RFC 9112 §5.2) and white space before the colon (§5.1).
      if (bytes[at] !== COLON || at === marks[count])
        throw new ProtocolError('a field name that is no token');
      marks[count + 1] = at++;
      while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
      marks[count + 2] = at;
      while (at < end && IS_VALUE[bytes[at]!] === 1) at++;
      let last = at;
      while (last > marks[count + 2]! && (bytes[last - 1] === SP || bytes[last - 1] === HTAB)) last--;
      marks[count + 3] = last;
      at = endOfLine(bytes, at, end);
      if (at === -1) return -1;
      count += 4;
    }
    this.next = endOfLine(bytes, at, end);
    return this.next === -1 ? -1 : count;
  }

  #build(bytes: Buffer, offset: number, count: number): ResponseHead {
    const text = bytes.toString('latin1', offset, this.next);
    const marks = HeadScanner.#marks;
    const head = new ResponseHead(this.#status);
    for (let i = 0; i < count; i += 4) {
      const name = lowerCaseName(bytes, marks[i]!, marks[i + 1]!);
      const end = marks[i + 3]! - offset;
      if ((name === 'content-length' || name === 'transfer-encoding') && hasTab(text, end)) {
        throw new ProtocolError(`a tab behind ${name}`);
      }
      head.add(name, text.slice(marks[i + 2]! - offset, end));
    }
    head.seal();
    return head;
  }
}

/** @returns what stands behind the CR LF at `at`, or -1 when that is not there yet */
function endOfLine(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  if (bytes[at] !== CR) throw new ProtocolError('a control character in the head');
  if (at + 1 === end) return -1;
  if (bytes[at + 1] !== LF) throw new ProtocolError('a bare CR in the head');
  return at + 2;
}

/** White space by RFC 9110 §5.6.3, but some parsers take a tab there for a part of the value. */
function hasTab(text: string, valueEnd: number): boolean {
  let at = valueEnd;
  while (text.charCodeAt(at) === SP) at++;
  return text.charCodeAt(at) === HTAB;
}

function hasDigits(bytes: Buffer, start: number): boolean {
  for (let i = start; i < start + 3; i++) {
    const digit = bytes[i]! - DIGIT_0;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

function tableOf(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}
