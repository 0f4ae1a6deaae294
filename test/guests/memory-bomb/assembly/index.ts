// Allocates until there is no more when the header `x-bomb` is there; `x-bomb: megabytes` asks for so many.
import { Decision, next, Request } from 'sluice';

const MEGABYTE = 1048576;

export function onRequest(request: Request): Decision {
  const wanted = request.headers.get('x-bomb');
  if (!wanted.exists) return next();
  const limit = wanted.isEmpty ? i32.MAX_VALUE : <i32>parseInt(wanted.toString());
  let bytes: i64 = 0;
  for (let i = 0; i < limit; i++) bytes += new Uint8Array(MEGABYTE).length;
  request.headers.set('x-allocated', bytes);
  return next();
}
