// Lets through requests that carry the API key of a consumer, and tells the upstream who that is. The filter never sees a
// key: it compares codes (HMAC) that the gateway makes of the keys with one that is made of what was sent.
import {
  Bytes,
  Decision,
  hmacSha256,
  isFieldValue,
  Json,
  NameSet,
  next,
  Request,
  refuse,
  respond,
  Secret,
} from 'sluice';

const CONSUMER = 'x-consumer';
const PURPOSE = Bytes.from('api-key');

let header: string = '';
/** The code of each key, and the index of its consumer. */
const codes = new NameSet();
const consumers: Bytes[] = [];

export function configure(config: Json): void {
  header = config.get('header').text('x-api-key');
  for (let consumer = config.get('consumers').first(); consumer.exists; consumer = consumer.next()) {
    const name = consumer.name;
    if (name.isEmpty || !isFieldValue(name))
      refuse(consumer.pointer, 'expected a name that a header can carry');
    codes.add(Secret.named(consumer.bytes).hmacSha256(PURPOSE), consumers.length);
    consumers.push(name);
  }
}

export function onRequest(request: Request): Decision {
  const code = hmacSha256(request.headers.get(header), PURPOSE);
  const consumer = code.exists ? codes.get(code) : -1;
  if (consumer < 0) {
    return respond(401)
      .header('www-authenticate', 'ApiKey header="' + header + '"')
      .header('cache-control', 'no-store')
      .problem('API_KEY_REQUIRED', 'The header ' + header + ' needs a key that is known here.');
  }
  request.headers.remove(header);
  request.headers.set(CONSUMER, consumers[consumer]);
  return next();
}
