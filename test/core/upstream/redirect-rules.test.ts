import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayError } from '../../../core/errors.js';
import { HeaderList } from '../../../core/headers.js';
import { isRedirect, RedirectRules } from '../../../core/upstream/redirect-rules.js';

const TARGET = 'https://api.example.com';
const RULES = new RedirectRules([TARGET, 'http://10.0.0.5:9001'], {
  ...{ most: 5, hosts: ['files.example.com', '*.cdn.example'], ports: null, paths: null },
  allowPrivate: false,
});

/** Where a location leads, or why it does not. */
function lead(location: string, from = `${TARGET}/a/b?c`): string {
  try {
    return RULES.judge(new URL(from), new HeaderList(['location', location])).href;
  } catch (error) {
    return (error as GatewayError).message.replace(/^.* is refused: /, '');
  }
}

describe('RedirectRules', () => {
  it('lets a redirect go from http to https and not back', () => {
    assert.equal(lead('https://files.example.com/x', 'http://10.0.0.5:9001/'), 'https://files.example.com/x');
    for (const http of ['http://files.example.com/x', 'http://10.0.0.5:9001/x', 'http://api.example.com/']) {
      assert.match(lead(http), /out of TLS/);
    }
    assert.equal(lead('http://files.example.com/x', 'http://10.0.0.5:9001/'), 'http://files.example.com/x');
  });

  it('takes the port of the scheme where none is listed, however it is written', () => {
    assert.equal(lead('https://files.example.com:443/x'), 'https://files.example.com/x');
    for (const port of ['8443', '80', '22'])
      assert.match(lead(`https://files.example.com:${port}/`), /ports/);
  });

  it('takes a pattern for one label more', () => {
    assert.equal(lead('//a.cdn.example/'), 'https://a.cdn.example/');
    for (const host of ['cdn.example', 'a.b.cdn.example', 'a.cdn.example.evil.example', 'acdn.example']) {
      assert.match(lead(`//${host}/`), /do not allow/, host);
    }
  });

  it('reads names in any case and with percent-encoding, and none with a dot behind', () => {
    assert.equal(lead('HTTPS://FILES.example.COM/X'), 'https://files.example.com/X');
    assert.equal(lead('https://%66iles.example.com/'), 'https://files.example.com/');
    assert.match(lead('https://files.example.com./'), /do not allow/);
  });

  it('drops fragments and keeps queries, which it does not show', () => {
    assert.equal(lead('/x?token=s3cr3t#part'), `${TARGET}/x?token=s3cr3t`);
    assert.doesNotMatch(lead('//evil.example/x?token=s3cr3t'), /s3cr3t/);
    assert.throws(
      () => RULES.judge(new URL(`${TARGET}/a?token=s3cr3t`), new HeaderList(['location', '//evil.example'])),
      (error: GatewayError) => !error.message.includes('s3cr3t') && error.message.includes(`${TARGET}/a`),
    );
  });
});

describe('isRedirect', () => {
  it('knows the statuses that ask for the same elsewhere', () => {
    const statuses = Array.from({ length: 20 }, (_, index) => 295 + index);
    const headers = new HeaderList(['location', '/']);
    assert.deepEqual(
      statuses.filter((status) => isRedirect({ status, headers })),
      [301, 302, 303, 307, 308],
    );
    assert.equal(isRedirect({ status: 302, headers: new HeaderList() }), false);
  });
});
