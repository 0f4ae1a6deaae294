// Refuses any config that has a member `bad`, and traps on one that has a member `trap`.
import { Decision, Json, next, Request, refuse } from 'sluice';

export function configure(config: Json): void {
  const bad = config.get('bad');
  if (bad.exists) refuse(bad.pointer, 'nobody wants this');
  if (config.get('trap').exists) throw new Error('asked to abort in configure');
}

export function onRequest(request: Request): Decision {
  return next();
}
