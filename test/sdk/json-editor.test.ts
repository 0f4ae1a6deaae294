// The JSON editor of the SDK: what each edit does to the bytes around it, and what filters see of a document.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';
import { EditorGuest, type Rule } from './json-editor-guest.js';

const remove = { do: 'remove' } as const;
const keep = { do: 'keep' } as const;
const mask = (last = 0): Rule['edit'] => ({ do: 'mask', keep: last });
const replace = (value: unknown): Rule['edit'] => ({ do: 'replace', with: value });
const named = (name: string, edit: Rule['edit']): Rule => ({ name, edit });
const placed = (pointer: string, edit: Rule['edit']): Rule => ({ pointer, edit });
const asked = (rule: Rule): Rule => ({ ...rule, ask: true });

/** Input, and what comes out. */
type Case = readonly [name: string, input: string, output: string];

describe('the JSON editor', () => {
  let guest: EditorGuest;
  before(async () => {
    guest = await EditorGuest.build();
  });

  function table(what: string, rules: readonly Rule[], cases: readonly Case[]): void {
    describe(what, () => {
      for (const [name, input, output] of cases) {
        it(name, () => {
          assert.equal(guest.edit(rules, input), output);
          assert.equal(guest.edit(rules.map(asked), input), output, 'when the guest is asked');
        });
      }
    });
  }

  table(
    'removes members',
    [named('x', remove)],
    [
      ['the first', '{"x":1,"b":2}', '{"b":2}'],
      ['one in the midst', '{"a":1,"x":2,"c":3}', '{"a":1,"c":3}'],
      ['the last', '{"a":1,"x":2}', '{"a":1}'],
      ['the only one', '{"x":1}', '{}'],
      ['all of several of one name', '{"x":1,"x":2,"x":3}', '{}'],
      ['several before one that stays', '{"x":1,"x":2,"b":3,"x":4,"x":5}', '{"b":3}'],
      ['with all that lies in them', '{"x":{"x":[1,{"x":2}]},"b":[{"x":3},4]}', '{"b":[{},4]}'],
      ['under a name that hides behind an escape', '{"a":1,"\\u0078":2}', '{"a":1}'],
      ['and keeps the lines of the others: the first', '{\n  "x": 1,\n  "b": 2\n}\n', '{\n  "b": 2\n}\n'],
      ['and keeps the lines of the others: the last', '{\n  "a": 1,\n  "x": 2\n}', '{\n  "a": 1\n}'],
      ['and leaves an empty object without spaces', '{\n  "x": 1,\n  "x": 2\n}', '{}'],
      ['and leaves spaces before a comma alone', '{ "a" : 1 , "x" : 2 , "b" : 3 }', '{ "a" : 1  , "b" : 3 }'],
      ['and nothing where there is none', ' {"a":"x"} ', ' {"a":"x"} '],
    ],
  );

  table(
    'removes items',
    [placed('/0', remove), placed('/2', remove)],
    [
      ['by their index before the edit', '[0,1,2,3]', '[1,3]'],
      ['and the only one', '[ 0 ]', '[]'],
      ['and the last', '[0, 1, 2]', '[1]'],
      ['and members of these names', '{"2":1,"1":2,"0":3}', '{"1":2}'],
    ],
  );

  table(
    'removes the whole document',
    [placed('', remove)],
    [
      ['and leaves null', ' {"a":1} ', ' null '],
      ['also when it is a scalar', '1', 'null'],
    ],
  );

  table(
    'removes all of a container',
    [placed('/*', remove)],
    [
      ['of items', '[1, [2], {"a":3}]', '[]'],
      ['of members', '{"a":1, "b":[2]}', '{}'],
      ['that was empty', '[ ]', '[ ]'],
    ],
  );

  table(
    'replaces values',
    [named('x', replace({ a: [1] })), placed('/y/*', replace(null))],
    [
      ['of any type', '[{"x":1},{"x":"s"},{"x":[{}]}]', '[{"x":{"a":[1]}},{"x":{"a":[1]}},{"x":{"a":[1]}}]'],
      ['by name and by place', '{"y":[1,{"x":2}], "x" : 3 }', '{"y":[null,null], "x" : {"a":[1]} }'],
    ],
  );

  table(
    'replaces by text',
    [named('x', { do: 'text', with: 'a "quoted" \\ é\n' })],
    [['which it escapes', '{"x":1}', '{"x":"a \\"quoted\\" \\\\ é\\u000a"}']],
  );

  table(
    'masks all but the last four characters',
    [named('x', mask(4))],
    [
      ['of a string', '{"x":"4111111111111234"}', '{"x":"************1234"}'],
      ['of a number, which becomes a string', '{"x":4111111111111234}', '{"x":"************1234"}'],
      ['of a number as it is spelled', '{"x":-1.50e3}', '{"x":"***50e3"}'],
      [
        'and all of a string that has no more',
        '[{"x":"1234"},{"x":"12"},{"x":""}]',
        '[{"x":"****"},{"x":"**"},{"x":""}]',
      ],
      ['and keeps escapes whole', '{"x":"ab\\n\\"\\\\\\/"}', '{"x":"**\\n\\"\\\\\\/"}'],
      ['and counts what an escape stands for', '{"x":"\\u0061\\u0062cdef"}', '{"x":"**cdef"}'],
      [
        'and keeps surrogate pairs whole',
        '{"x":"ab\\ud83d\\ude00c\\uD83D\\uDE01d"}',
        '{"x":"**\\ud83d\\ude00c\\uD83D\\uDE01d"}',
      ],
      [
        'and takes a lone surrogate for a character',
        '{"x":"a\\ud83d\\ud83d\\ude00bc"}',
        '{"x":"*\\ud83d\\ud83d\\ude00bc"}',
      ],
      ['and keeps characters beyond ASCII whole', '{"x":"aé日😀éb"}', '{"x":"**日😀éb"}'],
      [
        'and hides all that is neither string nor number',
        '[{"x":{"a":"secret"}},{"x":[1]},{"x":true},{"x":null}]',
        '[{"x":"****"},{"x":"****"},{"x":"****"},{"x":"****"}]',
      ],
    ],
  );

  table(
    'masks the whole',
    [named('x', mask())],
    [
      ['of a string', '{"x":"séc\\n"}', '{"x":"****"}'],
      ['of a number', '{"x":42}', '{"x":"**"}'],
    ],
  );

  table(
    'takes the first rule that selects a value',
    [placed('/public/x', keep), named('x', remove), placed('/a/x', mask())],
    [
      ['for an exception', '{"public":{"x":1},"other":{"x":2}}', '{"public":{"x":1},"other":{}}'],
      ['also when a later one selects it by place', '{"a":{"x":"s"}}', '{"a":{}}'],
    ],
  );

  table(
    'goes into what is kept',
    [placed('/a', keep), placed('/a/*', keep), placed('/a/b/c', remove), named('x', mask())],
    [
      ['by place', '{"a":{"b":{"c":1,"d":2}}}', '{"a":{"b":{"d":2}}}'],
      ['by name', '{"a":{"b":[{"x":"s"}]}}', '{"a":{"b":[{"x":"*"}]}}'],
    ],
  );

  it('compares names exactly, or without regard to case', () => {
    const rules = [named('Token', remove)];
    assert.equal(guest.edit(rules, '{"token":1,"Token":2}'), '{"token":1}');
    assert.equal(guest.edit(rules, '{"token":1,"T\\u004fKEN":2,"a":3}', 'editedIgnoringCase'), '{"a":3}');
  });

  it('counts the values that it edited', () => {
    const rules = [named('x', remove), named('y', mask()), named('z', keep)];
    assert.equal(guest.count(rules, '[{"x":{"x":1},"y":"s"},{"x":1,"x":2,"z":3}]'), 4);
    assert.equal(guest.count(rules, '[{"z":1}]'), 0);
  });

  it('shows each value that a rule asks about, before it knows what comes after', () => {
    const rules = [asked(named('n\n', keep)), asked(placed('/1', keep))];
    const seen = guest.edit(rules, '[{"n\\n":{"a":[1]}}, -5, {"n\\u000a":"s"}', 'seen');
    assert.deepEqual(JSON.parse(seen!), [
      [0, 'n\n', 6, true, '{"a":[1]}'],
      [1, null, 3, true, '-5'],
      [0, 'n\n', 4, true, '"s"'],
    ]);
  });

  it('shows a broken value as missing, and then stops', () => {
    const seen = guest.edit([asked(named('x', keep))], '[{"x":{"a":tru}},{"x":1}]', 'seen');
    assert.deepEqual(JSON.parse(seen!), [[0, 'x', 6, false, '']]);
  });

  it('takes decisions about a broken value without a trap', () => {
    for (const question of ['edited', 'lastWord', 'typed', 'nested']) {
      assert.equal(guest.edit([asked(named('x', remove))], '{"x":{"a":tru}}', question), null);
    }
  });

  it('does what it was told last', () => {
    const rules = [asked(named('x', keep))];
    const out = guest.edit(rules, '[{"x":"abc"},{"x":5},{"x":null}]', 'lastWord');
    assert.equal(out, '[{"x":"**c"},{"x":5},{"x":"none"}]');
  });

  it('lets a filter look into an object before it edits its members', () => {
    const rules = [asked(placed('/*', keep)), asked(placed('/*/pin', keep))];
    const input = '[{"secret":true,"pin":"1234"},{"pin":"1234"},{"secret":true,"pin":99}]';
    const output = '[{"secret":true,"pin":"**34"},{"pin":"1234"},{"secret":true,"pin":"**"}]';
    assert.equal(guest.edit(rules, input, 'typed'), output);
  });

  it('edits a document while another is being edited', () => {
    const out = guest.edit(
      [asked(named('x', keep))],
      '[[{"x":"{\\"a\\":[{\\"x\\":\\"s\\"}]}"}],{"x":"{"},{"x":"[]"}]',
      'nested',
    );
    assert.equal(
      out,
      '[[{"x":"{\\"a\\":[{\\"x\\":\\"*\\"}]}"}],{"x":"it ends too early (byte 1)"},{"x":"[]"}]',
    );
  });

  it('gives no document when the walk was left before its end', () => {
    assert.equal(guest.edit([asked(named('x', keep))], '{"x":1,"b":2}', 'left'), null);
  });

  it('follows 512 levels, and says at which byte there are more', () => {
    const rules = [named('x', remove)];
    const nest = (depth: number): string =>
      `${'{"a":['.repeat(depth / 2 - 1)}{"b":[],"x":[]}${']}'.repeat(depth / 2 - 1)}`;
    assert.equal(guest.edit(rules, nest(512)), nest(512).replace(',"x":[]', ''));
    assert.equal(guest.edit(rules, nest(514)), null);
    assert.equal(guest.edit(rules, `{"x":${'['.repeat(511)}${']'.repeat(511)}}`), '{}');
    assert.equal(guest.edit(rules, `{"x":${'['.repeat(512)}${']'.repeat(512)}}`), null);
    assert.equal(guest.edit(rules, `{"x":${'['.repeat(512)}`, 'problem'), 'it is nested too deep (byte 516)');
  });

  it('holds documents to a lower depth when told, in all that it reads', () => {
    for (const rules of [[named('x', remove)], [placed('/x', remove)], [placed('', mask())]]) {
      assert.notEqual(guest.edit(rules, '{"x":[{"y":1}]}', 'editedThreeDeep'), null);
      assert.equal(guest.edit(rules, '{"y":[[[]]]}', 'editedThreeDeep'), null);
      assert.equal(guest.edit(rules, '{"x":[{"y":[]}]}', 'editedThreeDeep'), null);
      assert.equal(guest.edit(rules, '{"y":[{"y":[]}]}', 'editedThreeDeep'), null);
    }
  });

  it('says why and where a document is broken, with nothing of it', () => {
    const rules = [named('x', remove)];
    const problems: readonly [string | null, string][] = [
      [null, 'it ends too early (byte 0)'],
      ['', 'it ends too early (byte 0)'],
      [' \n', 'it ends too early (byte 2)'],
      ['{"x":1', 'it ends too early (byte 6)'],
      ['{"x":1}}', 'a character stands where JSON does not allow it (byte 7)'],
      ['{"x":1,}', 'a character stands where JSON does not allow it (byte 7)'],
      ['{"x":"\\q"}', 'a string has an escape that JSON does not know (byte 6)'],
    ];
    for (const [input, problem] of problems) {
      assert.equal(guest.edit(rules, input, 'problem'), problem);
      assert.equal(guest.edit(rules, input), null);
    }
    assert.equal(
      guest.edit(rules, Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 'problem'),
      'a string is not UTF-8 (byte 2)',
    );
  });
});

