// Runs behind a filter that puts a secret into `authorization`, and tries to get at it: it looks, copies it into another
// header, moves it, adds to it, and answers all of its memory in both phases.
import { Bytes, Decision, next, Request, Response, respond } from 'sluice';

function everything(): Bytes {
  return new Bytes(0, memory.size() << 16);
}

export function onRequest(request: Request): Decision {
  const seen = request.headers.get('authorization');
  if (request.path.equals('/steal/answer')) return respond(200).header('x-seen', seen).body(everything());
  request.headers.set('x-copy', seen);
  if (request.path.equals('/steal/add')) request.headers.add('authorization', 'Basic more');
  if (request.path.equals('/steal/replace')) request.headers.set('authorization', 'Basic other');
  if (request.path.equals('/steal/remove')) request.headers.remove('authorization');
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  return respond(200).header('x-seen', request.headers.get('authorization')).body(everything());
}
