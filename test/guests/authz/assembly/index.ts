// Asks an upstream whether the client may: the example of sdk/README.md, and a test holds the two together.
import { Decision, Json, next, Outcome, Request, respond, Upstream } from 'sluice';

let authz: Upstream | null = null;

export function configure(config: Json): void {
  authz = Upstream.named(config.get('upstream').bytes);
}

export function onRequest(request: Request): Decision {
  return authz!
    .call('GET', '/check')
    .header('authorization', request.headers.get('authorization'))
    .timeout(250);
}

export function onCallout(request: Request, outcome: Outcome): Decision {
  if (!outcome.isDone)
    return respond(503).problem('AUTHZ_UNAVAILABLE', 'Nobody could say whether this is allowed.');
  if (outcome.status != 200) return respond(403).problem('AUTHZ_DENIED', 'This is not allowed.');
  request.headers.set('x-user', outcome.header('x-user'));
  return next();
}
