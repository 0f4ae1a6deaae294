// Which bodies are taken for JSON: those that say so, and those that say nothing and begin like it.
import { Bytes, isJsonMediaType, mediaType, Response } from 'sluice';

/** For responses with a body. */
export function looksLikeJson(response: Response): bool {
  let index = response.headers.find('content-type');
  if (index < 0) return response.status == 206 || beginsLikeJson(response.body);
  while (index >= 0) {
    const type = mediaType(response.headers.valueAt(index));
    if (isJsonMediaType(type)) return true;
    // The parts of such a body have types of their own.
    if (type.equals('multipart/byteranges')) return true;
    index = response.headers.find('content-type', index + 1);
  }
  return false;
}

function beginsLikeJson(body: Bytes): bool {
  let at = 0;
  // A byte order mark: not JSON to us, but to many a client.
  if (body.length > 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf) at = 3;
  while (at < body.length && (body[at] == 0x20 || (body[at] >= 0x09 && body[at] <= 0x0d))) at++;
  return at < body.length && (body[at] == 0x7b || body[at] == 0x5b);
}
