// The job of bench/harness/job.ts as one filter for Envoy, by proxy-wasm 0.2.1: policy, validation and redaction. Memory and
// JSON are those of our SDK. What a call allocates is gone at the next one. Trailers do not come, since Envoy
// leaves them out on HTTP/1.1.
import { Bytes } from 'sluice';
import {
  answer,
  body,
  field,
  isJson,
  REQUEST_BODY,
  REQUEST_FIELDS,
  RESPONSE_BODY,
  RESPONSE_FIELDS,
  removeField,
  replaceBody,
  replaceField,
} from './message';
import { cleaned, REFUSED, rulesOf } from './rules';
import { CLEANED, close, flagsOf, HELD, open, setFlags, VALIDATED } from './streams';
import { refusalOf } from './user';

const CONTINUE: i32 = 0;
/** Of a head; and of a piece of a body, which is kept for the next call. */
const PAUSE: i32 = 1;

const METHOD = Bytes.from(':method');
const PATH = Bytes.from(':path');
const POWERED_BY = Bytes.from('x-powered-by');
const TYPE_OPTIONS = Bytes.from('x-content-type-options');
const NO_SNIFF = Bytes.from('nosniff');
const UNREADABLE = Bytes.from('{"title":"Bad Gateway","status":502}');

export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: usize): usize {
  return __sluice_reserve(size);
}

export function proxy_on_vm_start(_context: i32, _size: i32): i32 {
  return 1;
}

export function proxy_on_configure(_context: i32, _size: i32): i32 {
  return 1;
}

export function proxy_on_context_create(context: i32, parent: i32): void {
  if (parent != 0) open(context);
}

export function proxy_on_delete(context: i32): void {
  close(context);
}

export function proxy_on_request_headers(stream: i32, _count: i32, isLast: i32): i32 {
  __sluice_begin(0);
  const rules = rulesOf(field(REQUEST_FIELDS, METHOD), field(REQUEST_FIELDS, PATH));
  if (rules == REFUSED) return refuse(stream, 403);
  setFlags(stream, rules);
  if ((rules & VALIDATED) == 0) return CONTINUE;
  if (!isJson(REQUEST_FIELDS)) return refuse(stream, 415);
  return isLast != 0 ? refuse(stream, 400) : PAUSE;
}

export function proxy_on_request_body(stream: i32, length: i32, isLast: i32): i32 {
  if ((flagsOf(stream) & VALIDATED) == 0) return CONTINUE;
  if (isLast == 0) return PAUSE;
  __sluice_begin(0);
  const status = refusalOf(body(REQUEST_BODY, length));
  return status == 0 ? CONTINUE : refuse(stream, status);
}

export function proxy_on_response_headers(stream: i32, _count: i32, isLast: i32): i32 {
  const flags = flagsOf(stream);
  if ((flags & CLEANED) == 0) return CONTINUE;
  __sluice_begin(0);
  removeField(RESPONSE_FIELDS, POWERED_BY);
  replaceField(RESPONSE_FIELDS, TYPE_OPTIONS, NO_SNIFF);
  if (isLast != 0 || !isJson(RESPONSE_FIELDS)) return CONTINUE;
  setFlags(stream, flags | HELD);
  return PAUSE;
}

export function proxy_on_response_body(stream: i32, length: i32, isLast: i32): i32 {
  if ((flagsOf(stream) & HELD) == 0) return CONTINUE;
  if (isLast == 0) return PAUSE;
  __sluice_begin(0);
  const document = body(RESPONSE_BODY, length);
  const shown = cleaned(document);
  if (!shown.exists) {
    setFlags(stream, 0);
    answer(502, UNREADABLE);
    return PAUSE;
  }
  if (shown.address != document.address) replaceBody(RESPONSE_FIELDS, RESPONSE_BODY, length, shown);
  return CONTINUE;
}

/** Nothing is done to an answer of our own. */
function refuse(stream: i32, status: i32): i32 {
  setFlags(stream, 0);
  answer(status);
  return PAUSE;
}
