// Logs at every level, and as often as the header `x-lines` says.
import { Decision, Json, log, next, Request } from 'sluice';

export function configure(config: Json): void {
  log.info('configured');
}

export function onRequest(request: Request): Decision {
  const lines = <i32>parseInt(request.headers.get('x-lines').toString());
  for (let i = 0; i < lines; i++) log.debug(i);
  log.info(request.path);
  log.warn('a warning');
  log.error('an error');
  return next();
}
