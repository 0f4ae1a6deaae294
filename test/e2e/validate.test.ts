import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { readmeExample } from '../filters/built-in.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

/** A busy machine may leave a thread waiting for longer than the default. */
const PATIENT = { deadlineMs: 2000 };
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Stage {
  readonly gateway: TestGateway;
  /** Requests that reached the service, in order. */
  readonly seen: {
    readonly target: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[];
  /** Status, code and findings of a refusal, else status and body. */
  ask(target: string, init?: RequestInit): Promise<string>;
}

const USER = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'age'],
  properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer', minimum: 0 } },
};

/** A gateway with the filter on the routes `user` (`/users/:id`), `users` (`/users`) and `other` (`/other`). */
async function start(
  test: TestContext,
  filter: Record<string, unknown>,
  reply: Reply = { status: 200, body: '' },
): Promise<Stage> {
  const seen: Stage['seen'] = [];
  const target = await startHttpTarget(test, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ target: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const { status, body, headers } = reply;
      const type = body === '' ? {} : { 'content-type': JSON_TYPE };
      response.writeHead(status, { ...type, ...headers }).end(body);
    });
  });
  const gateway = await TestGateway.start(test, {
    upstreams: { sample: { targets: [{ url: target.url }] } },
    filters: {
      check: { module: 'builtin:validate', limits: PATIENT, grants: { schemas: true }, ...filter },
    },
    routes: [
      route('user', '/users/:id', ['check']),
      route('users', '/users', ['check']),
      route('other', '/other', ['check']),
    ],
  });
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(gateway.url(path), init);
    const text = await response.text();
    if (response.headers.get('content-type') !== 'application/problem+json')
      return `${response.status} ${text}`.trim();
    const { code, findings = [] } = JSON.parse(text) as {
      code: string;
      findings?: { in: string; pointer: string; rule: string }[];
    };
    const found = findings.map(({ in: place, pointer, rule }) => `${place}${pointer} ${rule}`);
    return [`${response.status} ${code}`, ...found].join(' | ');
  };
  return { gateway, seen, ask };
}

const post = (body: string, type = JSON_TYPE): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': type },
  body,
});

