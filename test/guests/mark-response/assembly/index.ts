// Marks every response that passes with a header, named by the config, that tells its status.
import { Decision, Json, next, Request, Response } from 'sluice';

let name: string = '';

export function configure(config: Json): void {
  name = config.get('name').text();
}

export function onResponse(request: Request, response: Response): Decision {
  response.headers.set(name, 'seen ' + response.status.toString());
  return next();
}
