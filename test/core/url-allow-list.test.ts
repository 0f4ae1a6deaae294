import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AllowedUrls, UrlAllowList, type UrlVerdict } from '../../core/url-allow-list.js';
import { ALLOW_TABLES, UNUSABLE_HOSTS } from '../filters/url-guard-allow.js';

describe('an allow list of URLs', () => {
  for (const [what, allow, verdicts] of ALLOW_TABLES) {
    describe(`with ${what}`, () => {
      const list = new UrlAllowList(allow);
      for (const [url, verdict] of verdicts) {
        it(`says ${verdict} to ${url}`, () => assert.equal(list.judge(url), verdict));
      }
    });
  }

  for (const [host, message] of UNUSABLE_HOSTS) {
    it(`takes no host ${JSON.stringify(host)}`, () => {
      assert.throws(() => new UrlAllowList({ hosts: [host] }), { name: 'RangeError', message });
      assert.throws(() => new UrlAllowList({ hosts: [host] }), { message: /^"/ });
    });
  }

  it('names the path that is no pattern', () => {
    const allow: AllowedUrls = { hosts: ['*'], paths: ['/in', 'out'] };
    assert.throws(() => new UrlAllowList(allow), {
      name: 'RangeError',
      message: '"out": a path begins with /',
    });
  });

  it('takes a text of 8192 bytes for a URL, and no longer one', () => {
    const list = new UrlAllowList({ hosts: ['a'] });
    const judged = (length: number): UrlVerdict => list.judge(`https://a/é${'x'.repeat(length - 12)}`);
    assert.equal(judged(8192), 'spelling');
    assert.equal(judged(8193), 'invalid');
  });
});
