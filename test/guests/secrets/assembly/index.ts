// Uses a secret as the path says: `/set` into a header, `/read` into another one; `/dump` answers all of
// its memory, `/fail` quotes its config as it fails.
import { Bytes, Decision, Json, next, Request, refuse, respond, Secret } from 'sluice';

let token: Secret | null = null;
let greeting: Bytes = Bytes.from('');

export function configure(config: Json): void {
  token = Secret.named('token');
  greeting = config.get('greeting').bytes;
  if (config.get('refuse').exists) refuse('/greeting', 'I was told ' + greeting.toString());
}

export function onRequest(request: Request): Decision {
  if (greeting.length > 0) request.headers.set('x-greeting', greeting);
  if (request.path.equals('/read')) request.headers.set('x-read', token!.read());
  if (request.path.equals('/fail')) throw new Error('the greeting is ' + greeting.toString());
  token!.setHeader('authorization', 'Bearer ');
  if (request.path.equals('/dump')) return respond(200).body(new Bytes(0, memory.size() << 16));
  return next();
}
