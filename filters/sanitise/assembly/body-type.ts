// Which bodies are taken for JSON: those that say so, and those that say nothing and begin like it. And which are text.
import { Bytes, isUtf8, Response } from 'sluice';
import { ContentTypes } from './content-types';

const PARTIAL_CONTENT = 206;

/** For responses with a body. */
export function looksLikeJson(response: Response): bool {
  const types = new ContentTypes(response.headers);
  if (types.names.length == 0) return response.status == PARTIAL_CONTENT || beginsLikeJson(response.body);
  return types.hasJson || types.hasParts;
}

function beginsLikeJson(body: Bytes): bool {
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

/** False for text that nobody could look through: a piece of it, and what is compressed or in 16 or 32 bits a character. */
export function isReadable(response: Response): bool {
  const coding = response.headers.get('content-encoding');
  if (response.status == PARTIAL_CONTENT || (coding.exists && !coding.equalsIgnoreCase('identity')))
    return false;
  if (isWide(new ContentTypes(response.headers))) return false;
  const body = response.body;
  return body.length < 2 || !((body[0] == 0xff && body[1] == 0xfe) || (body[0] == 0xfe && body[1] == 0xff));
}

/** 16 or 32 bits a character. */
function isWide(types: ContentTypes): bool {
  const charsets = types.charsets;
  for (let i = 0; i < charsets.length; i++) {
    const charset = charsets[i];
    if (charset.startsWith('utf-16') || charset.startsWith('utf-32') || charset.startsWith('ucs-'))
      return true;
  }
  return false;
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
