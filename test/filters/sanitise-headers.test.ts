// What the built-in filter `sanitise` lets through of headers, and what it makes of cookies.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestHeaders } from '../../sdk/testing/index.js';
import { chainOf, readmeExample, schemaFindings } from './built-in.js';

/** Fields as the client gets them, each a line. */
function through(config: unknown, headers: TestHeaders, status = 200, body = ''): string[] {
  assert.deepEqual(schemaFindings('sanitise', config), []);
  const { client, failures } = chainOf('sanitise', config).exchange(
    { target: '/' },
    { headers, status, body },
  );
  assert.deepEqual(failures, []);
  const { flat } = client!.headers;
  return flat.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${flat[i + 1]}`] : []));
}

describe('sanitise: headers to let through', () => {
  const allow = ['Cache-Control', 'x-rate-*', 'x-old'];

  it('are those that the config names, and those that a body cannot do without', () => {
    const sent = {
      'content-type': 'text/plain',
      'content-encoding': 'identity',
      'content-range': 'bytes 0-1/2',
      'content-length': '2',
      server: 'nginx',
      'cache-control': 'no-store',
      'x-rate-limit': '5',
      'x-rate-': '6',
      'x-rat': '7',
      'set-cookie': ['a=1', 'b=2'],
    };
    assert.deepEqual(through({ headers: { allow } }, sent), [
      'content-type: text/plain',
      'content-encoding: identity',
      'content-range: bytes 0-1/2',
      'content-length: 2',
      'cache-control: no-store',
      'x-rate-limit: 5',
      'x-rate-: 6',
    ]);
  });

  it('are none but these with an empty list', () => {
    assert.deepEqual(through({ headers: { allow: [] } }, { 'content-type': 'a/b', etag: '"1"' }), [
      'content-type: a/b',
    ]);
  });

  it('lose those that are to be removed as well', () => {
    assert.deepEqual(
      through({ headers: { allow: ['x-*'], remove: ['x-b'] } }, { 'x-a': '1', 'x-b': '2', c: '3' }),
      ['x-a: 1'],
    );
  });

  it('may be a title that is set, whatever is let through', () => {
    assert.deepEqual(through({ headers: { allow: [], set: { server: 'own' } } }, { server: 'nginx' }), [
      'server: own',
    ]);
  });
});

describe('sanitise: headers to rename', () => {
  it('keep their values and their order', () => {
    const rename = { 'X-Old': 'X-New' };
    assert.deepEqual(through({ headers: { rename } }, { 'x-old': ['1', '2'], b: '3' }), [
      'b: 3',
      'x-new: 1',
      'x-new: 2',
    ]);
  });

  it('take the place of those that have the name already', () => {
    assert.deepEqual(through({ headers: { rename: { a: 'b' } } }, { b: 'old', a: 'new' }), ['b: new']);
    assert.deepEqual(through({ headers: { rename: { a: 'b' } } }, { b: 'old' }), ['b: old']);
  });
});

describe('sanitise: presets of security headers', () => {
  const RECOMMENDED = [
    'strict-transport-security: max-age=31536000',
    "content-security-policy: default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'self'",
    'x-content-type-options: nosniff',
    'x-frame-options: SAMEORIGIN',
    'referrer-policy: strict-origin-when-cross-origin',
    'permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  ];

  it('recommended: add what is missing', () => {
    assert.deepEqual(through({ headers: { security: 'recommended' } }, {}), RECOMMENDED);
  });

  it('recommended: leave what the upstream says', () => {
    const seen = through({ headers: { security: 'recommended' } }, { 'x-frame-options': 'DENY' });
    assert.deepEqual(
      seen.filter((line) => line.startsWith('x-frame')),
      ['x-frame-options: DENY'],
    );
    assert.equal(seen.length, RECOMMENDED.length);
  });

  it('strict: put their own in place of what the upstream says', () => {
    const seen = through(
      { headers: { security: 'strict' } },
      { 'x-frame-options': 'ALLOWALL', 'content-security-policy': ["script-src 'unsafe-inline'", 'x'] },
    );
    assert.deepEqual(
      seen.filter((line) => !line.startsWith('permissions')),
      [
        'x-frame-options: DENY',
        "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'strict-transport-security: max-age=63072000; includeSubDomains',
        'x-content-type-options: nosniff',
        'referrer-policy: no-referrer',
        'cross-origin-opener-policy: same-origin',
        'cross-origin-resource-policy: same-origin',
      ],
    );
    assert.match(seen.find((line) => line.startsWith('permissions-policy'))!, /camera=\(\), .*usb=\(\)/);
  });

  it('have single values in place of theirs, and leave headers out', () => {
    const override = { 'X-Frame-Options': 'DENY', 'permissions-policy': null, 'x-extra': '1' };
    const seen = through(
      { headers: { security: { preset: 'recommended', override } } },
      { 'permissions-policy': 'upstream' },
    );
    assert.deepEqual(seen, [
      'permissions-policy: upstream',
      ...RECOMMENDED.slice(0, 3),
      'referrer-policy: strict-origin-when-cross-origin',
      'x-frame-options: DENY',
      'x-extra: 1',
    ]);
  });

  it('give way to headers that are set', () => {
    const seen = through({ headers: { security: 'strict', set: { 'referrer-policy': 'origin' } } }, {});
    assert.ok(seen.includes('referrer-policy: origin'));
  });

  it('are on what the filter itself answers', () => {
    const config = { headers: { security: 'recommended' }, json: { keys: ['x'] } };
    const seen = through(config, { 'content-type': 'application/json', server: 'nginx' }, 200, '{');
    assert.deepEqual(seen, [...RECOMMENDED, 'content-type: application/problem+json']);
  });
});

describe('sanitise: cookies', () => {
  const ALL = { secure: true, httpOnly: true, sameSite: 'Lax' };
  type CookieRow = readonly [config: Record<string, unknown>, cookie: string, out: string];
  const ROWS: readonly CookieRow[] = [
    [ALL, 'sid=1', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; Path=/', 'sid=1; Path=/; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; secure', 'sid=1; secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1;SECURE;HTTPONLY', 'sid=1;SECURE;HTTPONLY; SameSite=Lax'],
    [ALL, 'sid=1; Secure; HttpOnly; SameSite=Lax', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; HttpOnly ; Secure;samesite = lax', 'sid=1; HttpOnly ; Secure;samesite = lax'],
    [ALL, 'sid=1; Secure; HttpOnly; SameSite=Strict', 'sid=1; Secure; HttpOnly; SameSite=Strict'],
    [ALL, 'sid=1; SameSite=None; Secure; HttpOnly', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; SameSite=Strict; SameSite=None', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; SameSite=bogus', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; SameSite', 'sid=1; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid="Secure; HttpOnly"', 'sid="Secure; HttpOnly"; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=Secure', 'sid=Secure; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'secure', 'secure; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=a=b; Domain=x.example', 'sid=a=b; Domain=x.example; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1;', 'sid=1;; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; Secured; NotHttpOnly', 'sid=1; Secured; NotHttpOnly; Secure; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1; Secure=0', 'sid=1; Secure=0; HttpOnly; SameSite=Lax'],
    [ALL, 'sid=1;\tsecure\t;  HTTPOnly=false', 'sid=1;\tsecure\t;  HTTPOnly=false; SameSite=Lax'],
    [{ secure: true }, `sid=1; Secure=${'x'.repeat(1024)}`, `sid=1; Secure=${'x'.repeat(1024)}`],
    ...['Secure', 'HttpOnly', 'SameSite'].map((name): CookieRow => {
      const ignored = `sid=1; ${name}=${'x'.repeat(1025)}`;
      const kept = name === 'SameSite' ? 'sid=1' : ignored;
      return [ALL, ignored, `${kept}; Secure; HttpOnly; SameSite=Lax`];
    }),
    [{ secure: true }, 'sid=1', 'sid=1; Secure'],
    [{ httpOnly: true }, 'sid=1', 'sid=1; HttpOnly'],
    [{ sameSite: 'Strict' }, 'sid=1; SameSite=Lax; Path=/', 'sid=1; Path=/; SameSite=Strict'],
    [{ sameSite: 'Strict' }, 'sid=1; SameSite=strict', 'sid=1; SameSite=strict'],
    [{ ...ALL, except: ['csrf'] }, 'csrf=1', 'csrf=1'],
    [{ ...ALL, except: ['csrf'] }, 'csrf2=1', 'csrf2=1; Secure; HttpOnly; SameSite=Lax'],
    [{ ...ALL, except: ['ui_*'] }, 'ui_theme=dark', 'ui_theme=dark'],
    [{ ...ALL, except: ['csrf'] }, 'CSRF=1', 'CSRF=1; Secure; HttpOnly; SameSite=Lax'],
    [{}, 'sid=1', 'sid=1'],
  ];
  for (const [cookies, cookie, out] of ROWS) {
    it(`${JSON.stringify(cookies)} makes ${out} of ${cookie}`, () => {
      assert.deepEqual(through({ cookies }, { 'set-cookie': cookie }), [`set-cookie: ${out}`]);
    });
  }

  it('stay in their order, those that were right already included', () => {
    const sent = ['a=1; Secure', 'b=2', 'c=3; Secure'];
    assert.deepEqual(through({ cookies: { secure: true } }, { 'set-cookie': sent, etag: '"1"' }), [
      'etag: "1"',
      'set-cookie: a=1; Secure',
      'set-cookie: b=2; Secure',
      'set-cookie: c=3; Secure',
    ]);
  });

  it('cost no edit when nothing is missing', () => {
    const { calls } = chainOf('sanitise', { cookies: ALL, headers: { allow: ['set-cookie'] } }).exchange(
      { target: '/' },
      { headers: { 'set-cookie': 'a=1; Secure; HttpOnly; SameSite=Lax' } },
    );
    assert.deepEqual(
      calls.map(({ edits }) => edits),
      [0],
    );
  });
});

describe('sanitise: headers and cookies in the config', () => {
  const refused: readonly [name: string, config: unknown, message: RegExp][] = [
    ['a lone * in allow', { headers: { allow: ['*'] } }, /headers\/allow\/0: a lone \*/],
    ['a framing header to let through', { headers: { allow: ['host'] } }, /headers\/allow\/0: the gateway/],
    [
      'a name that is none to rename to',
      { headers: { rename: { a: 'b c' } } },
      /headers\/rename\/a: not a header/,
    ],
    [
      'a framing header to rename to',
      { headers: { rename: { a: 'upgrade' } } },
      /headers\/rename\/a: the gateway/,
    ],
    [
      'a header to rename that is not let through',
      { headers: { allow: ['b'], rename: { a: 'b' } } },
      /headers\/rename\/a: this header is removed/,
    ],
    [
      'a header to rename that is removed',
      { headers: { remove: ['a*'], rename: { a: 'b' } } },
      /headers\/rename\/a: this header is removed/,
    ],
    [
      'a header to rename to one that is removed',
      { headers: { remove: ['server', 'x-in-*'], rename: { a: 'X-In-b' } } },
      /headers\/rename\/a: headers of the new name are removed/,
    ],
    [
      'a header to make a cookie of, which no rule would harden',
      { headers: { rename: { 'x-cookie': 'Set-Cookie' } }, cookies: { secure: true } },
      /headers\/rename\/x-cookie: it would escape/,
    ],
    ['an unknown preset', { headers: { security: 'lax' } }, /headers\/security: expected recommended/],
    [
      'a value that is none',
      { headers: { security: { preset: 'strict', override: { 'x-a': 'a\nb' } } } },
      /headers\/security\/override\/x-a: .*control/,
    ],
    [
      'a SameSite that protects nothing',
      { cookies: { sameSite: 'None' } },
      /cookies\/sameSite: expected Lax/,
    ],
    ['a cookie without a name', { cookies: { except: [''] } }, /cookies\/except\/0: expected the name/],
  ];
  for (const [name, config, message] of refused) {
    it(`are refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('sanitise', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('are as the README shows them', () => {
    const seen = through(readmeExample('sanitise', 'headers'), {
      server: 'nginx',
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'x-legacy-id': '7',
      'set-cookie': ['sid=1; Path=/', 'ui_theme=dark'],
      'content-security-policy': "default-src 'none'",
    });
    assert.deepEqual(seen, [
      'content-type: text/plain',
      'cache-control: no-store',
      "content-security-policy: default-src 'none'",
      'x-request-ref: 7',
      'strict-transport-security: max-age=31536000',
      'x-content-type-options: nosniff',
      'referrer-policy: strict-origin-when-cross-origin',
      'x-frame-options: DENY',
      'set-cookie: sid=1; Path=/; Secure; HttpOnly; SameSite=Lax',
      'set-cookie: ui_theme=dark',
    ]);
  });
});
