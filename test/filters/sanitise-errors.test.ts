// Which errors the built-in filter `sanitise` keeps from clients, what goes to the log, and the mode `report`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestOutcome } from '../../sdk/testing/index.js';
import { builtIn, readmeExample, schemaFindings } from './built-in.js';

function chainOf(config: unknown): TestChain {
  assert.deepEqual(schemaFindings('sanitise', config), []);
  return new TestChain([{ module: builtIn('sanitise'), config }]);
}

function answer(
  chain: TestChain,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = { 'content-type': 'text/html' },
): TestOutcome {
  const outcome = chain.exchange({ target: '/' }, { status, body, headers });
  assert.deepEqual(outcome.failures, []);
  return outcome;
}

/** Bodies of errors by what shows in them; `null` is nothing. */
const BODIES: readonly (readonly [leak: string | null, body: string])[] = [
  ['stack-trace', 'Error: x\n    at Object.<anonymous> (/app/server.js:12:7)\n    at node.js:1:1'],
  ['stack-trace', 'Error: x\n    at /app/server.js:12:7\n'],
  ['stack-trace', JSON.stringify({ stack: 'Error: x\n    at f (/app/db.ts:12:3)' })],
  ['stack-trace', 'java.x.Y: z\n\tat com.example.Users.find(Users.java:42)\n'],
  ['stack-trace', JSON.stringify({ trace: 'x\n\tat com.example.Users.find(Users.java:42)' })],
  ['stack-trace', '<pre>Error<br> &nbsp; &nbsp;at f (/app/db.js:1:2)</pre>'],
  ['stack-trace', 'x\r\n   at App.Users.Find(Int32 id) in C:\\app\\Users.cs:line 42\r\n'],
  ['stack-trace', 'Traceback (most recent call last):\n  File "/app/x.py", line 3, in f'],
  ['stack-trace', '<b>Fatal error: Uncaught Exception in /var/www/x.php:3</b>'],
  ['stack-trace', 'Warning: x in <b>/var/www/x.php</b> on line <b>3</b>'],
  ['stack-trace', 'Stack trace:\n#0 /var/www/x.php(3): f()'],
  ['stack-trace', 'panic: runtime error: index out of range\n\ngoroutine 1 [running]:'],
  ['stack-trace', "thread 'main' panicked at src/main.rs:2:5"],
  ['stack-trace', "/usr/lib/ruby/gems/3.0.0/x.rb:12:in `f'"],
  ['stack-trace', 'Caused by: java.lang.NullPointerException'],
  ['stack-trace', 'System.NullReferenceException: Object reference not set'],
  ['sql-error', 'You have an error in your SQL syntax; check the manual'],
  ['sql-error', 'SQLSTATE[42000]: Syntax error'],
  ['sql-error', '{"error":"syntax error at or near \\"FROM\\""}'],
  ['sql-error', 'ERROR: duplicate key value violates unique constraint "users_pkey"'],
  ['sql-error', 'ORA-00933: SQL command not properly ended'],
  ['sql-error', 'Unclosed quotation mark after the character string'],
  ['sql-error', 'Incorrect syntax near the keyword'],
  ['sql-error', 'sqlite3.OperationalError: no such table: users'],
  ['sql-error', 'SQLITE_ERROR: no such table: users'],
  ['sql-error', 'org.postgresql.util.PSQLException: x'],
  ['sql-error', "Unknown column 'x' in 'field list'"],
  ['sql-error', 'E11000 duplicate key error collection: a.b'],
  ['server-banner', '<html><hr><center>nginx/1.18.0 (Ubuntu)</center></html>'],
  ['server-banner', '<address>Apache/2.4.41 (Ubuntu) Server at x Port 80</address>'],
  ['server-banner', '<h3>Apache Tomcat/9.0.1</h3>'],
  ['server-banner', '<h1>Whitelabel Error Page</h1>'],
  ['server-banner', '<p>Microsoft-IIS/10.0</p>'],
  [null, '{"error":"not found","code":404}'],
  [null, 'The page you look at 12:30 is closed (at 13:00)'],
  [null, 'We meet  at the office at 12:30, room 5'],
  [null, '<h1>Not Found</h1><p>Look at  /help</p>'],
  [null, '{"detail":"the field name must be a string","at":"/users/0"}'],
  [null, ''],
];
const LEAKS = ['stack-trace', 'sql-error', 'server-banner'];

describe('sanitise: traces of what runs behind the gateway', () => {
  const all = chainOf({ errors: { leaks: LEAKS } });
  for (const [leak, body] of BODIES) {
    it(`${leak === null ? 'are not in' : `(${leak}) are kept from clients:`} ${JSON.stringify(body)}`, () => {
      for (const status of [400, 404, 500, 503]) {
        const { client } = answer(all, status, body);
        assert.equal(client!.status, status);
        if (leak === null) assert.equal(client!.text, body);
        else assert.equal(JSON.parse(client!.text).code, 'SANITISE_UPSTREAM_ERROR');
      }
      assert.equal(answer(all, 200, body).client!.text, body);
      if (leak === null) return;
      const others = chainOf({ errors: { leaks: LEAKS.filter((other) => other !== leak) } });
      assert.equal(answer(others, 500, body).client!.text, body);
      const one = chainOf({ errors: { leaks: [leak] } });
      assert.notEqual(answer(one, 500, body).client!.text, body);
    });
  }

  it('make way for a document that says whose fault it is, and how to go on', () => {
    const headers = {
      'www-authenticate': 'Basic',
      'retry-after': '5',
      allow: 'GET',
      server: 'nginx',
      'set-cookie': 'a=1',
    };
    const { client } = answer(all, 401, 'SQLSTATE[42000]', headers);
    const { detail, requestId, status } = JSON.parse(client!.text);
    assert.deepEqual([detail, status], ['The service refused this request.', 401]);
    assert.match(requestId, /^test-\d+$/);
    assert.deepEqual(client!.headers.flat, [
      ...['retry-after', '5', 'www-authenticate', 'Basic', 'allow', 'GET'],
      ...['content-type', 'application/problem+json'],
    ]);
  });

  it('are looked for in the first 64 KiB', () => {
    const sign = 'SQLSTATE[42000]';
    const far = `${'x'.repeat(65536)}${sign}`;
    assert.equal(answer(all, 500, far).client!.text, far);
    const near = `${'x'.repeat(65536 - sign.length)}${sign}`;
    assert.notEqual(answer(all, 500, near).client!.text, near);
  });
});

