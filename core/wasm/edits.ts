// Applies the edits of filters to a message. Edits were checked when they were decoded, so nothing throws here.
import {
  EDIT_ADD_HEADER,
  EDIT_REMOVE_HEADER,
  EDIT_SECRET_HEADER,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
} from '../../sdk/abi/abi.js';
import { HeaderList } from '../headers.js';
import type { Callout, EditList, FilterResponse, PhaseMessage } from './guest-abi.js';
import type { Reply } from './reply.js';
import { SECRET_PLACEHOLDER } from './secret-headers.js';

/** Fields that describe the bytes of a body and are wrong once a filter replaced it. */
const ABOUT_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'etag',
  'digest',
  'content-digest',
  'repr-digest',
  'content-md5',
  'accept-ranges',
]);

/** Removes what describes the bytes of a body that changes. */
export function dropBodyFields(headers: HeaderList): void {
  headers.removeAll(ABOUT_BODY);
}

/** The fields that describe the bytes of a body, to be held against what filters made of them. */
export function bodyFields(headers: HeaderList): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const name of ABOUT_BODY) if (headers.has(name)) fields.set(name, headers.getAll(name).join());
  return fields;
}

/** Removes those that are as they were; what a filter has set describes the body that comes of it. */
export function dropStaleFields(headers: HeaderList, before: ReadonlyMap<string, string>): void {
  for (const [name, value] of before) if (headers.getAll(name).join() === value) headers.remove(name);
}

/** Applies header edits to `headers` and the rest to `message`, in order. */
export function applyEdits(edits: EditList, message: PhaseMessage): void {
  const headers = message.phase === 'request' ? message.requestHeaders : message.responseHeaders;
  if (message.phase === 'response' && edits.body !== undefined) dropBodyFields(headers);
  const { operations, names, values } = edits;
  for (let i = 0; i < operations.length; i += 1) {
    const operation = operations[i]!;
    const value = values[i]!;
    if (operation === EDIT_SET_PATH) message.path = value;
    else if (operation === EDIT_SET_QUERY) message.query = value;
    else if (operation === EDIT_SET_STATUS) message.status = Number(value);
    else if (operation === EDIT_SECRET_HEADER) {
      headers.set(names[i]!, SECRET_PLACEHOLDER);
      message.secretHeaders ??= new Map();
      message.secretHeaders.set(names[i]!, value);
    } else applyHeaderEdit(headers, operation, names[i]!, value);
  }
  if (edits.body === undefined) return;
  message.body = edits.body;
  message.stage = 'whole';
}

/** The response that a RESPOND reply describes. */
export function buildResponse(status: number, edits: EditList): FilterResponse {
  const headers = new HeaderList();
  for (let i = 0; i < edits.size; i += 1) {
    applyHeaderEdit(headers, edits.operations[i]!, edits.names[i]!, edits.values[i]!);
  }
  return { status, headers, body: edits.body ?? new Uint8Array(0) };
}

/** The request that a CALLOUT reply describes. */
export function buildCallout(reply: Reply, index: number, upstreams: readonly string[]): Callout {
  const { edits, callout, context } = reply;
  const headers = new HeaderList();
  let path = '';
  let query = '';
  for (let i = 0; i < edits.size; i += 1) {
    const operation = edits.operations[i]!;
    if (operation === EDIT_SET_PATH) path = edits.values[i]!;
    else if (operation === EDIT_SET_QUERY) query = edits.values[i]!;
    else applyHeaderEdit(headers, operation, edits.names[i]!, edits.values[i]!);
  }
  return {
    index,
    upstream: upstreams[callout!.upstream]!,
    method: callout!.method,
    target: query === '' ? path : `${path}?${query}`,
    headers: headers.flat,
    // It travels as a message, which would take all of the memory along that a body lies in.
    body: edits.body === undefined ? null : Uint8Array.from(edits.body),
    timeoutMs: callout!.timeoutMs,
    state: context,
  };
}

function applyHeaderEdit(headers: HeaderList, operation: number, name: string, value: string): void {
  if (operation === EDIT_SET_HEADER) headers.set(name, value);
  else if (operation === EDIT_ADD_HEADER) headers.add(name, value);
  else if (operation === EDIT_REMOVE_HEADER) headers.remove(name);
}
