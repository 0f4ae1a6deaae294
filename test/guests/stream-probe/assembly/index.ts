// Does with each chunk of a body what its config says in `request` and `response`, and tells in `x-follows` whether it
// was told with the head that a body follows.
import { Bytes, Chunk, Decision, Json, next, Request, Response, respond, stop } from 'sluice';

const LINE_END: u8 = 0x0a;
const GROWN_BYTES = 300_000;

let name: string = '';
let onRequestDo: string = '';
let onResponseDo: string = '';

export function configure(config: Json): void {
  name = config.get('name').text();
  if (config.get('request').exists) onRequestDo = config.get('request').text();
  if (config.get('response').exists) onResponseDo = config.get('response').text();
}

export function onRequest(request: Request): Decision {
  request.headers.add('x-follows', name + ' ' + request.bodyFollows.toString());
  if (onRequestDo == 'keep') request.keep('head of ' + name);
  if (onRequestDo == 'pass') request.passBody();
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  response.headers.add('x-follows', name + ' ' + response.bodyFollows.toString());
  const kept = request.context.toString();
  if (kept.length > 0) response.headers.add('x-kept', kept);
  if (onResponseDo == 'keep') response.keep('head of ' + name);
  if (onResponseDo == 'pass') response.passBody();
  if (onResponseDo == 'answer') return respond(410).text('gone');
  if (onResponseDo == 'no-content') response.setStatus(204);
  if (onResponseDo == 'label') response.headers.set('etag', '"of ' + name + '"');
  return next();
}

export function onRequestBody(request: Request, chunk: Chunk): Decision {
  if (onRequestDo == 'head') request.headers.set('x-late', name);
  return work(onRequestDo, chunk);
}

export function onResponseBody(request: Request, response: Response, chunk: Chunk): Decision {
  if (onResponseDo == 'ids') chunk.replace(response.headers.get('x-request-id').toString() + ';');
  return work(onResponseDo, chunk);
}

function work(order: string, chunk: Chunk): Decision {
  if (order == 'hold-half') {
    chunk.hold(chunk.isLast ? 0 : chunk.bytes.length / 2);
    return next();
  }
  const text = chunk.bytes.toString();
  if (order == 'upper') chunk.replace(text.toUpperCase());
  if (order == 'upper-first') {
    chunk.replace(text.toUpperCase());
    chunk.pass();
  }
  if (order == 'lines') lines(chunk);
  if (order == 'grow') chunk.replace('x'.repeat(GROWN_BYTES));
  if (order == 'largest') {
    const before = <i32>Json.parse(chunk.context).integer();
    chunk.keep(max(before, chunk.bytes.length));
    chunk.replace(chunk.isLast ? max(before, chunk.bytes.length).toString() : '');
  }
  if (order == 'late-stop') {
    if (text.includes('bad')) return stop('it is bad');
    chunk.hold(chunk.isLast ? 0 : chunk.bytes.length);
  }
  if (order == 'keep') {
    const before = chunk.context.toString();
    chunk.keep(before + '|' + text);
    if (chunk.isLast) chunk.replace(text + '{' + before + '}');
  }
  if (order == 'drop') chunk.drop();
  if (order == 'hold') chunk.hold(chunk.isLast ? 0 : min(chunk.bytes.length, 65536));
  if (order == 'hold-last') chunk.hold(1);
  if (order == 'hold-too-much') chunk.hold(chunk.bytes.length + 1);
  if (!text.includes('bad')) return next();
  if (order == 'respond') return respond(403).header('x-by', name).text('no');
  if (order == 'stop') return stop('it is bad');
  if (order == 'trap') throw new Error('trap of ' + name);
  while (order == 'loop') {}
  return next();
}

/** Puts each whole line into brackets; what may go on in the next chunk is held. */
function lines(chunk: Chunk): void {
  const bytes = chunk.bytes;
  let from = 0;
  let out = '';
  for (let at = 0; at < bytes.length; at++) {
    if (bytes.at(at) != LINE_END) continue;
    out += '[' + bytes.slice(from, at).toString() + ']\n';
    from = at + 1;
  }
  if (chunk.isLast) out += '[' + bytes.slice(from).toString() + ']';
  else chunk.hold(bytes.length - from);
  chunk.replace(out);
}