describe('sanitise: the log of errors', () => {
  const linesOf = (
    config: unknown,
    status: number,
    body: string | Uint8Array,
    type = 'text/plain',
  ): string[] => answer(chainOf(config), status, body, { 'content-type': type }).logs.map(({ text }) => text);

  it('has what clients do not see, without what detectors know', () => {
    assert.deepEqual(
      linesOf(
        { errors: { replace: true, log: true } },
        500,
        'no row for ada@example.com, card 4111 1111 1111 1111',
      ),
      ['replaced an error 500: no row for [redacted], card [redacted]'],
    );
  });

  it('has JSON without what rules redact, and without what is spelled in escapes', () => {
    const config = {
      errors: { replace: true, log: true },
      json: { rules: [{ key: 'sql', action: 'remove' }] },
    };
    assert.deepEqual(
      linesOf(
        config,
        500,
        '{"sql":"select","who":"ada\\u0040example.com","n":4111111111111111,"a@b.co":1}',
        'application/json',
      ),
      ['replaced an error 500: {"who":"[redacted]","n":"[redacted]","[redacted]":1}'],
    );
  });

  it('has nothing of a body that cannot be cleaned, or is no text', () => {
    const config = { errors: { replace: true, log: true }, json: { keys: ['x'] } };
    assert.deepEqual(linesOf(config, 500, '{"x":"secret', 'application/json'), [
      'replaced an error 500: its body cannot be cleaned',
    ]);
    assert.deepEqual(linesOf(config, 500, Buffer.from([0xff, 0xfe, 0x41])), [
      'replaced an error 500: its body is no text',
    ]);
  });

  it('has the first 2 KiB, and no half characters', () => {
    const [line] = linesOf({ errors: { replace: true, log: true } }, 500, 'é '.repeat(3000));
    assert.match(line!, /^replaced an error 500: (?:é )+é?$/);
    assert.ok(Buffer.byteLength(line!) < 2100);
  });

  it('has no line of what clients see', () => {
    assert.deepEqual(linesOf({ errors: { replace: true, log: true } }, 404, 'x'), []);
    assert.deepEqual(linesOf({ errors: { replace: true } }, 500, 'x'), []);
  });

  it('is refused at load without its grant', () => {
    const config = { errors: { log: true } };
    assert.throws(() => new TestChain([{ module: builtIn('sanitise'), config, grants: [] }]), {
      code: 'SLUICE_FILTER_CAPABILITY',
      message: /does not|do not have log$/,
    });
  });

  it('is as the README shows it', () => {
    const config = readmeExample('sanitise', 'errors');
    const { client, logs } = answer(chainOf(config), 404, 'ORA-00942: table or view does not exist');
    assert.equal(JSON.parse(client!.text).code, 'SANITISE_UPSTREAM_ERROR');
    assert.deepEqual(
      logs.map(({ text }) => text),
      ['replaced an error 404: ORA-00942: table or view does not exist'],
    );
  });
});

describe('sanitise: the mode report', () => {
  const config = {
    mode: 'report',
    headers: { remove: ['server'], security: 'strict' },
    cookies: { secure: true },
    json: { keys: ['x'] },
    detect: [{ kinds: ['card'] }],
    errors: { replace: true },
  };
  const JSON_TYPE = { 'content-type': 'application/json', server: 'nginx', 'set-cookie': 'a=1', etag: '"1"' };
  const rows: readonly [status: number, body: string, line: string | null][] = [
    [200, '{"x":1,"y":"4111111111111111"}', 'would clean 2 places'],
    [200, '{"x":1}', 'would clean 1 place'],
    [200, '{"x":1', 'would answer SANITISE_UNREADABLE'],
    [500, '{"x":1}', 'would replace an error 500'],
    [200, '{"y":1}', null],
  ];

  it('changes nothing, and says what it would do', () => {
    const chain = chainOf(config);
    for (const [status, body, line] of rows) {
      const { client, logs, calls } = answer(chain, status, body, JSON_TYPE);
      assert.deepEqual([client!.status, client!.text], [status, body]);
      assert.deepEqual(client!.headers.flat, Object.entries(JSON_TYPE).flat());
      assert.deepEqual(
        logs.map(({ text }) => text),
        line === null ? [] : [line],
      );
      assert.equal(calls[0]!.edits, 0);
    }
    assert.deepEqual(
      chain.metrics.map(({ name, labels, value }) => [name, labels['what'], value]),
      [
        ['reported_total', 'values', 3],
        ['reported_total', 'unreadable', 1],
        ['reported_total', 'inputs', 0],
        ['reported_total', 'errors', 1],
      ],
    );
  });

  it('is refused at load without its grants', () => {
    for (const grants of [[], ['log'], ['metrics']] as const) {
      assert.throws(
        () => new TestChain([{ module: builtIn('sanitise'), config: { mode: 'report' }, grants }]),
        {
          code: 'SLUICE_FILTER_CAPABILITY',
        },
      );
    }
  });
});
