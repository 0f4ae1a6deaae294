// Traps when the header `x-trap` says how: `abort`, `unreachable`, `bounds`, `stack` in the request phase, `response`
// in the response phase. `x-count` counts the calls of this instance: a fresh one begins at 1.
import { Decision, next, Request, Response } from 'sluice';

let calls: i32 = 0;

function dig(depth: i32): i32 {
  return depth < 0 ? 0 : dig(depth + 1) + 1;
}

export function onRequest(request: Request): Decision {
  calls++;
  const how = request.headers.get('x-trap');
  if (how.equals('abort')) throw new Error('asked to abort');
  if (how.equals('unreachable')) unreachable();
  if (how.equals('bounds')) store<u8>(usize.MAX_VALUE, 1);
  if (how.equals('stack')) dig(0);
  request.headers.set('x-count', calls);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  if (request.headers.get('x-trap').equals('response'))
    throw new Error('asked to abort in the response phase');
  return next();
}
