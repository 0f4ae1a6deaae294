// Replaces the body of either phase by itself in upper case: for bodies of any size on their way through the rings.
import { Bytes, Decision, next, Request, Response } from 'sluice';

function upper(body: Bytes): Bytes {
  const copy = Bytes.from(body.toString().toUpperCase());
  return copy;
}

export function onRequest(request: Request): Decision {
  if (!request.body.isEmpty) request.setBody(upper(request.body));
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  if (!response.body.isEmpty) response.setBody(upper(response.body));
  return next();
}
