// Which bodies are taken for JSON: those that say so, and those that say nothing and begin like it. And which are text.
import { Bytes, isUtf8, Response } from 'sluice';
import { ContentTypes } from './content-types';

const PARTIAL_CONTENT = 206;
const JSON_TYPE = 'application/json';

/** For responses with a body. */
export function looksLikeJson(response: Response): bool {
  // As a rule it says so in this very way, and what else it says changes nothing.
  if (response.headers.get('content-type').equalsIgnoreCase(JSON_TYPE)) return true;
  return saysType(response) ? saysJson(response) : beginsLikeJson(response.body);
}

/** Whether the type of the body can be told without the body. */
export function saysType(response: Response): bool {
  return response.status == PARTIAL_CONTENT || new ContentTypes(response.headers).names.length > 0;
}

/** For responses that say the type of their body. A piece that says nothing is taken for one of JSON. */
export function saysJson(response: Response): bool {
  const types = new ContentTypes(response.headers);
  return types.names.length == 0 || types.hasJson || types.hasParts;
}

/** For responses that say the type of their body. */
export function saysJsonLines(response: Response): bool {
  return new ContentTypes(response.headers).hasJsonLines;
}

/** @param body the whole of it, or its first bytes */
export function beginsLikeJson(body: Bytes): bool {
  let at = 0;
  // A byte order mark: not JSON to us, but to many a client.
  if (body.length > 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf) at = 3;
  while (at < body.length && (body[at] == 0x20 || (body[at] >= 0x09 && body[at] <= 0x0d))) at++;
  return at < body.length && (body[at] == 0x7b || body[at] == 0x5b);
}

/** For responses with a body that is no JSON: what people or programs read as characters. */
export function looksLikeText(response: Response): bool {
  const types = new ContentTypes(response.headers);
  return types.names.length == 0 ? isUtf8(response.body) : hasText(types);
}

/** For responses that say the type of their body. */
export function saysText(response: Response): bool {
  return hasText(new ContentTypes(response.headers));
}

/** False for text that says that nobody could look through it: a piece, compressed, or in 16 or 32 bits a character. */
export function isReadable(response: Response): bool {
  const coding = response.headers.get('content-encoding');
  if (response.status == PARTIAL_CONTENT || (coding.exists && !coding.equalsIgnoreCase('identity')))
    return false;
  const charsets = new ContentTypes(response.headers).charsets;
  for (let i = 0; i < charsets.length; i++) {
    const charset = charsets[i];
    if (charset.startsWith('utf-16') || charset.startsWith('utf-32') || charset.startsWith('ucs-'))
      return false;
  }
  return true;
}

/** True for text that begins with the byte order mark of 16 or 32 bits a character. */
export function isWide(body: Bytes): bool {
  return body.length >= 2 && ((body[0] == 0xff && body[1] == 0xfe) || (body[0] == 0xfe && body[1] == 0xff));
}

function hasText(types: ContentTypes): bool {
  const names = types.names;
  for (let i = 0; i < names.length; i++) if (isTextual(names[i])) return true;
  return false;
}

function isTextual(type: Bytes): bool {
  return (
    type.startsWith('text/') ||
    type.endsWith('+xml') ||
    type.equals('application/xml') ||
    type.equals('application/javascript') ||
    type.equals('application/x-javascript') ||
    type.equals('application/ecmascript') ||
    type.equals('application/x-ndjson') ||
    type.equals('application/ndjson') ||
    type.equals('application/jsonl') ||
    type.equals('application/json-seq') ||
    type.equals('application/yaml') ||
    type.equals('application/x-yaml') ||
    type.equals('application/toml') ||
    type.equals('application/sql') ||
    type.equals('application/graphql') ||
    type.equals('application/pem-certificate-chain') ||
    type.equals('application/x-pem-file') ||
    type.equals('application/x-www-form-urlencoded')
  );
}
