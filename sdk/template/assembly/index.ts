// Lets through requests that carry a header, and hands its value on in lower case.
import { Decision, Json, next, Request, respond } from 'sluice';

let header: string = '';

// Runs once, before any request. The gateway has checked the config against the schema in filter.json.
export function configure(config: Json): void {
  header = config.get('header').text();
}

// Runs for every request of a route that names the filter.
export function onRequest(request: Request): Decision {
  const value = request.headers.get(header).trim();
  if (value.isEmpty)
    return respond(400).problem('FILTER_NAME_MISSING', 'The header ' + header + ' is missing.');
  request.headers.set(header, value.toLowerCase());
  return next();
}
