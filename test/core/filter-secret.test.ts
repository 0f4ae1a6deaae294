import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { FilterSecret } from '../../core/filter-secret.js';
import { HeaderList } from '../../core/headers.js';
import { SecretScanner } from '../../core/secrets/secret-scanner.js';
import { UpstreamHeaders } from '../../core/upstream-headers.js';

describe('a secret of a filter', () => {
  it('stands in a header as the bytes of its UTF-8', () => {
    assert.equal(new FilterSecret('f', 's', 'caf\u00e9', null).fieldValue('u'), 'caf\u00c3\u00a9');
  });

  it('with a control character fails the filter that puts it into a header, unquoted', () => {
    assert.throws(() => new FilterSecret('f', 's', 'canary\nX: y', null).fieldValue('u'), {
      code: 'SLUICE_FILTER_TRAP',
      filter: 'f',
      message: 'filter f puts the secret s into a header, but its value holds a control character',
    });
  });
});

describe('a secret that is for some upstreams', () => {
  it('goes to those and to no other; one that is for none goes nowhere', () => {
    const secret = new FilterSecret('f', 's', 'canary', ['one', 'two']);
    assert.deepEqual([secret.fieldValue('one'), secret.fieldValue('two')], ['canary', 'canary']);
    for (const [upstreams, upstream] of [
      [['one', 'two'], 'three'],
      [['one'], 'One'],
      [[], 'one'],
    ] as const) {
      assert.throws(() => new FilterSecret('f', 's', 'canary', upstreams).fieldValue(upstream), {
        code: 'SLUICE_FILTER_TRAP',
        filter: 'f',
        message: `filter f puts the secret s into a header of a request to the upstream ${upstream}, which its grant does not name`,
      });
    }
  });
});

describe('a route that is printed', () => {
  it('shows neither the secrets of its filters nor those in the headers of its upstream', () => {
    const route = {
      upstreamHeaders: new UpstreamHeaders(['authorization', 'Bearer canary']),
      secrets: new Map([[1, [new FilterSecret('f', 's', 'canary', ['u'])]]]),
      egress: { scanner: new SecretScanner(new Map([['secret://s', 'the canary']])) },
    };
    const printed = [inspect(route, { depth: 9, showHidden: true }), JSON.stringify(route)];
    for (const text of printed) assert.doesNotMatch(text, /canary/);
    const headers = new HeaderList(['authorization', 'forged', 'x-other', 'stays']);
    route.upstreamHeaders.applyTo(headers);
    assert.deepEqual(headers.flat, ['authorization', 'Bearer canary', 'x-other', 'stays']);
  });
});
