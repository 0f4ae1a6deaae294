// Cross-origin resource sharing (Fetch standard §3.3): tells browsers which other origins may use a route, and answers their
// preflights. The filter comes first in its route, so that the answers of the others pass by it too.
import { Decision, Json, NameSet, next, Request, Response, respond } from 'sluice';

const ORIGIN = 'origin';
const REQUEST_METHOD = 'access-control-request-method';
const ALLOW_ORIGIN = 'access-control-allow-origin';
const ALLOW_CREDENTIALS = 'access-control-allow-credentials';

const origins = new NameSet();
let methods: string = '';
let requestHeaders: string = '';
let responseHeaders: string = '';
let credentials: bool = false;
let maxAge: i64 = 0;

export function configure(config: Json): void {
  for (let origin = config.get('origins').first(); origin.exists; origin = origin.next())
    origins.add(origin.bytes);
  methods = joined(config.get('methods'));
  requestHeaders = joined(config.get('requestHeaders'));
  responseHeaders = joined(config.get('responseHeaders'));
  credentials = config.get('credentials').bool();
  maxAge = config.get('maxAgeSeconds').integer(600);
}

export function onRequest(request: Request): Decision {
  const origin = request.headers.get(ORIGIN);
  const isPreflight =
    request.method.equals('OPTIONS') && origin.exists && request.headers.has(REQUEST_METHOD);
  if (!isPreflight) return next();
  const answer = respond(204).header('vary', 'origin');
  // Without these fields the browser refuses by itself.
  if (!origins.has(origin)) return answer;
  answer.header(ALLOW_ORIGIN, origin).header('access-control-max-age', maxAge);
  if (credentials) answer.header(ALLOW_CREDENTIALS, 'true');
  if (methods.length > 0) answer.header('access-control-allow-methods', methods);
  if (requestHeaders.length > 0) answer.header('access-control-allow-headers', requestHeaders);
  return answer;
}

export function onResponse(request: Request, response: Response): Decision {
  const headers = response.headers;
  headers.add('vary', 'origin');
  // What the upstream says of this is not asked.
  headers.remove(ALLOW_ORIGIN);
  headers.remove(ALLOW_CREDENTIALS);
  const origin = request.headers.get(ORIGIN);
  if (!origins.has(origin)) return next();
  headers.set(ALLOW_ORIGIN, origin);
  if (credentials) headers.set(ALLOW_CREDENTIALS, 'true');
  if (responseHeaders.length > 0) headers.set('access-control-expose-headers', responseHeaders);
  return next();
}

function joined(list: Json): string {
  const texts: string[] = [];
  for (let item = list.first(); item.exists; item = item.next()) texts.push(item.text());
  return texts.join(', ');
}
