// Reads what a guest answered. Everything in it is untrusted: each address, length, count and value is checked
// before it is used, and what fails is a SLUICE_ABI_* error that names the field.
import {
  DECISION_CALLOUT,
  DECISION_CONTINUE,
  DECISION_REFUSE,
  DECISION_RESPOND,
  DECISION_STOP,
  EDIT_ADD_HEADER,
  EDIT_CALLOUT,
  EDIT_HOLD,
  EDIT_MESSAGE,
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_PASS,
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
  MAX_EDITS,
  MAX_HELD_BYTES,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_FIXED,
  REPLY_LENGTH,
  REPLY_STATUS,
} from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { isFieldValue, isToken, isUnframedName } from '../headers.js';
import { checkPath, checkQuery, normalisePath } from '../target.js';
import { type BodyStage, EditList, isChunk } from './guest-abi.js';
import { frameError, type GuestView, NO_LIMIT } from './guest-view.js';
import { writeSecretHeader } from './secret-headers.js';

/** What the guest was called for; it decides which decisions and edits are allowed. */
export interface ReplyRules {
  readonly call: 'configure' | 'request' | 'response';
  /** What the filter was given of the body. */
  readonly stage: BodyStage;
  /** Bytes of the chunk that it was called for; else 0. */
  readonly chunkBytes: number;
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

/** The body in `edits` lies in scratch memory: whoever keeps it copies it. */
export interface Reply {
  readonly decision: 'continue' | 'respond' | 'refuse' | 'callout' | 'stop';
  /** Of `respond`; else 0. */
  readonly status: number;
  readonly edits: EditList;
  /** A copy; null when there is none. */
  readonly context: Uint8Array | null;
  /** Of `refuse`: pointer into the config and reason; of `stop`: the reason. */
  readonly refusal: { readonly pointer: string; readonly reason: string } | null;
  /** Of `callout`; `edits` describe the rest of the request, and `context` is the state. */
  readonly callout: ReplyCallout | null;
  /** Bytes at the end of the chunk that come again in front of the next one. */
  readonly held: number;
  /** The filter wants no more of the body. */
  readonly passes: boolean;
}

/** Methods that no upstream gets from us; the listener refuses them as well. */
const NEVER_SENT: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);

function editError(problem: string): GatewayError {
  return new GatewayError('SLUICE_ABI_EDIT', `edit: ${problem}`);
}

/**
 * Decodes the reply at `address` of a guest's memory.
 * @param guest may have read other replies before
 * @throws GatewayError SLUICE_ABI_FRAME for a broken frame, SLUICE_ABI_EDIT for an edit that is not allowed
 */
export function readReply(guest: GuestView, address: number, rules: ReplyRules): Reply {
  guest.begin();
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
  let held = 0;
  let passes = false;
  let bodyAt = -1;
  for (let index = 0; index < count; index += 1) {
    const edit = at + REPLY_FIXED + index * EDIT_SIZE;
    const operation = guest.word(edit + EDIT_OPERATION);
    if (operation === EDIT_MESSAGE && (decision === 'refuse' || decision === 'stop')) {
      refusal = {
        pointer: guest.utf8('name', edit + EDIT_NAME),
        reason: guest.utf8('value', edit + EDIT_VALUE),
      };
    } else if (operation === EDIT_CALLOUT && decision === 'callout') {
      callout = readCallout(guest, edit, rules);
    } else if (operation === EDIT_SET_BODY) {
      checkBody(guest, edit, decision, rules);
      bodyAt = edit + EDIT_VALUE;
    } else if (operation === EDIT_HOLD) {
      held = readHeld(guest, edit, decision, rules);
    } else if (operation === EDIT_PASS) {
      checkPass(decision, rules);
      passes = true;
    } else readEdit(guest, edit, operation, decision, rules, edits);
  }
  // Only the last one counts, so only that is copied: a thousand of a whole memory each would be gigabytes.
  if (bodyAt !== -1) edits.body = guest.body('body', bodyAt);
  const context = guest.copy('context', at + REPLY_CONTEXT, MAX_CONTEXT_BYTES);
  if (decision === 'callout' && (callout === null || !edits.operations.includes(EDIT_SET_PATH))) {
    throw frameError('callout: expected an edit with upstream and method, and one with a path');
  }
  if (passes && held > 0) throw editError(`hold: ${held} bytes for a call that will not come`);
  return { decision, status, edits, context, refusal, callout, held, passes };
}

function readHeld(guest: GuestView, edit: number, decision: Reply['decision'], rules: ReplyRules): number {
  const [held] = guest.words('hold', edit + EDIT_VALUE, 1) as [number];
  if (decision !== 'continue' || !isChunk(rules.stage) || (held > 0 && rules.stage === 'last')) {
    throw editError('hold: bytes can be held of a chunk that others follow');
  }
  const most = Math.min(rules.chunkBytes, MAX_HELD_BYTES);
  if (held > most) throw editError(`hold: found ${held} bytes, at most ${most} of this chunk can be held`);
  return held;
}

function checkPass(decision: Reply['decision'], { call, stage }: ReplyRules): void {
  if (decision === 'continue' && call !== 'configure' && stage !== 'whole') return;
  throw editError('pass: there is no body that comes in chunks');
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
  if (code === DECISION_RESPOND && mayRespond(rules)) return 'respond';
  if (code === DECISION_REFUSE && rules.call === 'configure') return 'refuse';
  if (code === DECISION_STOP && rules.call === 'response' && isChunk(rules.stage)) return 'stop';
  if (code === DECISION_CALLOUT && rules.call !== 'configure' && rules.upstreams > 0 && !isChunk(rules.stage))
    return 'callout';
  const where = isChunk(rules.stage) ? `a chunk of the ${rules.call}` : rules.call;
  throw frameError(`decision: found ${code}, which does not exist in ${where}`);
}

/** The head of a response has left when the chunks of its body come. */
function mayRespond({ call, stage }: ReplyRules): boolean {
  return call === 'request' || (call === 'response' && !isChunk(stage));
}

function checkBody(guest: GuestView, edit: number, decision: Reply['decision'], rules: ReplyRules): void {
  if (rules.call === 'configure') throw editError('body: configure has none to set');
  if (decision === 'continue' && rules.stage !== 'whole' && !isChunk(rules.stage)) {
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
  if (isChunk(rules.stage) && decision !== 'respond') {
    throw editError('head: it has left when the chunks of the body come, so it can be edited no more');
  }
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
  if (isUnframedName(name)) return name;
  if (!isToken(name)) throw editError('header name: not a token');
  throw editError(`header ${name}: framing and hop-by-hop fields cannot be edited`);
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
