import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestResponse } from '../../sdk/testing/index.js';
import {
  builtIn,
  chainOf,
  inShort,
  readmeExample,
  readmeFixtures,
  schemaFindings,
  undescribed,
} from './built-in.js';

type Seen = { status: number; headers: Record<string, string>; text: string };

function through(chain: TestChain, response: TestResponse): Seen {
  const { client, failures } = chain.exchange({ target: '/' }, response);
  assert.deepEqual(failures, []);
  assert(client !== null);
  const { flat } = client.headers;
  const headers: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) headers[flat[i]!] = flat[i + 1]!;
  return { status: client.status, headers, text: client.text };
}

describe('sanitise: headers', () => {
  const chain = chainOf('sanitise', {
    headers: {
      remove: ['Server', 'x-powered-by', 'x-int-*', 'trail*'],
      set: { 'X-Frame-Options': 'DENY', 'x-note': 'käse' },
    },
  });

  it('removes named headers whatever the case in the config', () => {
    const { headers } = through(chain, { headers: { server: 'nginx', 'x-powered-by': 'PHP', etag: '"1"' } });
    assert.deepEqual(Object.keys(headers).sort(), ['etag', 'x-frame-options', 'x-note']);
  });

  it('removes headers by prefix', () => {
    const { headers } = through(chain, { headers: { 'x-int-a': '1', 'x-int-': '2', 'x-internal': '3' } });
    assert.deepEqual(Object.keys(headers).sort(), ['x-frame-options', 'x-internal', 'x-note']);
  });

  it('never removes a framing header by prefix', () => {
    const { headers } = through(chain, { headers: { trailer: 'x', 'trail-mix': 'y' } });
    assert.equal(headers['trailer'], 'x');
    assert.equal(headers['trail-mix'], undefined);
  });

  it('sets headers in place of those of the same name', () => {
    const { headers } = through(chain, { headers: { 'x-frame-options': 'ALLOWALL' } });
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(Buffer.from(headers['x-note']!, 'latin1').toString('utf8'), 'käse');
  });

  it('says nothing at all when there is nothing to change', () => {
    const quiet = chainOf('sanitise', { headers: { remove: ['server'] }, json: { keys: ['x'] } });
    const { calls } = quiet.exchange(
      { target: '/' },
      { headers: { 'content-type': 'application/json' }, body: '{}' },
    );
    assert.deepEqual(
      calls.map(({ edits }) => edits),
      [0],
    );
  });
});

describe('sanitise: which bodies are taken for JSON', () => {
  const chain = chainOf('sanitise', { json: { keys: ['x'], replacement: '#' } });
  const cases: readonly [contentType: string | undefined, body: string, taken: boolean][] = [
    ['application/json', '{"x":1}', true],
    ['application/json; charset=utf-8', '{"x":1}', true],
    ['Application/JSON', '{"x":1}', true],
    ['application/problem+json', '{"x":1}', true],
    ['application/vnd.api+json;v=1', '{"x":1}', true],
    ['text/json', '{"x":1}', true],
    [undefined, '{"x":1}', true],
    [undefined, ' \n[{"x":1}]', true],
    [undefined, 'hello {"x":1}', false],
    [undefined, '"x"', false],
    ['text/html', '{"x":1}', false],
    ['text/plain', '{"x":1}', false],
    ['application/jsonx', '{"x":1}', false],
    ['application/octet-stream', '{"x":1}', false],
    ['application/xml', '<x>1</x>', false],
    ['application/json', '', false],
  ];
  for (const [contentType, body, taken] of cases) {
    it(`${taken ? 'redacts' : 'leaves'} ${JSON.stringify(body)} as ${contentType ?? 'a body without a type'}`, () => {
      const { status, text } = through(chain, {
        body,
        ...(contentType && { headers: { 'content-type': contentType } }),
      });
      assert.deepEqual([status, text], [200, taken ? body.replace('"x":1', '"x":"#"') : body]);
    });
  }

  it('blocks a body with a byte order mark that says nothing of its type', () => {
    assert.equal(through(chain, { body: '\ufeff{"x":1}' }).status, 502);
  });

  it('blocks a compressed body that says it is JSON', () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    assert.equal(through(chain, { headers, body: Buffer.from([0x1f, 0x8b, 8, 0, 0]) }).status, 502);
  });

  it('blocks a part of a JSON document, as digits of a value are JSON by themselves', () => {
    const headers = { 'content-type': 'application/json', 'content-range': 'bytes 20-23/100' };
    assert.equal(through(chain, { status: 206, headers, body: '4111' }).status, 502);
    const several = { 'content-type': 'multipart/byteranges; boundary=b' };
    assert.equal(
      through(chain, { status: 206, headers: several, body: '--b\r\n\r\n4111\r\n--b--' }).status,
      502,
    );
    assert.equal(through(chain, { status: 206, body: '4111' }).status, 502);
  });

  it('leaves a part of anything else', () => {
    const { status, text } = through(chain, {
      status: 206,
      headers: { 'content-type': 'video/mp4' },
      body: 'abc',
    });
    assert.deepEqual([status, text], [206, 'abc']);
  });

  it('removes digests of a body it has changed, and keeps those of one it has not', () => {
    const headers = {
      'content-type': 'application/json',
      'content-md5': 'a',
      'repr-digest': 'b',
      etag: '"c"',
    };
    assert.deepEqual(Object.keys(through(chain, { headers, body: '{"x":1}' }).headers), ['content-type']);
    assert.deepEqual(through(chain, { headers, body: '{"y":1}' }).headers, headers);
  });
});

