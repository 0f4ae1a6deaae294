// What a phase returns: go on, answer now, or ask somebody first (callout.ts).
import {
  DECISION_CONTINUE,
  DECISION_RESPOND,
  EDIT_ADD_HEADER,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  FRAME_ID,
} from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { frameSpan } from './frame';
import { addEdit, closeReply, dropEdits } from './reply';
import { JsonWriter } from './json/writer';

/** Result of a phase. Made by `next()`, `respond()` and `Upstream.call()` only. */
export class Decision {
  /** @internal */
  constructor(
    /** `DECISION_*` of the ABI. */
    readonly code: u32,
  ) {}
}

let status: u32 = 0;
// A callout was begun in this call.
let callout: bool = false;

/** An answer in the making. Every method returns it again, so that calls can be chained. */
@final
export class Answer extends Decision {
  /** Sets a header; `value` is text, `Bytes` or an integer. */
  header<T>(name: string, value: T): Answer {
    addEdit(EDIT_SET_HEADER, Bytes.from(name), bytesOf(value));
    return this;
  }

  /** Adds a header beside others of the same name, such as `set-cookie`. */
  addHeader<T>(name: string, value: T): Answer {
    addEdit(EDIT_ADD_HEADER, Bytes.from(name), bytesOf(value));
    return this;
  }

  /** Sets the body as it is; the content type is the caller's to set. */
  body<T>(value: T): Answer {
    addEdit(EDIT_SET_BODY, ABSENT, bytesOf(value));
    return this;
  }

  /** Sets a body of plain text in UTF-8. */
  text<T>(value: T): Answer {
    return this.header('content-type', 'text/plain; charset=utf-8').body(value);
  }

  /** Sets a body that is JSON already. */
  json<T>(value: T): Answer {
    return this.header('content-type', 'application/json').body(value);
  }

  /**
   * Sets an RFC 9457 problem document in the shape of the gateway's own errors, with this status and the request id.
   * @param code for programs: upper case with underscores, beginning with the name of the filter
   * @param detail a sentence that any client may read
   */
  problem(code: string, detail: string): Answer {
    return this.problemJson(problemDocument(code, detail).endObject());
  }

  /** Sets the problem document that `writer` holds; see `problemDocument`. */
  problemJson(writer: JsonWriter): Answer {
    return this.header('content-type', 'application/problem+json').body(writer.bytes);
  }
}

// @ts-ignore: decorator
@lazy const NEXT = new Decision(DECISION_CONTINUE);
// @ts-ignore: decorator
@lazy const ANSWER = new Answer(DECISION_RESPOND);

/** Lets the exchange go on, with the edits made so far. */
export function next(): Decision {
  return NEXT;
}

/**
 * Answers in place of the upstream (request phase) or of the whole response (response phase). Edits made before are
 * dropped. Traps when `code` is not a final status, 200 to 599.
 */
export function respond(code: i32): Answer {
  if (code < 200 || code > 599) throw new Error('the status must be 200 to 599');
  dropEdits();
  status = code;
  callout = false;
  return ANSWER;
}

/** A problem document up to `requestId`, left open for members of the caller; `endObject()` ends it. */
export function problemDocument(code: string, detail: string): JsonWriter {
  return new JsonWriter()
    .beginObject()
    .name('type')
    .text('urn:sluice:filter:' + code)
    .name('title')
    .text(code)
    .name('status')
    .integer(status)
    .name('detail')
    .text(detail)
    .name('code')
    .text(code)
    .name('requestId')
    .textBytes(frameSpan(FRAME_ID));
}

/** A callout takes the place of whatever was decided before. */
export function beginCallout(): void {
  dropEdits();
  status = 0;
  callout = true;
}

/** A stop takes the place of whatever was decided before. */
export function beginStop(): void {
  dropEdits();
  status = 0;
  callout = false;
}

/** Before each call. */
export function openDecision(): void {
  status = 0;
  callout = false;
}

/** Turns what a phase returned into the reply. Answers its address. */
export function closeDecision(decision: Decision): usize {
  const code = decision.code;
  if (code == DECISION_CONTINUE && (callout || status != 0)) {
    throw new Error('call() or respond() was called, but the phase returned next()');
  }
  return closeReply(code, status);
}
