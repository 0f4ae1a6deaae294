import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { SecretValues } from '../../../core/config/secret-values.js';

/** Values of texts that are references as a whole. */
function valuesOf(texts: Readonly<Record<string, string>>): SecretValues {
  const secrets = new SecretValues();
  for (const [text, value] of Object.entries(texts))
    secrets.add(text, [{ start: 0, end: text.length, text, value, problem: null }]);
  return secrets;
}

describe('the values of secrets', () => {
  it('take the place of references, wherever these stand', () => {
    const secrets = new SecretValues();
    const text = 'a <r> b <s>';
    secrets.add(text, [
      { start: 2, end: 5, text: '<r>', value: 'one', problem: null },
      { start: 8, end: 11, text: '<s>', value: 'two', problem: null },
    ]);
    assert.equal(secrets.expand(text), 'a one b two');
    assert.deepEqual(secrets.expandAll({ deep: [text, 'other', 5, null, true], [text]: 'key' }), {
      deep: ['a one b two', 'other', 5, null, true],
      [text]: 'key',
    });
  });

  it('are taken out of texts for people, also one that holds another one', () => {
    const secrets = valuesOf({ a: 'abcd', b: 'abcdefgh', c: 'xabcdx' });
    assert.equal(secrets.redact('abcdefgh, abcd and xabcdx'), '[secret], [secret] and [secret]');
  });

  it('are taken out of texts for people as they stand in JSON', () => {
    const value = 'pa"ss\\word\n1';
    assert.equal(
      valuesOf({ a: value }).redact(`told ${JSON.stringify({ value })}`),
      'told {"value":"[secret]"}',
    );
  });

  it('do not show when they are printed', () => {
    const secrets = valuesOf({ a: 'canary' });
    const printed = [
      inspect({ secrets }, { showHidden: true, depth: 9 }),
      JSON.stringify({ secrets }),
      `${secrets}`,
    ];
    for (const text of printed) {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /canary/);
    }
  });
});
