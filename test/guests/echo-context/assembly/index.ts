// Keeps the `x-keep` header of the request and gives it back on the response: proves that context travels.
import { Decision, next, Request, Response } from 'sluice';

export function onRequest(request: Request): Decision {
  const kept = request.headers.get('x-keep');
  if (kept.exists) request.keep(kept);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  const kept = request.context;
  if (!kept.isEmpty) response.headers.set('x-kept', kept);
  return next();
}
