// Lets each client address make so many requests in a window of time, over all workers, and says how many are left.
import {
  Bytes,
  Counter,
  Decision,
  IpAddress,
  Json,
  JsonWriter,
  next,
  Request,
  Response,
  respond,
} from 'sluice';

const NETWORK_BYTES = 8;

let limit: u32 = 0;
let counter = new Counter(0);

export function configure(config: Json): void {
  limit = <u32>config.get('limit').integer();
  counter = new Counter(<u32>config.get('windowSeconds').integer() * 1000);
}

export function onRequest(request: Request): Decision {
  const count = counter.add(whoOf(request.client));
  // Without room for one more client nobody is refused: a limit is no reason for an outage.
  if (count.isFull) return next();
  const left = count.current < limit ? limit - count.current : 0;
  const seconds = (count.remainingMs + 999) / 1000;
  if (count.current > limit) {
    return respond(429)
      .header('retry-after', seconds)
      .header('x-ratelimit-limit', limit)
      .header('x-ratelimit-remaining', left)
      .header('x-ratelimit-reset', seconds)
      .problem('RATE_LIMIT_EXCEEDED', 'Too many requests, try again later.');
  }
  request.keep(new JsonWriter().beginArray().integer(left).integer(seconds).endArray().bytes);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  const kept = Json.parse(request.context);
  if (!kept.exists) return next();
  response.headers.set('x-ratelimit-limit', limit);
  response.headers.set('x-ratelimit-remaining', kept.at(0).integer());
  response.headers.set('x-ratelimit-reset', kept.at(1).integer());
  return next();
}

/** One client: an IPv4 address, or the network (/64) of an IPv6 address, as whoever has one address has all of those. */
function whoOf(client: Bytes): Bytes {
  const address = IpAddress.parse(client);
  return address.exists && !address.isV4 ? address.bytes.slice(0, NETWORK_BYTES) : client;
}
