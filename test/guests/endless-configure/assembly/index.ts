// Never returns from configure.
import { Decision, Json, next, Request } from 'sluice';

let turns: u64 = 0;

export function configure(config: Json): void {
  while (turns < u64.MAX_VALUE) turns++;
}

export function onRequest(request: Request): Decision {
  return next();
}