const MISUSE = `
import { Bytes, Decision, JsonAction, JsonEditor, JsonRules, next, Request } from 'sluice';

function rules(action: JsonAction): JsonRules {
  const rules = new JsonRules();
  rules.addName(Bytes.from('x'), action);
  return rules;
}

export function onRequest(request: Request): Decision {
  const path = request.path;
  const document = Bytes.from('{"x":1}');
  if (path.equals('/uncompiled')) return new JsonEditor(rules(JsonAction.remove()), document).run() ? next() : next();
  if (path.equals('/not-json')) rules(JsonAction.replace(Bytes.from('{"a":')));
  if (path.equals('/two-values')) rules(JsonAction.replace(Bytes.from('1,2')));
  if (path.equals('/no-value')) rules(JsonAction.replace(Bytes.from(' ')));
  if (path.equals('/depth')) new JsonRules(false, 513);
  const asking = rules(JsonAction.ask());
  asking.compile();
  const editor = new JsonEditor(asking, document);
  if (path.equals('/early')) editor.remove();
  if (path.equals('/run')) editor.run();
  while (editor.next()) if (path.equals('/loop')) editor.replace(Bytes.from('tru'));
  if (path.equals('/late')) editor.mask();
  return next();
}
`;

describe('the JSON editor, when it is misused,', () => {
  let chain: TestChain;
  before(async () => {
    chain = new TestChain([{ module: await buildInline(MISUSE) }]);
  });
  const traps: readonly [target: string, message: RegExp][] = [
    ['/uncompiled', /rules must be compiled/],
    ['/not-json', /a replacement must be one JSON value/],
    ['/two-values', /a replacement must be one JSON value/],
    ['/no-value', /a replacement must be one JSON value/],
    ['/loop', /a replacement must be one JSON value/],
    ['/depth', /the depth must be 1 to 512/],
    ['/early', /no value is at hand/],
    ['/late', /no value is at hand/],
    ['/run', /a rule asks about a value/],
  ];
  for (const [target, message] of traps) {
    it(`fails clearly: ${target}`, () => {
      assert.match(chain.exchange({ target }).failures[0]?.message ?? '', message);
    });
  }
  it('and does not otherwise', () => {
    assert.deepEqual(chain.exchange({ target: '/' }).failures, []);
  });
});

