// Puts an object of a call into one that was made in `configure`: the arena must stop it, because the next call
// would read another client's bytes there.
import { Bytes, Decision, Json, next, Request } from 'sluice';

class Cache {
  last: Bytes | null = null;
  readonly all: Bytes[] = [];
}

let cache: Cache = new Cache();

export function configure(config: Json): void {
  cache.all.push(Bytes.from('kept'));
}

export function onRequest(request: Request): Decision {
  const how = request.headers.get('x-keep');
  if (how.equals('field')) cache.last = request.path;
  if (how.equals('list')) for (let i = 0; i < 100; i++) cache.all.push(request.path);
  request.headers.set('x-first', cache.all[0]);
  return next();
}
