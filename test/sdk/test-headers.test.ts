import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** Tells in `x-seen` what the fields called `x-tag` hold. */
const COUNTING = `
  import { Decision, Headers, next, Request, Response } from 'sluice';

  function describe(headers: Headers): string {
    let all = '';
    for (let at = headers.find('x-tag'); at >= 0; at = headers.find('x-tag', at + 1)) all += '<' + headers.valueAt(at).toString() + '>';
    return all;
  }

  export function onRequest(request: Request): Decision {
    request.headers.set('x-seen', describe(request.headers));
    request.headers.set('x-authority', request.authority);
    return next();
  }

  export function onResponse(request: Request, response: Response): Decision {
    response.headers.set('x-seen', describe(response.headers));
    return next();
  }`;

describe('headers of a test chain', () => {
  let chain: TestChain;
  before(async () => {
    const phases = { request: { body: 'none' }, response: { body: 'none' } };
    chain = new TestChain([{ module: await buildInline(COUNTING, manifestOf({ phases })) }]);
  });

  it('reach filters as one field for each value of a list', () => {
    const { upstream, client } = chain.exchange(
      { target: '/', headers: { 'X-Tag': ['one', '', 'three'], 'x-other': 'x' } },
      { headers: { 'x-tag': ['a', 'b'], 'set-cookie': ['a=1', 'b=2'] } },
    );
    assert.equal(upstream?.headers.get('x-seen'), '<one><><three>');
    assert.deepEqual(upstream?.headers.getAll('x-tag'), ['one', '', 'three']);
    assert.equal(client?.headers.get('x-seen'), '<a><b>');
    assert.deepEqual(client?.headers.getAll('set-cookie'), ['a=1', 'b=2']);
  });

  it('are not there when the list is empty', () => {
    const { upstream } = chain.exchange({ target: '/', headers: { 'x-tag': [] } });
    assert.equal(upstream?.headers.has('x-tag'), false);
    assert.equal(upstream?.headers.get('x-seen'), '');
  });

  it('name the authority, in whatever case', () => {
    const { upstream } = chain.exchange({ target: '/', headers: { Host: 'api.example:8080' } });
    assert.equal(upstream?.headers.get('x-authority'), 'api.example:8080');
  });
});
