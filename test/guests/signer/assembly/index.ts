// Signs the path with a secret: `/dump` answers all of its memory, with the signature made; `/read` tries to read the key.
import { Bytes, Decision, hexEncode, Json, next, Request, respond, Secret } from 'sluice';

let key: Secret | null = null;

export function configure(config: Json): void {
  key = Secret.named('token');
}

export function onRequest(request: Request): Decision {
  const code = hexEncode(key!.hmacSha256(request.path));
  if (request.path.equals('/read')) key!.read();
  if (request.path.equals('/dump'))
    return respond(200)
      .header('x-code', code)
      .body(new Bytes(0, memory.size() << 16));
  request.headers.set('x-code', code);
  return next();
}
