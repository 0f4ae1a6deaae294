// Reads what a guest answered. Everything in it is untrusted: each address, length, count and value is checked
// before it is used, and what fails is a SLUICE_ABI_* error that names the field.
import {
  DECISION_CALLOUT,
  DECISION_CONTINUE,
  DECISION_REFUSE,
  DECISION_RESPOND,
  EDIT_ADD_HEADER,
  EDIT_CALLOUT,
  EDIT_MESSAGE,
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_REMOVE_HEADER,
  EDIT_SECRET_HEADER,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
  EDIT_SIZE,
  EDIT_VALUE,
  MAX_CALLOUT_MS,
  MAX_CONTEXT_BYTES,
  MAX_EDIT_BYTES,
  MAX_EDITS,
  MAX_HEADER_BYTES,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_FIXED,
  REPLY_LENGTH,
  REPLY_STATUS,
} from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { isFieldValue, isFramingField, isToken } from '../headers.js';
import { checkPath, checkQuery, normalisePath } from '../target.js';
import { EditList } from './guest-abi.js';
import { writeSecretHeader } from './secret-headers.js';

/** What the guest was called for; it decides which decisions and edits are allowed. */
export interface ReplyRules {
  readonly call: 'configure' | 'request' | 'response';
  /** The filter saw the body, so it may replace it. */
  readonly hasBody: boolean;
  /** Upstreams that the filter may call: the ids below this number. */
  readonly upstreams: number;
  /** Secrets that it may use: the ids below this number. */
  readonly secrets: number;
  /** Whose secrets these are. */
  readonly filterId: number;
}

/** What of a callout is no edit. */
export interface ReplyCallout {
  readonly upstream: number;
  readonly method: string;
  readonly timeoutMs: number;
}

export interface Reply {
  readonly decision: 'continue' | 'respond' | 'refuse' | 'callout';
  /** Of `respond`; else 0. */
  readonly status: number;
  readonly edits: EditList;
  /** A copy; null when there is none. */
  readonly context: Uint8Array | null;
  /** Of `refuse`: pointer into the config and reason. */
  readonly refusal: { readonly pointer: string; readonly reason: string } | null;
  /** Of `callout`; `edits` describe the rest of the request, and `context` is the state. */
  readonly callout: ReplyCallout | null;
}

/** Methods that no upstream gets from us; the listener refuses them as well. */
const NEVER_SENT: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);

/** A body may be as long as the memory it lies in. */
const NO_LIMIT = 0xffffffff;

function frameError(problem: string): GatewayError {
  return new GatewayError('SLUICE_ABI_FRAME', `reply frame: ${problem}`);
}

function editError(problem: string): GatewayError {
  return new GatewayError('SLUICE_ABI_EDIT', `edit: ${problem}`);
}

/**
 * Decodes the reply at `address` of a guest's memory.
 * @throws GatewayError SLUICE_ABI_FRAME for a broken frame, SLUICE_ABI_EDIT for an edit that is not allowed
 */
export function readReply(memory: Buffer, address: number, rules: ReplyRules): Reply {
  const guest = new GuestView(memory);
  const at = address >>> 0;
  guest.check('reply', at, REPLY_FIXED);
  const count = guest.word(at + REPLY_EDITS);
  const length = guest.word(at + REPLY_LENGTH);
  if (count > MAX_EDITS) throw frameError(`edits: found ${count}, at most ${MAX_EDITS} are allowed`);
  if (length !== REPLY_FIXED + count * EDIT_SIZE) {
    throw frameError(
      `length: found ${length}, expected ${REPLY_FIXED + count * EDIT_SIZE} for ${count} edits`,
    );
  }
  guest.check('edits', at, length);
  const decision = readDecision(guest.half(at + REPLY_DECISION), rules);
  const status = guest.half(at + REPLY_STATUS);
  if (decision === 'respond' ? status < 200 || status > 599 : status !== 0) {
    throw decision === 'respond'
      ? editError(`status: found ${status}, expected 200 to 599`)
      : frameError(`status: found ${status}, expected 0 with this decision`);
  }
  const edits = new EditList();
  let refusal: Reply['refusal'] = null;
  let callout: ReplyCallout | null = null;
  let bodyAt = -1;
  for (let index = 0; index < count; index += 1) {
    const edit = at + REPLY_FIXED + index * EDIT_SIZE;
    const operation = guest.word(edit + EDIT_OPERATION);
    if (operation === EDIT_MESSAGE && decision === 'refuse') {
      refusal = {
        pointer: guest.utf8('name', edit + EDIT_NAME),
        reason: guest.utf8('value', edit + EDIT_VALUE),
      };
    } else if (operation === EDIT_CALLOUT && decision === 'callout') {
      callout = readCallout(guest, edit, rules);
    } else if (operation === EDIT_SET_BODY) {
      checkBody(guest, edit, decision, rules);
      bodyAt = edit + EDIT_VALUE;
    } else readEdit(guest, edit, operation, decision, rules, edits);
  }
  // Only the last one counts, so only that is copied: a thousand of a whole memory each would be gigabytes.
  if (bodyAt !== -1) edits.body = guest.copy('body', bodyAt, NO_LIMIT) ?? new Uint8Array(0);
  const context = guest.copy('context', at + REPLY_CONTEXT, MAX_CONTEXT_BYTES);
  if (decision === 'callout' && (callout === null || !edits.operations.includes(EDIT_SET_PATH))) {
    throw frameError('callout: expected an edit with upstream and method, and one with a path');
  }
  return { decision, status, edits, context, refusal, callout };
}

