// Calls out as the header `x-callout` says: a list of targets, one after the other, each with the body of the message.
// What came of them stands in `x-outcomes`. `x-callout-phase: response` puts it off to the response phase; `x-endless`
// never stops; `x-spin` spins in the continuation; `x-slow` allows 30 ms only.
import { Bytes, Callout, Decision, Json, next, Outcome, Request, Response, Upstream } from 'sluice';

let upstream: Upstream | null = null;
let turns: u64 = 0;

export function configure(config: Json): void {
  upstream = Upstream.named(config.get('upstream').bytes);
}

/** The state: number of callouts made, `|`, what came of them. */
function ask(request: Request, targets: string[], made: i32, outcomes: string, body: Bytes): Callout {
  const callout = upstream!
    .call('POST', targets[made % targets.length])
    .header('x-turn', made)
    .body(body)
    .state((made + 1).toString() + '|' + outcomes);
  if (request.headers.has('x-slow')) callout.timeout(30);
  return callout;
}

function begin(request: Request, phase: string, body: Bytes): Decision {
  const list = request.headers.get('x-callout');
  const wanted = request.headers.get('x-callout-phase').equals('response') ? 'response' : 'request';
  if (!list.exists || wanted != phase) return next();
  return ask(request, list.toString().split(','), 0, '', body);
}

function goOn(request: Request, outcome: Outcome, body: Bytes): Callout | null {
  if (request.headers.has('x-spin')) while (turns < u64.MAX_VALUE) turns++;
  const parts = outcome.state.toString().split('|');
  const made = i32.parse(parts[0]);
  let what = outcome.isDone ? outcome.status.toString() + ':' + outcome.body.toString() : 'failed';
  if (outcome.isTimeout) what = 'timeout';
  if (outcome.isTooLarge) what = 'too-large';
  outcomes = parts[1] + (parts[1].length > 0 ? ';' : '') + what;
  const targets = request.headers.get('x-callout').toString().split(',');
  if (made < targets.length || request.headers.has('x-endless'))
    return ask(request, targets, made, outcomes, body);
  return null;
}

let outcomes: string = '';

export function onRequest(request: Request): Decision {
  return begin(request, 'request', request.body);
}

export function onCallout(request: Request, outcome: Outcome): Decision {
  const callout = goOn(request, outcome, request.body);
  if (callout !== null) return callout;
  request.headers.add('x-outcomes', outcomes);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  return begin(request, 'response', response.body);
}

export function onResponseCallout(request: Request, response: Response, outcome: Outcome): Decision {
  const callout = goOn(request, outcome, response.body);
  if (callout !== null) return callout;
  response.headers.add('x-outcomes', outcomes);
  return next();
}
