// Lets through what has two headers: how little a filter can cost.
import { Decision, next, Request, respond } from 'sluice';

export function onRequest(request: Request): Decision {
  const headers = request.headers;
  return headers.get('authorization').isEmpty || headers.get('content-type').isEmpty ? respond(400) : next();
}
