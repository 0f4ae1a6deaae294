// Calls out as a header says, `x-callout` unless the config names another: a list of targets, one after the other, each
// with the body of the message. What came of them stands in `x-outcomes`, and how many more there could have been in
// `x-left`. `x-callout-phase: response` puts it off to the response phase; `x-endless` never stops; `x-spin` spins and
// `x-fail` fails in the continuation; `x-slow` allows 30 ms only, `x-default` what the SDK allows.
import { Bytes, Callout, Decision, Json, next, Outcome, Request, Response, Upstream } from 'sluice';

const PATIENT_MS: u32 = 30_000;

let upstream: Upstream | null = null;
let list: string = 'x-callout';
let turns: u64 = 0;
let outcomes: string = '';

export function configure(config: Json): void {
  upstream = Upstream.named(config.get('upstream').bytes);
  if (config.get('list').exists) list = config.get('list').text();
}

/** The state: number of callouts made, `|`, what came of them. */
function ask(request: Request, targets: string[], made: i32, outcomes: string, body: Bytes): Callout {
  const callout = upstream!
    .call(
      request.headers.has('x-method') ? request.headers.get('x-method').toString() : 'POST',
      targets[made % targets.length],
    )
    .header('x-turn', made)
    .body(body)
    .state((made + 1).toString() + '|' + outcomes);
  if (!request.headers.has('x-default')) callout.timeout(request.headers.has('x-slow') ? 30 : PATIENT_MS);
  return callout;
}

function begin(request: Request, phase: string, body: Bytes): Decision {
  const wanted = request.headers.get('x-callout-phase').equals('response') ? 'response' : 'request';
  if (!request.headers.has(list) || wanted != phase) return next();
  return ask(request, targetsOf(request), 0, '', body);
}

function targetsOf(request: Request): string[] {
  return request.headers.get(list).toString().split(',');
}

/** The next callout, or null when it was the last; then `outcomes` has what came of all. */
function goOn(request: Request, outcome: Outcome, body: Bytes): Callout | null {
  if (request.headers.has('x-spin')) while (turns < u64.MAX_VALUE) turns++;
  if (request.headers.has('x-fail')) throw new Error('failed after a callout');
  const parts = outcome.state.toString().split('|');
  const made = i32.parse(parts[0]);
  let what = outcome.isDone ? outcome.status.toString() + ':' + outcome.body.toString() : 'failed';
  if (outcome.isTimeout) what = 'timeout';
  if (outcome.isTooLarge) what = 'too-large';
  outcomes = parts[1] + (parts[1].length > 0 ? ';' : '') + what;
  const targets = targetsOf(request);
  if (made < targets.length || request.headers.has('x-endless'))
    return ask(request, targets, made, outcomes, body);
  return null;
}

export function onRequest(request: Request): Decision {
  return begin(request, 'request', request.body);
}

export function onCallout(request: Request, outcome: Outcome): Decision {
  const callout = goOn(request, outcome, request.body);
  if (callout !== null) return callout;
  request.headers.add('x-outcomes', outcomes);
  request.headers.add('x-left', outcome.calloutsLeft);
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
