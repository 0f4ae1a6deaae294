// Strings and numbers wherever they are: what a filter that looks through all of them is asked about.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { BatchGuest } from './batch-guest.js';

const FUNCTIONS = `
/** Masks what has more than a bytes as it is spelled; keeps what is called keep, removes what is called gone. */
function masked(a: Bytes, b: Bytes): Bytes {
  const rules = new JsonRules();
  rules.addName(Bytes.from('keep'), JsonAction.keep());
  rules.addScalars(JsonAction.ask(7));
  rules.addName(Bytes.from('gone'), JsonAction.remove());
  rules.addScalars(JsonAction.remove());
  assert(rules.compile());
  const editor = new JsonEditor(rules, b);
  while (editor.next()) {
    assert(editor.tag == 7);
    const value = new Bytes(editor.address, editor.length);
    assert(!value.exists || value.equalsBytes(editor.value.raw));
    if (editor.length > a.length) editor.mask();
  }
  return editor.bytes;
}
`;

describe('a rule for strings and numbers', () => {
  let guest: BatchGuest;
  before(async () => {
    guest = await BatchGuest.build({
      imports: ['JsonAction', 'JsonEditor', 'JsonRules'],
      functions: FUNCTIONS,
      questions: { masked: 'masked(a, b)' },
    });
  });
  const mask = (document: string, longerThan = 0): string | null => {
    const answer = guest.askOne('masked', 'x'.repeat(longerThan), document);
    return answer === null ? null : Buffer.from(answer as string, 'hex').toString();
  };

  it('asks about each, at any depth, and about nothing else', () => {
    assert.equal(
      mask('{"a":"x","b":[1,-2,{"c":"y"},[]],"d":true,"e":null,"f":{}}'),
      '{"a":"*","b":["*","**",{"c":"*"},[]],"d":true,"e":null,"f":{}}',
    );
    assert.equal(mask(' 12 '), ' "**" ');
    assert.equal(mask('[[[["x"]]]]'), '[[[["*"]]]]');
  });

  it('comes after names and pointers, whenever it was added', () => {
    assert.equal(mask('{"gone":"x","keep":"y","a":{"gone":1,"b":"z"}}'), '{"keep":"y","a":{"b":"*"}}');
    assert.equal(mask('{"keep":["y"]}'), '{"keep":["*"]}');
  });

  it('tells how long a value is as it is spelled', () => {
    assert.equal(mask('["ab","\\u0061b",1234,12345]', 4), '["ab","**",1234,"*****"]');
  });

  it('finds a broken document broken', () => {
    for (const document of ['["a', '["a"', '[-]', '[1e]', '["\\x"]', '[01]', '{"a":"b",}', '"', '-']) {
      assert.equal(mask(document), null, document);
    }
  });
});
