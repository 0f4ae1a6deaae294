// Looks for what the last client left behind: in memory it is handed out (`x-found`: bytes that are not zero), and in
// a place of its own that it wrote the header `x-secret` to, past the rules of the arena (`x-kept`).
import { Bytes, Decision, next, Request } from 'sluice';

const SIZE = 65536;
const hoard = memory.data(64);
let hoarded: i32 = 0;

export function onRequest(request: Request): Decision {
  const fresh = __new(SIZE, idof<ArrayBuffer>());
  let found = 0;
  for (let i = 0; i < SIZE; i++) if (load<u8>(fresh + i) != 0) found++;
  const kept = new Uint8Array(hoarded);
  memory.copy(kept.dataStart, hoard, hoarded);
  request.headers.set('x-found', found);
  request.headers.set('x-kept', Bytes.from(String.UTF8.decodeUnsafe(kept.dataStart, hoarded)));

  const secret = request.headers.get('x-secret');
  if (!secret.exists) return next();
  memory.fill(fresh, 0xff, SIZE);
  const text = secret.toString();
  hoarded = min(text.length, 64);
  for (let i = 0; i < hoarded; i++) store<u8>(hoard + i, text.charCodeAt(i));
  return next();
}
