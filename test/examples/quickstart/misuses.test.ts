// What people try on an API like the quickstart's, through its configuration as it is shipped: none of it may succeed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as forward } from 'node:http';
import { after, before, describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { type SampleApi, startSampleApi } from '../../../examples/quickstart/sample-api.js';
import { TestGateway } from '../../support/gateway.js';
import { RawClient, type RawResponse, valuesOf } from '../../support/raw-client.js';
import { startHttpTarget } from '../../support/upstream-servers.js';

const CONFIG = readFileSync(new URL('../../../../examples/quickstart/sluice.yaml', import.meta.url), 'utf8');
/** What no client may ever see of the sample API. */
const LEAKS =
  /passwordHash":"\$2b|"cvv":"\d|\d{4} \d{4} \d{4} \d{4}|shard db-|SELECT |at .*sample-api|Apache|Express|live_51H8x/;

interface Attempt {
  readonly line: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

const get = (target: string): Attempt => ({ line: `GET ${target}` });
const post = (target: string, body: string, ...headers: string[]): Attempt => ({
  line: `POST ${target}`,
  headers: headers.length > 0 ? headers : ['content-type: application/json'],
  body,
});
const user = (fields: string): Attempt => post('/users', `{"name":"M","email":"m@example.com"${fields}}`);
const hook = (url: string): Attempt => post('/webhooks', JSON.stringify({ url }));
const NESTED = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;

const REFUSED: readonly (readonly [string, Attempt])[] = [
  // What was never declared.
  ['the open admin export', get('/admin/users/export')],
  ['the admin path alone', get('/admin')],
  ['the export behind two slashes', get('//admin/users/export')],
  ['the export by dot segments', get('/users/../admin/users/export')],
  ['the export by encoded dots', get('/users/%2e%2e/admin/users/export')],
  ['the export by encoded dots and slash', get('/users/%2E%2E%2Fadmin/users/export')],
  ['the export by dots below a user', get('/users/1/../../admin/users/export')],
  ['the export by backslashes', get('/users\\..\\admin\\users\\export')],
  ['the export with a letter encoded', get('/%61dmin/users/export')],
  ['the export with a letter encoded twice', get('/%2561dmin/users/export')],
  ['the export in capitals', get('/ADMIN/users/export')],
  ['the export behind a path parameter', get('/users;x=1/../admin/users/export')],
  ['a path below a user', get('/users/1/export')],
  ['a user with a slash behind', get('/users/1/')],
  ['two slashes in a path', get('/users//1')],
  ['a file that is often forgotten', get('/.env')],
  ['a version control folder', get('/.git/config')],
  ['a NUL in the path', get('/users/%00')],
  ['an overlong path segment', get(`/users/${'1'.repeat(3000)}/x`)],
  ['a target with a fragment', get('/users#/../admin/users/export')],
  // Methods.
  ['deleting a user', { line: 'DELETE /users/1' }],
  ['putting a user', { line: 'PUT /users/1' }],
  ['patching a user', { line: 'PATCH /users/1' }],
  ['posting to a user', post('/users/1', '{"role":"admin"}')],
  ['asking for the methods', { line: 'OPTIONS /users' }],
  ['tracing', { line: 'TRACE /users' }],
  ['a method in small letters', { line: 'get /users' }],
  ['a method of nobody', { line: 'PROPFIND /users' }],
  // Queries.
  ['a parameter nobody declared', get('/users?limit=1&admin=true')],
  ['a parameter on a path that takes none', get('/users/1?fields=passwordHash')],
  ['a parameter twice', get('/users?limit=1&limit=1000')],
  ['a parameter behind a semicolon', get('/users?limit=1;admin=1')],
  ['a parameter that becomes a field', { ...user(''), line: 'POST /users?role=admin' }],
  ['an encoded name of a parameter', get('/users?%61dmin=1')],
  // Bodies.
  ['a role', user(',"role":"admin"')],
  ['an id', user(',"id":1')],
  ['a prototype', user(',"__proto__":{"role":"admin"}')],
  ['a constructor', user(',"constructor":{"prototype":{"role":"admin"}}')],
  ['a name twice', user(',"name":"other"')],
  ['a name twice, spelled in two ways', user(',"n\\u0061me":"other"')],
  ['a list of users', post('/users', '[{"name":"M","email":"m@example.com"}]')],
  ['a number for a name', post('/users', '{"name":1,"email":"m@example.com"}')],
  ['an object for an e-mail', post('/users', '{"name":"M","email":{"$gt":""}}')],
  ['no e-mail address', post('/users', '{"name":"M","email":"nobody"}')],
  ['an empty name', post('/users', '{"name":"","email":"m@example.com"}')],
  ['a name that is too long', post('/users', `{"name":"${'M'.repeat(101)}","email":"m@example.com"}`)],
  ['a document nested 200 levels deep', post('/users', NESTED)],
  ['no document', post('/users', '')],
  ['half a document', post('/users', '{"name":"M"')],
  ['something behind the document', post('/users', '{"name":"M","email":"m@example.com"} {"role":"admin"}')],
  ['a number that JSON does not have', post('/users', '{"name":"M","email":"m@example.com","id":NaN}')],
  ['a byte order mark', post('/users', '\xef\xbb\xbf{"name":"M","email":"m@example.com"}')],
  ['text that is not UTF-8', post('/users', '{"name":"\xff","email":"m@example.com"}')],
  [
    'JSON that says it is text',
    post('/users', '{"name":"M","email":"m@example.com"}', 'content-type: text/plain'),
  ],
  [
    'JSON in another encoding',
    post('/users', '{"name":"M","email":"m@example.com"}', 'content-type: application/json; charset=utf-16'),
  ],
  [
    'two content types',
    post(
      '/users',
      '{"name":"M","email":"m@example.com"}',
      'content-type: application/json',
      'content-type: text/xml',
    ),
  ],
  ['no content type', post('/users', '{"name":"M","email":"m@example.com"}', 'x-none: 1')],
  [
    'a form',
    post('/users', 'name=M&email=m%40example.com', 'content-type: application/x-www-form-urlencoded'),
  ],
  ['XML', post('/users', '<user><role>admin</role></user>', 'content-type: application/xml')],
  ['a body of 17 KB', post('/users', `{"name":"M","email":"m@example.com"${' '.repeat(17_000)}}`)],
  [
    'a compressed body',
    post('/users', '\x1f\x8b\x08\x00', 'content-type: application/json', 'content-encoding: gzip'),
  ],
  // Requests from inside.
  ['the metadata service', hook('http://169.254.169.254/latest/meta-data/')],
  ['the machine itself', hook('http://localhost:9001/admin/users/export')],
  ['the machine itself, in one number', hook('https://2130706433/')],
  ['the machine itself, in hexadecimal', hook('https://0x7f.1/')],
  ['the machine itself, by IPv6', hook('https://[::ffff:127.0.0.1]/')],
  ['the allowed host as a user name', hook('https://hooks.example.com@169.254.169.254/')],
  ['the allowed host as a label', hook('https://hooks.example.com.evil.test/')],
  ['the allowed host behind a backslash', hook('https://evil.test\\@hooks.example.com/')],
  ['the allowed host without TLS', hook('http://hooks.example.com/')],
  ['the allowed host at another port', hook('https://hooks.example.com:22/')],
  ['a line end in the URL', hook('https://hooks.example.com/\r\nx-injected: 1')],
  ['a space in front of the URL', hook(' http://169.254.169.254/')],
  ['a file', hook('file:///etc/passwd')],
  ['gopher', hook('gopher://hooks.example.com/_GET')],
  ['a list of URLs', post('/webhooks', '{"url":["https://hooks.example.com/"]}')],
  // Requests that two parsers may read differently.
  ['two lengths', { line: 'GET /users', headers: ['content-length: 0', 'content-length: 4'] }],
  [
    'a length and chunks',
    { ...user(''), headers: ['content-type: application/json', 'transfer-encoding: chunked'] },
  ],
  ['a coding that is nearly chunked', { line: 'GET /users', headers: ['transfer-encoding: xchunked'] }],
  ['two hosts', { line: 'GET /users', headers: ['host: evil.test'] }],
];

const SEEN: readonly (readonly [string, Attempt])[] = [
  ['a user', get('/users/1')],
  ['all users', get('/users')],
  ['a page of users', get('/users?page=1&limit=2')],
  ['a new user', user('')],
  ['an error', get('/broken')],
  ['a user that does not exist', get('/users/999')],
  ['a user by a strange number', get('/users/1e0')],
];

describe('behind the configuration of the quickstart', () => {
  let api: SampleApi;
  before(async () => {
    api = await startSampleApi(0);
  });
  after(() => api.close());

  /** The gateway of the quickstart, and what its API was asked. */
  async function start(test: TestContext): Promise<{ port: number; asked: string[] }> {
    const asked: string[] = [];
    const target = await startHttpTarget(test, (incoming, outgoing) => {
      const { method, url, headers } = incoming;
      asked.push(`${method} ${url}`);
      incoming.pipe(
        forward({ port: api.port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode!, answer.rawHeaders);
          answer.pipe(outgoing);
        }),
      );
    });
    const { upstreams, filters, routes } = parse(CONFIG) as Record<string, Record<string, unknown>[]>;
    assert.ok(upstreams && filters && routes);
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: filters as unknown as Record<string, unknown>,
      routes,
    });
    return { port: gateway.port, asked };
  }

  async function attempt(port: number, { line, headers = [], body = '' }: Attempt): Promise<RawResponse> {
    const length = line.startsWith('POST ') ? [`content-length: ${body.length}`] : [];
    const fields = ['host: api.example.com', ...headers, ...length].join('\r\n');
    const client = await RawClient.open(port);
    client.send(`${line} HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
    const response = await client.response();
    client.destroy();
    return response;
  }

  it(`${REFUSED.length} misuses do not reach the API`, async (test) => {
    const { port, asked } = await start(test);
    for (const [name, misuse] of REFUSED) {
      const { status, headers, body } = await attempt(port, misuse);
      assert.deepEqual(asked, [], name);
      assert.ok(status === 0 || (status >= 400 && status < 600), `${name}: ${status}`);
      assert.doesNotMatch(`${headers.join(' ')} ${body.toString('latin1')}`, LEAKS, name);
    }
  });

  it('what the API says arrives without what nobody may see', async (test) => {
    const { port, asked } = await start(test);
    for (const [index, [name, use]] of SEEN.entries()) {
      const response = await attempt(port, use);
      assert.equal(asked.length, index + 1, name);
      const text = response.body.toString();
      assert.doesNotMatch(`${response.headers.join(' ')} ${text}`, LEAKS, name);
      assert.deepEqual(valuesOf(response, 'x-powered-by'), []);
      assert.doesNotThrow(() => JSON.parse(text), name);
    }
  });
});
