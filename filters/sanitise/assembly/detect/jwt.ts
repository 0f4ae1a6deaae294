// JSON Web Tokens (RFC 7519) in compact form: signed with two dots, encrypted with four.
import { Bytes, base64UrlDecode, Json } from 'sluice';
import { byteAt, isWord, startsWith } from './text';

/** End of the token that begins at `at`, or 0. Its header must be JSON that names an algorithm. */
export function jwtEnd(at: usize, end: usize): usize {
  if (!startsWith(at, end, 'eyJ')) return 0;
  const header = partEnd(at, end);
  if (byteAt(header, end) != 0x2e) return 0;
  const payload = partEnd(header + 1, end);
  if (byteAt(payload, end) != 0x2e || !namesAlgorithm(at, header)) return 0;
  const third = partEnd(payload + 1, end);
  if (byteAt(third, end) != 0x2e) return third;
  const fourth = partEnd(third + 1, end);
  return byteAt(fourth, end) == 0x2e ? partEnd(fourth + 1, end) : third;
}

function partEnd(at: usize, end: usize): usize {
  while (at < end && isBase64Url(load<u8>(at))) at++;
  return at;
}

function isBase64Url(byte: u32): bool {
  return isWord(byte) || byte == 0x2d || byte == 0x5f;
}

function namesAlgorithm(at: usize, end: usize): bool {
  return Json.parse(base64UrlDecode(new Bytes(at, <i32>(end - at)))).get('alg').isString;
}