const MEMORY = `
import { Bytes, Decision, Json, JsonAction, JsonEditor, JsonRules, next, Request } from 'sluice';

const rules = new JsonRules();

export function configure(config: Json): void {
  rules.addPointer('/*/gone', JsonAction.remove());
  rules.addPointer('/list/0', JsonAction.mask());
  rules.addPointer('/list/*', JsonAction.remove());
  rules.addName(Bytes.from('card'), JsonAction.mask(4));
  rules.addName(Bytes.from('name'), JsonAction.ask());
  rules.compile();
}

export function onRequest(request: Request): Decision {
  const editor = new JsonEditor(rules, request.body);
  while (editor.next()) editor.replaceText(editor.value.bytes);
  if (editor.isValid) request.setBody(editor.bytes);
  return next();
}
`;

describe('the memory of a guest that edits JSON', () => {
  let chain: TestChain;
  before(async () => {
    const manifest = manifestOf({ phases: { request: { body: 'buffer' } } });
    chain = new TestChain([{ module: await buildInline(MEMORY, manifest), memoryMb: 8 }]);
  });
  const send = (body: string): string | undefined =>
    chain.exchange({ method: 'POST', target: '/', body }).upstream?.text;

  it('does not grow with the number of documents, valid or broken', () => {
    const user = '{"name":"Ada \\u0041","card":"4111111111111234","gone":{"a":[1]}}';
    const edited = '{"name":"Ada A","card":"************1234"}';
    const bodies = [`[${user}${`,${user}`.repeat(50)}]`, `[${user},`, '{}'];
    for (const body of bodies) send(body);
    const settled = chain.memoryBytes;
    for (let i = 0; i < 3000; i += 1) send(bodies[i % bodies.length]!);
    assert.equal(chain.memoryBytes, settled);
    assert.equal(send(bodies[0]!), `[${edited}${`,${edited}`.repeat(50)}]`);
  });

  it('does not grow with the number of items that are removed in a row', () => {
    const items = ',1'.repeat(1_000_000);
    assert.equal(send(`{"list":[5${items}],"a":1}`), '{"list":["*"],"a":1}');
    assert.equal(send(`{"list":{"b":5${',"c":6'.repeat(300_000)}},"a":1}`), '{"list":{},"a":1}');
  });
});

