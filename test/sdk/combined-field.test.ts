import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline } from './inline-filter.js';

// The first filter of the chain makes several lines of one, split at "|"; the second one reads them.
const SPLITTER = `
  import { Decision, next, Request } from 'sluice';
  export function onRequest(request: Request): Decision {
    const lines = request.headers.get('x-lines');
    for (let at = 0; lines.exists && at <= lines.length; ) {
      let end = lines.indexOfByte(0x7c, at);
      if (end < 0) end = lines.length;
      request.headers.add('cookie', lines.slice(at, end));
      request.headers.add('x-other', 'between');
      at = end + 1;
    }
    return next();
  }`;
const READER = `
  import { combinedField, Cookies, Decision, next, Request } from 'sluice';
  export function onRequest(request: Request): Decision {
    const list = combinedField(request.headers, 'cookie');
    request.headers.set('x-list', list);
    request.headers.set('x-exists', list.exists ? 'yes' : 'no');
    request.headers.set('x-sids', Cookies.of(request.headers).count('sid'));
    return next();
  }`;

describe('combinedField', () => {
  let chain: TestChain;
  before(async () => {
    chain = new TestChain([{ module: await buildInline(SPLITTER) }, { module: await buildInline(READER) }]);
  });

  function read(lines: string | null): (string | undefined)[] {
    const headers: Record<string, string> = lines === null ? {} : { 'x-lines': lines };
    const { upstream, failures } = chain.exchange({ target: '/', headers });
    assert.deepEqual(failures, []);
    return ['x-list', 'x-exists', 'x-sids'].map((name) => upstream!.headers.get(name));
  }

  it('joins all lines of a field, in order', () => {
    assert.deepEqual(read('sid=1|a=2|sid=3'), ['sid=1, a=2, sid=3', 'yes', '2']);
  });

  it('shows one line as it is, and empty lines between others', () => {
    assert.deepEqual(read('sid=1; sid=2'), ['sid=1; sid=2', 'yes', '2']);
    assert.deepEqual(read('|sid=1|'), [', sid=1, ', 'yes', '1']);
  });

  it('is absent where the field is', () => {
    assert.deepEqual(read(null), ['', 'no', '0']);
  });
});
