// Has the bodies of both phases whole, and lets them through: how little holding a body can cost.
import { Decision, next, Request, Response, respond } from 'sluice';

export function onRequest(request: Request): Decision {
  return request.method.equals('POST') && request.body.isEmpty ? respond(400) : next();
}

export function onResponse(request: Request, response: Response): Decision {
  return response.body.isEmpty ? respond(502) : next();
}
