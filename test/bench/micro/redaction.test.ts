import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redaction, redactInJavaScript, redactionSubject } from '../../../bench/micro/redaction.js';
import { findingsOf } from './findings.js';

describe('the bench of redaction', () => {
  it('comes to the same bytes by the filter and by JavaScript', async () => {
    const redaction = await Redaction.load();
    const body = Buffer.from('{"users":[{"socialSecurityNumber":"078-05-1120","a":1},{"b":"ü"}]}');
    const wanted = '{"users":[{"socialSecurityNumber":"[redacted]","a":1},{"b":"ü"}]}';
    assert.equal(redactInJavaScript(body).toString(), wanted);
    assert.equal(Buffer.from(redaction.of(body)()).toString(), wanted);
    assert.ok(redaction.peakBytes > 0);
  });

  it('finds one next to the other', async () => {
    const { ratios } = await findingsOf(redactionSubject);
    assert.deepEqual(
      ratios.map(({ id }) => id),
      ['micro/redaction/javascript'],
    );
  });
});
