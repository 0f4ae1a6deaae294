// Requests of HTTP/1.1 for fuzzing: some in order, many with something odd, several ahead of their answers.
import { CODINGS, CONNECTIONS, EXTENSIONS, FIELDS, LENGTHS, SIZES, TRAILERS } from './http1-oddities.js';
import type { Random } from './random.js';

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE'];
const ODD_METHODS = ['OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', 'G\x01T', '', 'M'.repeat(200)];
const VERSIONS = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1.', ''];
/** Behind a path, or in place of it. */
const TARGETS: readonly ((path: string) => string)[] = [
  (path) => `${path}?a=b&c=%20`,
  (path) => `${path}?${'q'.repeat(3000)}`,
  (path) => `${path}/../..`,
  (path) => `${path}/%2e%2e/%00`,
  (path) => `/${path}`,
  (path) => `http://a${path}`,
  (path) => `${path}#x`,
  (path) => `${path}\\`,
  (path) => `${path}\xff`,
  () => '*',
  () => '',
  () => 'a:443',
];
const HOSTS = [
  '',
  'Host:',
  'Host: a\r\nHost: b',
  'Host: a b',
  'Host: a,b',
  `Host: ${'h'.repeat(300)}`,
  'Host: [::1',
];
const REQUEST_FIELDS = [
  'Expect: 100-continue',
  'Expect: 200-maybe',
  'Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13',
  'X-Forwarded-For: 1.2.3.4, unknown',
  `X-Long: ${'x'.repeat(9000)}`,
  `${'X-Many: 1\r\n'.repeat(200)}X-Last: 1`,
  'Accept-Encoding: gzip, br',
  'Range: bytes=0-',
  'Content-Encoding: gzip\r\nContent-Type: application/json',
];

/** What a client sends on one connection. */
export function http1Requests(path: string, random: Random): Buffer {
  let text = '';
  for (let i = random.oneIn(3) ? 1 + random.below(6) : 1; i > 0; i--) text += request(path, random);
  return Buffer.from(text, 'latin1');
}

function request(path: string, random: Random): string {
  const method = random.pick(random.oneIn(12) ? ODD_METHODS : METHODS);
  const target = random.oneIn(8) ? random.pick(TARGETS)(path) : path;
  const version = random.oneIn(20) ? random.pick(VERSIONS) : 'HTTP/1.1';
  const fields = [random.oneIn(15) ? random.pick(HOSTS) : 'Host: localhost'].filter((field) => field !== '');
  for (let i = random.below(3); i > 0; i--)
    fields.push(random.oneIn(6) ? random.pick(FIELDS) : random.pick(REQUEST_FIELDS));
  if (random.oneIn(4)) fields.push(`Connection: ${random.pick(CONNECTIONS)}`);
  const body = bodyOf(method, fields, random);
  return `${method} ${target} ${version}\r\n${fields.join('\r\n')}\r\n\r\n${body}`;
}

function bodyOf(method: string, fields: string[], random: Random): string {
  if (method !== 'POST' && method !== 'PUT' && !random.oneIn(10)) return '';
  if (random.oneIn(12)) fields.push(`Content-Length: ${random.pick(LENGTHS)}`);
  if (random.oneIn(12)) fields.push(`Transfer-Encoding: ${random.pick(CODINGS)}`);
  const payload = '{"a": 1} '.repeat(random.below(random.oneIn(6) ? 4000 : 6));
  if (random.oneIn(2)) {
    fields.push(`Content-Length: ${payload.length}`);
    return payload;
  }
  fields.push('Transfer-Encoding: chunked');
  return chunked(payload, random);
}

function chunked(payload: string, random: Random): string {
  let wire = '';
  for (let at = 0; at < payload.length; ) {
    const size = 1 + random.below(payload.length - at);
    const extension = random.oneIn(8) ? random.pick(EXTENSIONS) : '';
    const digits = random.oneIn(30) ? random.pick(SIZES) : size.toString(16);
    wire += `${digits}${extension}\r\n${payload.slice(at, at + size)}\r\n`;
    at += size;
  }
  const trailer = random.oneIn(5) ? `${random.pick(TRAILERS)}\r\n` : '';
  return random.oneIn(12) ? wire : `${wire}0\r\n${trailer}\r\n`;
}
