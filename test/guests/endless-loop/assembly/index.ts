// Never returns when the header `x-loop` names the phase it is in: for deadlines.
import { Decision, next, Request, Response } from 'sluice';

let turns: u64 = 0;

function spin(): void {
  // Counting in a global keeps the compiler from seeing that nothing comes of it.
  while (turns < u64.MAX_VALUE) turns++;
}

export function onRequest(request: Request): Decision {
  if (request.headers.get('x-loop').equals('request')) spin();
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  if (request.headers.get('x-loop').equals('response')) spin();
  return next();
}