function readCallout(guest: GuestView, edit: number, { upstreams }: ReplyRules): ReplyCallout {
  const method = guest.latin1('method', edit + EDIT_NAME);
  if (!isToken(method)) throw editError('callout: its method is not a token');
  if (NEVER_SENT.has(method)) throw editError(`callout: ${method} is not forwarded`);
  const [upstream, timeoutMs] = guest.words('callout', edit + EDIT_VALUE, 2) as [number, number];
  if (upstream >= upstreams) throw editError(`callout: upstream ${upstream} does not exist`);
  if (timeoutMs < 1 || timeoutMs > MAX_CALLOUT_MS) {
    throw editError(`callout: found ${timeoutMs} ms, expected 1 to ${MAX_CALLOUT_MS}`);
  }
  return { upstream, method, timeoutMs };
}

function readDecision(code: number, rules: ReplyRules): Reply['decision'] {
  if (code === DECISION_CONTINUE) return 'continue';
  if (code === DECISION_RESPOND && rules.call !== 'configure') return 'respond';
  if (code === DECISION_REFUSE && rules.call === 'configure') return 'refuse';
  if (code === DECISION_CALLOUT && rules.call !== 'configure' && rules.upstreams > 0) return 'callout';
  throw frameError(`decision: found ${code}, which does not exist in ${rules.call}`);
}

function checkBody(guest: GuestView, edit: number, decision: Reply['decision'], rules: ReplyRules): void {
  if (rules.call === 'configure') throw editError('body: configure has none to set');
  if (decision === 'continue' && !rules.hasBody) {
    throw editError('body: the filter was given none, so it may not replace it');
  }
  guest.checkSpan('body', edit + EDIT_VALUE, NO_LIMIT);
}

function readEdit(
  guest: GuestView,
  edit: number,
  operation: number,
  decision: Reply['decision'],
  rules: ReplyRules,
  edits: EditList,
): void {
  const hasTarget = decision === 'callout' || (decision === 'continue' && rules.call === 'request');
  switch (operation) {
    case EDIT_SET_HEADER:
    case EDIT_ADD_HEADER:
    case EDIT_REMOVE_HEADER: {
      if (rules.call === 'configure') throw editError('header: configure has none to edit');
      const name = readHeaderName(guest, edit);
      if (operation === EDIT_REMOVE_HEADER) edits.add(operation, name, '');
      else edits.add(operation, name, readHeaderValue(guest, edit, name));
      return;
    }
    case EDIT_SECRET_HEADER: {
      if (rules.call !== 'request' || decision !== 'continue')
        throw editError('secret header: it can be set on the request to the upstream only');
      const name = readHeaderName(guest, edit);
      edits.add(operation, name, readSecret(guest, edit, name, rules));
      return;
    }
    case EDIT_SET_PATH: {
      if (!hasTarget) throw editError('path: it can be set in the request phase only');
      const path = guest.latin1('path', edit + EDIT_VALUE);
      const problem = checkPath(path);
      if (problem !== null) throw editError(`path: ${problem}`);
      edits.add(operation, '', normalisePath(path));
      return;
    }
    case EDIT_SET_QUERY: {
      if (!hasTarget) throw editError('query: it can be set in the request phase only');
      const query = guest.latin1('query', edit + EDIT_VALUE);
      const problem = checkQuery(query);
      if (problem !== null) throw editError(`query: ${problem}`);
      edits.add(operation, '', query);
      return;
    }
    case EDIT_SET_STATUS: {
      if (rules.call !== 'response' || decision === 'callout')
        throw editError('status: it can be set in the response phase only');
      const status = guest.latin1('status', edit + EDIT_VALUE);
      if (!/^[2-5]\d\d$/.test(status)) throw editError('status: expected three digits, 200 to 599');
      edits.add(operation, '', status);
      return;
    }
    default:
      throw frameError(`edit operation: found ${operation}, which does not exist here`);
  }
}