describe('sdk/README.md', () => {
  it('shows a filter that edits JSON', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const block = (info: string): string => new RegExp(`\`\`\`${info}\\n([\\s\\S]*?)\`\`\``).exec(text)![1]!;
    const [, internal] = /`internal: \[([^\]]*)\]`/.exec(text)!;
    const manifest = { phases: { response: { body: 'buffer' } }, capabilities: ['crypto', 'secrets'] };
    const module = await buildInline(block('ts edit'), manifestOf(manifest));
    const chain = new TestChain([{ module, config: { internal: internal!.split(', ') } }], {
      secrets: { pseudonyms: 'key' },
    });
    const seen = (type: string, body: string): [number, string] => {
      const { client } = chain.exchange({ target: '/' }, { headers: { 'content-type': type }, body });
      return [client!.status, client!.text];
    };
    assert.deepEqual(seen('application/json', block('json before')), [200, block('json after')]);
    const code = createHmac('sha256', 'key').update('Adä').digest('hex');
    assert.deepEqual(seen('application/json', '[{"customer":"Ad\\u00e4"}]'), [
      200,
      `[{"customer":"${code}"}]`,
    ]);
    assert.deepEqual(seen('text/plain', '{"password":1}'), [200, '{"password":1}']);
    assert.equal(seen('application/json', '{')[0], 502);
  });
});
