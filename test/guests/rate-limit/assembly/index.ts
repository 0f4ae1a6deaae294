// So many requests of one client in a window; the next ones get 429. `x-client` stands for the address where it is set.
import { Counter, Decision, Json, Metric, next, Request, respond } from 'sluice';

let limit: u32 = 0;
let counter: Counter = new Counter(0);
let denied: Metric | null = null;
let counts: Metric | null = null;

export function configure(config: Json): void {
  limit = <u32>config.get('limit').integer();
  counter = new Counter(<u32>config.get('windowMs').integer());
  denied = Metric.counter('denied_total', 'Requests over the limit.', ['reason', 'limit']);
  counts = Metric.histogram('count', 'Where the count of a request stood.', [1, 10, 100]);
}

export function onRequest(request: Request): Decision {
  const named = request.headers.get('x-client');
  const count = counter.add(named.exists ? named : request.client);
  counts!.record(count.current);
  if (count.current <= limit) {
    request.headers.set('x-count', count.current);
    return next();
  }
  denied!.record();
  return respond(429)
    .header('retry-after', (count.remainingMs + 999) / 1000)
    .problem('RATE_LIMITED', 'Too many requests.');
}