function readHeaderName(guest: GuestView, edit: number): string {
  const name = guest.latin1('header name', edit + EDIT_NAME).toLowerCase();
  if (!isToken(name)) throw editError('header name: not a token');
  if (isFramingField(name)) throw editError(`header ${name}: framing and hop-by-hop fields cannot be edited`);
  return name;
}

function readHeaderValue(guest: GuestView, edit: number, name: string): string {
  const value = guest.latin1('header value', edit + EDIT_VALUE);
  if (!isFieldValue(value)) throw editError(`header ${name}: its value holds a control character`);
  return value;
}

/** Which secret goes into the header, as text. */
function readSecret(guest: GuestView, edit: number, name: string, { secrets, filterId }: ReplyRules): string {
  const text = guest.latin1('secret header', edit + EDIT_VALUE);
  if (text.length < 4) throw frameError(`secret header: found ${text.length} bytes, expected 4 or more`);
  const id = Buffer.from(text.slice(0, 4), 'latin1').readUInt32LE(0);
  if (id >= secrets) throw editError(`secret header: secret ${id} does not exist`);
  const before = text.slice(4);
  if (!isFieldValue(before)) throw editError(`header ${name}: its value holds a control character`);
  return writeSecretHeader({ filterId, secretId: id, before });
}

/** A guest's memory that cannot be read beyond its end, and of which no more text is read than a reply may have. */
class GuestView {
  readonly #bytes: Buffer;
  #textLeft = MAX_EDIT_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Throws unless `[address, address + length)` lies inside the memory. Both are unsigned 32-bit. */
  check(field: string, address: number, length: number): void {
    if (address + length > this.#bytes.byteLength) {
      throw frameError(
        `${field}: ${length} bytes at ${address} reach beyond the memory of ${this.#bytes.byteLength} bytes`,
      );
    }
  }

  half(address: number): number {
    return this.#bytes.readUInt16LE(address);
  }

  word(address: number): number {
    return this.#bytes.readUInt32LE(address);
  }

  /** The words that a span of `count` of them names. */
  words(field: string, spanAt: number, count: number): number[] {
    const length = this.word(spanAt + 4);
    if (length !== count * 4) throw frameError(`${field}: found ${length} bytes, expected ${count * 4}`);
    this.checkSpan(field, spanAt, length);
    const address = this.word(spanAt);
    return Array.from({ length: count }, (_, index) => this.word(address + index * 4));
  }

  latin1(field: string, spanAt: number): string {
    return this.#text(field, spanAt, 'latin1');
  }

  utf8(field: string, spanAt: number): string {
    return this.#text(field, spanAt, 'utf8');
  }

  /** A copy of the bytes a span names, or null when it is empty. */
  copy(field: string, spanAt: number, most: number): Uint8Array | null {
    const length = this.checkSpan(field, spanAt, most);
    if (length === 0) return null;
    const { buffer, byteOffset } = this.#bytes;
    // Not zeroed first, and small ones come out of the shared pool: a quarter of what `slice` costs.
    const copy = Buffer.allocUnsafe(length);
    copy.set(new Uint8Array(buffer, byteOffset + this.word(spanAt), length));
    return copy;
  }

  /** Length of a span. Throws unless the bytes it names lie inside the memory and are at most `most`. */
  checkSpan(field: string, spanAt: number, most: number): number {
    const length = this.word(spanAt + 4);
    if (length > most) throw frameError(`${field}: found ${length} bytes, at most ${most} are allowed`);
    this.check(field, this.word(spanAt), length);
    return length;
  }

  #text(field: string, spanAt: number, encoding: 'latin1' | 'utf8'): string {
    const length = this.checkSpan(field, spanAt, MAX_HEADER_BYTES);
    this.#textLeft -= length;
    if (this.#textLeft < 0) {
      throw frameError(`edits: names and values have more than ${MAX_EDIT_BYTES} bytes, which is the most`);
    }
    const address = this.word(spanAt);
    return this.#bytes.toString(encoding, address, address + length);
  }
}