describe('the filter validate behind a listener', () => {
  it('runs the example of its README', async (test) => {
    const { gateway } = await start(test, { config: readmeExample('validate') });
    assert.equal((await gateway.state()).lastError, null);
  });

  it('holds parameters of path, query, headers and cookies to their schemas', async (test) => {
    const id = { schema: { type: 'integer' } };
    const { seen, ask } = await start(test, {
      config: {
        operations: {
          user: {
            path: { id },
            query: {
              page: { schema: { type: 'integer', maximum: 9 } },
              tags: { schema: { type: 'array', items: { enum: ['a', 'b'] } } },
            },
            headers: { 'x-tenant': { required: true, schema: { pattern: '^[a-z]+$' } } },
            cookies: { sid: { required: true, schema: { type: 'string', minLength: 4 } } },
          },
        },
      },
    });
    const headers = { 'x-tenant': 'acme', cookie: 'sid=abcd; other=1' };
    const good = ['/users/7', '/users/7?page=9', '/users/7?tags=a&tags=b&page=1', '/users/%37'];
    for (const target of good) assert.equal(await ask(target, { headers }), '200', target);
    // What the router decodes goes on decoded; the query is as it came.
    assert.deepEqual(
      seen.map(({ target }) => target),
      [...good.slice(0, 3), '/users/7'],
    );
    const bad: readonly (readonly [target: string, headers: Record<string, string>, finding: string])[] = [
      ['/users/me', headers, 'path/id type'],
      ['/users/07', headers, 'path/id type'],
      ['/users/7?page=10', headers, 'query/page maximum'],
      ['/users/7?page=1&page=2', headers, 'query/page repeated'],
      ['/users/7?page=1&p%61ge=2', headers, 'query/page repeated'],
      ['/users/7?tags=a&tags=c', headers, 'query/tags/1 enum'],
      ['/users/7?debug', headers, 'query/debug unknown'],
      ['/users/7', { cookie: headers.cookie }, 'headers/x-tenant required'],
      ['/users/7', { ...headers, 'x-tenant': 'ACME' }, 'headers/x-tenant pattern'],
      ['/users/7', { 'x-tenant': 'acme' }, 'cookies/sid required'],
      ['/users/7', { ...headers, cookie: 'sid=abc' }, 'cookies/sid minLength'],
      ['/users/7', { ...headers, cookie: 'sid=abcd; sid=efgh' }, 'cookies/sid repeated'],
    ];
    for (const [target, fields, finding] of bad)
      assert.equal(await ask(target, { headers: fields }), `422 VALIDATE_MISMATCH | ${finding}`, target);
    assert.equal(await ask('/other'), '403 VALIDATE_UNKNOWN_ROUTE');
    assert.equal(seen.length, good.length, 'nothing that was refused reached the service');
  });

  it('reads JSON strictly and forms by their schema, and hands both on as they came', async (test) => {
    const contents = { [JSON_TYPE]: { schema: USER }, [FORM_TYPE]: { schema: USER } };
    const limits = { bodyBytes: 200, depth: 4 };
    const { seen, ask } = await start(test, {
      config: { limits, operations: { users: { body: { required: true, contents } } } },
    });
    const passing = ['{ "name":"Ann",\n "age":3 }', '{"age":3,"name":"\\u0041"}'];
    for (const body of passing) assert.equal(await ask('/users', post(body)), '200', body);
    assert.equal(await ask('/users', post('name=Ann+B&age=3', FORM_TYPE)), '200');
    assert.deepEqual(
      seen.map(({ body }) => body),
      [...passing, 'name=Ann+B&age=3'],
    );
    const refused: readonly (readonly [init: RequestInit, answer: string])[] = [
      [post('{"name":"a","age":1,"age":2}'), '400 VALIDATE_NOT_JSON'],
      [post('{"name":"a","age":1,"\\u0061ge":2}'), '400 VALIDATE_NOT_JSON'],
      [post('{"name":"a","age":1,}'), '400 VALIDATE_NOT_JSON'],
      [post('{"name":"a","age":"1"}'), '422 VALIDATE_MISMATCH | body/age type'],
      [post('{"name":"a","age":1,"admin":true}'), '422 VALIDATE_MISMATCH | body additionalProperties'],
      [post('{"name":[[[[[]]]]],"age":1}'), '413 VALIDATE_LIMIT | body depth'],
      [post(`{"name":"${'a'.repeat(200)}","age":1}`), '413 VALIDATE_TOO_LARGE'],
      [post('{}', 'text/plain'), '415 VALIDATE_CONTENT_TYPE'],
      [post('{"name":"a","age":1}', `${JSON_TYPE};charset=utf-16`), '415 VALIDATE_CONTENT_TYPE'],
      [{ method: 'POST' }, '400 VALIDATE_EMPTY'],
      [post('name=a&age=1&age=2', FORM_TYPE), '422 VALIDATE_MISMATCH | body/age repeated | body required'],
      [post('name=a&age=x', FORM_TYPE), '422 VALIDATE_MISMATCH | body/age type | body required'],
      [post('name=a&age=1&admin=1', FORM_TYPE), '422 VALIDATE_MISMATCH | body additionalProperties'],
    ];
    for (const [init, answer] of refused) assert.equal(await ask('/users', init), answer, String(init.body));
    assert.equal(seen.length, passing.length + 1);
  });

  it('never shows a value that it refused, to the client or in the log', async (test) => {
    const { gateway, ask } = await start(test, {
      config: {
        operations: {
          users: {
            query: { q: { schema: { enum: ['a'] } } },
            body: { contents: { [JSON_TYPE]: { schema: USER } } },
          },
        },
      },
    });
    const response = await fetch(gateway.url('/users?q=s3cr3t'), post('{"name":"s3cr3t","age":"s3cr3t"}'));
    assert.equal(response.status, 422);
    assert.doesNotMatch(await response.text(), /s3cr3t/);
    await gateway.logLine(({ msg }) => msg === 'exchange');
    assert.doesNotMatch(JSON.stringify(gateway.log()), /s3cr3t/);
    assert.equal(await ask('/users?q=a', post('{"name":"Ann","age":1}')), '200');
  });

  it('takes out members that the schema does not name and reads texts as what they stand for', async (test) => {
    const contents = { [JSON_TYPE]: { schema: { ...USER, additionalProperties: undefined } } };
    const { seen, ask } = await start(test, {
      config: { operations: { users: { body: { contents, stripUnknown: true, coerce: true } } } },
    });
    const untouched = '{ "name": "Ann", "age": 3 }';
    assert.equal(await ask('/users', post(untouched)), '200');
    const changed = post('{ "name": "Ann", "admin": true, "age": "3" }');
    assert.equal(
      await ask('/users', { ...changed, headers: { ...changed.headers, digest: 'sha-256=x' } }),
      '200',
    );
    assert.equal(
      await ask('/users', post('{"name":"Ann","age":"three"}')),
      '422 VALIDATE_MISMATCH | body/age type',
    );
    assert.equal(seen[0]!.body, untouched);
    assert.deepEqual(JSON.parse(seen[1]!.body), { name: 'Ann', age: 3 });
    assert.equal(seen[1]!.headers['content-length'], String(Buffer.byteLength(seen[1]!.body)));
    assert.equal(seen[1]!.headers['digest'], undefined);
    assert.equal(seen.length, 2);
  });

  const responses = {
    '200': { contents: { [JSON_TYPE]: { schema: { ...USER, additionalProperties: true } } } },
    '404': {},
  };
  const leaking: Reply = {
    status: 200,
    body: '{"name":"Ann","age":3,"hash":"s3cr3t"}',
    headers: { etag: '"1"', 'x-internal': 's3cr3t' },
  };

  it('puts a 502 in place of a response that is not what is documented, and nothing of it is left', async (test) => {
    const bodies: readonly Reply[] = [
      { status: 200, body: '{"name":"Ann","age":"s3cr3t"}', headers: { 'x-internal': 's3cr3t' } },
      { status: 500, body: '{"at":"s3cr3t"}', headers: { 'set-cookie': 's3cr3t' } },
      { status: 200, body: '{"name":"s3cr3t","name":"Ann","age":3}' },
      { status: 200, body: '<b>s3cr3t</b>', headers: { 'content-type': 'text/html' } },
    ];
    for (const reply of bodies) {
      const { gateway } = await start(test, { config: { operations: { users: { responses } } } }, reply);
      const response = await fetch(gateway.url('/users'));
      const whole = `${JSON.stringify([...response.headers])} ${await response.text()}`;
      assert.equal(response.status, 502);
      assert.match(whole, /VALIDATE_RESPONSE/);
      assert.doesNotMatch(whole, /s3cr3t/);
    }
    const { ask } = await start(
      test,
      { config: { operations: { users: { responses } } } },
      { status: 404, body: '' },
    );
    assert.equal(await ask('/users'), '404');
  });

  it('projects responses on what their schema names, framed anew', async (test) => {
    const schema = { ...USER, additionalProperties: undefined };
    const projected = { '200': { contents: { [JSON_TYPE]: { schema } }, project: true } };
    const { gateway } = await start(
      test,
      { config: { operations: { users: { responses: projected } } } },
      leaking,
    );
    const response = await fetch(gateway.url('/users'));
    const text = await response.text();
    assert.deepEqual(JSON.parse(text), { name: 'Ann', age: 3 });
    assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(text)));
    assert.equal(response.headers.get('etag'), null, 'it was that of another body');
    assert.equal(response.headers.get('x-internal'), 's3cr3t', 'headers are for the filter sanitise');
  });

  it('lets all through in report mode, unchanged, and logs and counts what it would have refused', async (test) => {
    const contents = { [JSON_TYPE]: { schema: USER } };
    const unfit: Reply = { status: 200, body: '{"name":"Ann","hash":"x"}' };
    const { gateway, seen, ask } = await start(
      test,
      {
        grants: { schemas: true, log: true, metrics: true },
        config: {
          mode: 'report',
          operations: {
            users: {
              body: { contents, stripUnknown: true },
              responses: { '200': { contents, project: true } },
            },
          },
        },
      },
      unfit,
    );
    const body = '{"name":"Ann","age":-1,"admin":true}';
    assert.equal(await ask('/users', post(body)), `200 ${unfit.body}`);
    assert.equal(seen[0]!.body, body);
    const counted = (code: string): Promise<number> =>
      gateway.metric(`sluice_x_validate_reported_total{filter="check",code="${code}"}`);
    const request = await gateway.logLine(({ msg }) =>
      /would answer 422 VALIDATE_MISMATCH/.test(String(msg)),
    );
    assert.match(String(request['msg']), /"in":"body"/);
    await gateway.logLine(({ msg }) => /would answer 502 VALIDATE_RESPONSE/.test(String(msg)));
    assert.deepEqual([await counted('VALIDATE_MISMATCH'), await counted('VALIDATE_RESPONSE')], [1, 1]);
  });

  it('decides on a body that comes in pieces when all of it is there', async (test) => {
    const contents = { [JSON_TYPE]: { schema: USER } };
    const { gateway, seen } = await start(test, {
      config: { operations: { users: { body: { contents } } } },
    });
    const answer = (pieces: readonly string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        let received = '';
        const socket = connect(gateway.port, '127.0.0.1', () => {
          socket.write(
            `POST /users HTTP/1.1\r\nhost: a\r\ncontent-type: ${JSON_TYPE}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n`,
          );
          for (const piece of pieces) socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
          socket.write('0\r\n\r\n');
        });
        socket.on('data', (bytes) => {
          received += bytes.toString();
        });
        socket.on('close', () => resolve(received.split('\r\n', 1)[0]!));
        socket.on('error', reject);
      });
    assert.match(await answer(['{"na', 'me":"Ann","a', 'ge":3}']), /^HTTP\/1\.1 200/);
    assert.match(await answer(['{"name":"Ann","age":3', ',"age":4}']), /^HTTP\/1\.1 400/);
    assert.deepEqual(
      seen.map(({ body }) => body),
      ['{"name":"Ann","age":3}'],
    );
  });
});