describe('sanitise: what a client gets in place of an unreadable body', () => {
  const chain = chainOf('sanitise', {
    json: { keys: ['x'] },
    headers: { set: { 'x-a': 'b' }, remove: ['server'] },
  });
  const headers = { 'content-type': 'application/json', 'set-cookie': 'secret', server: 'nginx' };
  const seen = through(chain, { headers, body: '{"x":"secret"' });

  it('is a problem document with the request id and nothing of the body', () => {
    assert.equal(seen.status, 502);
    assert.deepEqual(JSON.parse(seen.text), {
      type: 'urn:sluice:filter:SANITISE_UNREADABLE',
      title: 'SANITISE_UNREADABLE',
      status: 502,
      detail: 'The service answered with a body that cannot be cleaned.',
      code: 'SANITISE_UNREADABLE',
      requestId: 'test-1',
    });
  });

  it('has the headers of the problem and those the config sets, none of the upstream', () => {
    assert.deepEqual(seen.headers, { 'x-a': 'b', 'content-type': 'application/problem+json' });
  });
});

describe('sanitise: server errors', () => {
  const chain = chainOf('sanitise', { errors: { replace: true }, json: { keys: ['x'], replacement: '#' } });

  it('replaces body and headers of a 5xx response and keeps its status', () => {
    const headers = { 'content-type': 'text/html', 'x-trace': 'at db.ts:12', 'retry-after': '30' };
    const seen = through(chain, { status: 503, headers, body: '<pre>Error: at db.ts:12</pre>' });
    assert.equal(seen.status, 503);
    assert.deepEqual(seen.headers, { 'retry-after': '30', 'content-type': 'application/problem+json' });
    const problem = JSON.parse(seen.text);
    assert.equal(problem.code, 'SANITISE_UPSTREAM_ERROR');
    assert.equal(problem.status, 503);
    assert.match(problem.requestId, /^test-\d+$/);
    assert.doesNotMatch(seen.text, /db\.ts/);
  });

  it('leaves a client error, redacted', () => {
    const seen = through(chain, {
      status: 404,
      headers: { 'content-type': 'application/json' },
      body: '{"x":1}',
    });
    assert.deepEqual([seen.status, seen.text], [404, '{"x":"#"}']);
  });

  it('leaves a 5xx response, redacted, when the config does not ask', () => {
    const plain = chainOf('sanitise', { json: { keys: ['x'], replacement: '#' } });
    const seen = through(plain, {
      status: 500,
      headers: { 'content-type': 'application/json' },
      body: '{"x":1}',
    });
    assert.deepEqual([seen.status, seen.text], [500, '{"x":"#"}']);
  });
});

describe('sanitise: config', () => {
  const refused: readonly [name: string, config: unknown, message: RegExp][] = [
    ['a lone * in remove', { headers: { remove: ['a', '*'] } }, /config\/headers\/remove\/1: a lone \*/],
    ['a * in the middle', { headers: { remove: ['a*b'] } }, /config\/headers\/remove\/0: /],
    [
      'a framing header to remove',
      { headers: { remove: ['Content-Length'] } },
      /config\/headers\/remove\/0: the gateway writes/,
    ],
    [
      'a framing header to set',
      { headers: { set: { host: 'x' } } },
      /config\/headers\/set\/host: the gateway writes/,
    ],
    [
      'a header name that is none',
      { headers: { set: { 'a b': 'x' } } },
      /config\/headers\/set\/a b: not a header name/,
    ],
    [
      'a header value with a line break',
      { headers: { set: { 'x-a': 'b\r\nc: d' } } },
      /config\/headers\/set\/x-a: .*control/,
    ],
    [
      'a path without a slash',
      { json: { paths: ['/a', 'b'] } },
      /config\/json\/paths\/1: expected a JSON Pointer/,
    ],
    [
      'a path with a lone ~',
      { json: { paths: ['/a~2'] } },
      /config\/json\/paths\/0: expected a JSON Pointer/,
    ],
    [
      'paths that overlap in too many ways',
      {
        json: {
          paths: Array.from(
            { length: 13 },
            (_, i) => `${'/*'.repeat(i)}/k${i}${'/*'.repeat(13 - i)}/end`,
          ).concat(Array.from({ length: 13 }, (_, i) => `${'/*'.repeat(i)}/j${i}${'/*'.repeat(13 - i)}/end`)),
        },
      },
      /config\/json\/paths: these pointers overlap/,
    ],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('sanitise', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('is described property by property in the manifest', () => {
    assert.deepEqual(undescribed('sanitise'), []);
  });

  it('has a schema that takes the example of the README and refuses unknown keys', () => {
    assert.deepEqual(schemaFindings('sanitise', readmeExample('sanitise')), []);
    assert.deepEqual(schemaFindings('sanitise', { json: { key: ['a'] } }), ['/json']);
    assert.deepEqual(schemaFindings('sanitise', { headers: { remove: ['*'] } }), ['/headers/remove/0']);
    assert.deepEqual(schemaFindings('sanitise', {}), ['']);
  });

  it('asks for no capability', () => {
    assert.doesNotThrow(
      () => new TestChain([{ module: builtIn('sanitise'), config: { json: {} }, grants: [] }]),
    );
  });
});

describe('sanitise: the fixtures of its README', () => {
  const chain = chainOf('sanitise', readmeExample('sanitise'));
  for (const [status = '', type = '', body = '', clientSees] of readmeFixtures('sanitise')) {
    it(`${status} ${type}: ${body}`, () => {
      const seen = through(chain, {
        status: Number(status),
        body,
        headers: { server: 'nginx', 'x-internal-node': '7', ...(type !== '' && { 'content-type': type }) },
      });
      assert.equal(inShort(seen.status, seen.headers['content-type'], seen.text), clientSees);
      assert.equal(seen.headers['x-content-type-options'], 'nosniff');
      assert.equal(seen.headers['server'] ?? seen.headers['x-internal-node'], undefined);
    });
  }
});
