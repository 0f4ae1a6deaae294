// The redaction of JSON bodies by the built-in filter `sanitise`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TestChain } from '../../sdk/testing/index.js';
import { chainOf } from './built-in.js';
import { assertSameInChunks } from './sanitise-chunks.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function redact(chain: TestChain, body: string | Uint8Array): { status: number; text: string } {
  const { client, failures } = chain.exchange({ target: '/' }, { headers: JSON_TYPE, body });
  assert.deepEqual(failures, []);
  assert(client !== null);
  return { status: client.status, text: client.text };
}

/** Input, and what comes out; a missing output means unchanged. `#` stands for the replacement. */
type Case = readonly [name: string, input: string, output?: string];

function table(what: string, json: Record<string, unknown>, cases: readonly Case[]): void {
  describe(what, () => {
    const chain = chainOf('sanitise', { json: { replacement: '#', ...json } });
    const streaming = chainOf('sanitise', { json: { replacement: '#', ...json }, stream: true });
    for (const [name, input, output] of cases) {
      it(name, () => {
        const seen = { status: 200, text: output ?? input };
        assert.deepEqual(redact(chain, input), seen);
        if (input.length < 1000) assertSameInChunks(streaming, JSON_TYPE, input, seen);
      });
    }
  });
}

table('keys', { keys: ['password', 'é', 'a"b', '', 'päss😀', 'x'] }, [
  ['replaces a string', '{"password":"s3cret"}', '{"password":"#"}'],
  ['replaces a number', '{"password":-12.5e+3}', '{"password":"#"}'],
  ['replaces true, false and null', '[{"x":true},{"x":false},{"x":null}]', '[{"x":"#"},{"x":"#"},{"x":"#"}]'],
  ['replaces an object as a whole', '{"password":{"a":{"b":[1,{}]}},"c":1}', '{"password":"#","c":1}'],
  ['replaces an array as a whole', '{"password":[[],[1,[2]]],"c":1}', '{"password":"#","c":1}'],
  ['replaces an empty object and an empty array', '{"x":{},"password":[]}', '{"x":"#","password":"#"}'],
  ['replaces at any depth', '{"a":[{"b":{"password":1}}]}', '{"a":[{"b":{"password":"#"}}]}'],
  ['replaces every occurrence', '[{"x":1},{"x":2},{"y":3,"x":4}]', '[{"x":"#"},{"x":"#"},{"y":3,"x":"#"}]'],
  ['replaces both of two members of one name', '{"x":1,"x":2}', '{"x":"#","x":"#"}'],
  ['finds a name that hides behind an escape', '{"pass\\u0077ord":1}', '{"pass\\u0077ord":"#"}'],
  [
    'finds a name that is escaped throughout',
    '{"\\u0070\\u0061\\u0073\\u0073\\u0077\\u006f\\u0072\\u0064":1}',
    '{"\\u0070\\u0061\\u0073\\u0073\\u0077\\u006f\\u0072\\u0064":"#"}',
  ],
  [
    'finds a name with hex digits in either case',
    '{"\\u00E9":1,"\\u00e9":2}',
    '{"\\u00E9":"#","\\u00e9":"#"}',
  ],
  ['finds a name beyond ASCII', '{"é":1}', '{"é":"#"}'],
  ['finds a name with a quote in it', '{"a\\"b":1,"a\\u0022b":2}', '{"a\\"b":"#","a\\u0022b":"#"}'],
  ['finds the empty name', '{"":1}', '{"":"#"}'],
  [
    'finds a name with a surrogate pair, raw and escaped',
    '{"päss😀":1,"päss\\ud83d\\ude00":2}',
    '{"päss😀":"#","päss\\ud83d\\ude00":"#"}',
  ],
  ['leaves a name that only begins alike', '{"password2":1,"passwor":2}'],
  ['leaves a name in another case', '{"Password":1,"PASSWORD":2}'],
  ['leaves a name of the same length and first byte', '{"passward":1}'],
  ['leaves a string value that reads like a name', '{"a":"password","b":["password"]}'],
  ['leaves text that looks like a member inside a string', '{"a":"{\\"password\\":1}"}'],
  ['leaves a lone surrogate that is not the name', '{"\\ud83d":1,"\\ude00":2}'],
  ['leaves a name that decodes to more than it shows', '{"password\\u0000":1}'],
  ['keeps the spaces around a value', '{ "x" :\t 1 \n, "y" : 2 }', '{ "x" :\t "#" \n, "y" : 2 }'],
  ['keeps carriage returns and the spaces around the document', '\r\n {"x":1}\r\n ', '\r\n {"x":"#"}\r\n '],
  [
    'keeps numbers as they are spelled',
    '{"a":1.0e+10,"b":-0,"c":123456789012345678901234567890,"x":1}',
    '{"a":1.0e+10,"b":-0,"c":123456789012345678901234567890,"x":"#"}',
  ],
  ['keeps escapes as they are spelled', '{"a":"\\u0041\\/\\n","x":1}', '{"a":"\\u0041\\/\\n","x":"#"}'],
  ['keeps the order of members', '{"z":1,"x":2,"a":3}', '{"z":1,"x":"#","a":3}'],
  [
    'keeps text beyond ASCII',
    '{"a":"日本語 😀 ü","x":1,"ключ":"значение"}',
    '{"a":"日本語 😀 ü","x":"#","ключ":"значение"}',
  ],
  ['leaves a document that is a string', '"password"'],
  ['leaves a document that is a number', ' 42 '],
  ['leaves an empty object', '{}'],
  ['leaves an empty array', '[ ]'],
  [
    'finds a name after a string of exactly 16 bytes',
    `{"a":"${'y'.repeat(16)}","x":1}`,
    `{"a":"${'y'.repeat(16)}","x":"#"}`,
  ],
  [
    'finds a name after a long string',
    `{"a":"${'y'.repeat(5000)}","x":1}`,
    `{"a":"${'y'.repeat(5000)}","x":"#"}`,
  ],
  ['replaces a long value', `{"x":"${'y'.repeat(5000)}","b":1}`, '{"x":"#","b":1}'],
  ['replaces a value with escaped quotes and backslashes', '{"x":"a\\\\\\"}","b":1}', '{"x":"#","b":1}'],
]);

table('keys without regard to case', { keys: ['Password', 'É'], caseInsensitiveKeys: true }, [
  ['finds lower case', '{"password":1}', '{"password":"#"}'],
  ['finds upper case', '{"PASSWORD":1}', '{"PASSWORD":"#"}'],
  ['finds a mixture behind escapes', '{"P\\u0041ssWord":1}', '{"P\\u0041ssWord":"#"}'],
  ['compares letters beyond ASCII exactly', '{"É":1,"é":2}', '{"É":"#","é":2}'],
  ['does not take other bytes for letters', '{"Pas\\u0013word":1,"pas{word":2}'],
]);

table(
  'paths',
  { paths: ['/user/email', '/list/0', '/all/*', '/users/*/card', '/a~1b/c~0d', '/m/*/n/*/o', '/01'] },
  [
    ['replaces a member', '{"user":{"email":"a@b","name":"x"}}', '{"user":{"email":"#","name":"x"}}'],
    ['replaces it at its place only', '{"email":1,"x":{"user":{"email":2}}}'],
    ['replaces the item at an index', '{"list":["a","b"]}', '{"list":["#","b"]}'],
    [
      'takes an index for a member name of an object',
      '{"list":{"0":"a","1":"b"}}',
      '{"list":{"0":"#","1":"b"}}',
    ],
    ['replaces every item with *', '{"all":[1,[2],{"a":3}]}', '{"all":["#","#","#"]}'],
    ['replaces every member with *', '{"all":{"a":1,"b":[2]}}', '{"all":{"a":"#","b":"#"}}'],
    [
      'goes through * to a member',
      '{"users":[{"card":1,"b":2},{"b":3},{"card":4}]}',
      '{"users":[{"card":"#","b":2},{"b":3},{"card":"#"}]}',
    ],
    ['goes through * of an object', '{"users":{"ann":{"card":1}}}', '{"users":{"ann":{"card":"#"}}}'],
    ['reads ~0 and ~1 in a pointer', '{"a/b":{"c~d":1}}', '{"a/b":{"c~d":"#"}}'],
    [
      'goes through several *',
      '{"m":[{"n":{"k":{"o":1}}},{"n":[{"o":2}]}]}',
      '{"m":[{"n":{"k":{"o":"#"}}},{"n":[{"o":"#"}]}]}',
    ],
    [
      'finds an escaped name on the way',
      '{"us\\u0065r":{"\\u0065mail":1}}',
      '{"us\\u0065r":{"\\u0065mail":"#"}}',
    ],
    ['takes an index with a leading zero for a name only', '{"01":1}', '{"01":"#"}'],
    ['leaves a place that is not there', '{"user":{},"list":[],"users":[{}]}'],
    ['leaves a place whose way ends in a scalar', '{"user":"email","list":0,"users":[1]}'],
    [
      'returns to the outer object after an inner one',
      '{"user":{"x":{"email":1}},"list":[[0],1]}',
      '{"user":{"x":{"email":1}},"list":["#",1]}',
    ],
  ],
);

table('overlapping paths', { paths: ['/a/*/c', '/a/b/d', '/*/b', '/a/b/*/e'] }, [
  ['ends at the shortest way', '{"a":{"b":{"c":1}}}', '{"a":{"b":"#"}}'],
  ['goes on where no shorter way ends', '{"a":{"x":{"c":1,"d":2}}}', '{"a":{"x":{"c":"#","d":2}}}'],
]);

table('overlapping wildcards', { paths: ['/*/x', '/a/y', '/*/*/z', '/a/b/w'] }, [
  [
    'follows a literal and a wildcard at once',
    '{"a":{"x":1,"y":2,"b":{"z":3,"w":4}},"c":{"y":5,"b":{"w":6,"z":7}}}',
    '{"a":{"x":"#","y":"#","b":{"z":"#","w":"#"}},"c":{"y":5,"b":{"w":6,"z":"#"}}}',
  ],
]);

table('the path of the whole document', { paths: [''] }, [
  ['replaces an object', ' {"a":1} ', ' "#" '],
  ['replaces a number', '12', '"#"'],
]);

table('keys and paths together', { keys: ['secret'], paths: ['/a/b'] }, [
  [
    'both count',
    '{"a":{"b":1,"secret":2},"c":{"b":3,"secret":4}}',
    '{"a":{"b":"#","secret":"#"},"c":{"b":3,"secret":"#"}}',
  ],
  [
    'a replaced value is not looked into',
    '{"secret":{"a":{"b":1}},"a":{"b":{"secret":1}}}',
    '{"secret":"#","a":{"b":"#"}}',
  ],
]);

describe('the replacement', () => {
  const values: readonly unknown[] = ['', 'é"\\', null, false, 0, [1, { a: 2 }], { hidden: true }];
  for (const replacement of values) {
    it(`may be ${JSON.stringify(replacement)}`, () => {
      const chain = chainOf('sanitise', { json: { keys: ['x'], replacement } });
      const { text } = redact(chain, '{"a":1,"x":"secret","b":[{"x":2}]}');
      assert.equal(
        text,
        `{"a":1,"x":${JSON.stringify(replacement)},"b":[{"x":${JSON.stringify(replacement)}}]}`,
      );
    });
  }

  it('is "[redacted]" by default', () => {
    assert.equal(
      redact(chainOf('sanitise', { json: { keys: ['x'] } }), '{"x":1}').text,
      '{"x":"[redacted]"}',
    );
  });

  it('may be longer than all that it replaces', () => {
    const chain = chainOf('sanitise', { json: { keys: ['x'], replacement: 'r'.repeat(1000) } });
    const body = `[${'{"x":1},'.repeat(500)}0]`;
    assert.equal(redact(chain, body).text, body.replaceAll(':1}', `:"${'r'.repeat(1000)}"}`));
  });
});

describe('nesting', () => {
  const chain = chainOf('sanitise', { json: { keys: ['x'], paths: ['/a/*/b'], replacement: '#' } });

  it('is followed 512 levels deep', () => {
    const body = `${'{"a":['.repeat(255)}{"x":1,"y":{}}${']}'.repeat(255)}`;
    assert.equal(redact(chain, body).text, body.replace('"x":1', '"x":"#"'));
  });

  it('is refused beyond 512 levels, as nobody can tell what lies there', () => {
    assert.equal(redact(chain, `${'['.repeat(512)}${']'.repeat(512)}`).status, 200);
    assert.equal(redact(chain, `${'['.repeat(513)}${']'.repeat(513)}`).status, 502);
  });

  it('is refused beyond 512 levels inside a replaced value too', () => {
    assert.equal(redact(chain, `{"x":${'['.repeat(600)}${']'.repeat(600)}}`).status, 502);
  });
});

/** Documents that are not JSON. Every parser but a lenient one refuses them. */
const INVALID: readonly [name: string, body: string | Uint8Array][] = [
  ['nothing but spaces', '  \n'],
  ['an object that does not end', '{"a":1'],
  ['an array that does not end', '[1,2'],
  ['a string that does not end', '["abc'],
  ['a string that ends in a backslash', '["abc\\'],
  ['a name without a value', '{"a"}'],
  ['a name without a colon', '{"a" 1}'],
  ['a name without quotes', '{a:1}'],
  ['single quotes', "{'a':1}"],
  ['a comma before the end of an object', '{"a":1,}'],
  ['a comma before the end of an array', '[1,]'],
  ['two commas', '[1,,2]'],
  ['a comma at the beginning', '[,1]'],
  ['a number as a name', '{1:2}'],
  ['the wrong closing bracket', '{"a":[1}'],
  ['a closing bracket too many', '[1]]'],
  ['two documents', '{"a":1} {"b":2}'],
  ['text after the document', '{"x":1}x'],
  ['a number with a leading zero', '[012]'],
  ['a number with a leading plus', '[+1]'],
  ['a number without digits after the point', '[1.]'],
  ['a number without digits before the point', '[.5]'],
  ['a number without an exponent', '[1e]'],
  ['a lone minus', '[-]'],
  ['a hexadecimal number', '[0x10]'],
  ['NaN', '[NaN]'],
  ['Infinity', '[-Infinity]'],
  ['a literal in the wrong case', '[True]'],
  ['half a literal', '[tru'],
  ['a literal that goes on', '[nulll]'],
  ['undefined', '[undefined]'],
  ['a comment', '{"a":1/* x */}'],
  ['a line break in a string', '["a\nb"]'],
  ['a tab in a string', '["a\tb"]'],
  ['NUL in a string', '["a\0b"]'],
  ['an unknown escape', '["\\x41"]'],
  ['a short \\u', '["\\u12"]'],
  ['a \\u without hex digits', '["\\u12g4"]'],
  ['a vertical tab between tokens', '[1,\v2]'],
  ['a no-break space between tokens', '[1,\u00a02]'],
  ['a byte order mark', '\ufeff{"a":1}'],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ['a lone continuation byte', Buffer.from([0x22, 0x80, 0x22])],
  ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['an overlong encoding of three bytes', Buffer.from([0x22, 0xe0, 0x80, 0xaf, 0x22])],
  ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['a code point beyond Unicode', Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22])],
  ['a sequence that is cut', Buffer.from([0x22, 0xe2, 0x82, 0x22])],
  ['Latin-1', Buffer.from('["caf\xe9"]', 'latin1')],
  ['a failure inside a replaced value', '{"x":{"a":tru}}'],
  ['a failure after a replaced value', '{"x":1,"b":}'],
];

describe('a body that should be JSON and is not', () => {
  const block = chainOf('sanitise', { json: { keys: ['x'], paths: ['/p'] } });
  const pathsOnly = chainOf('sanitise', { json: { paths: ['/p/q'] } });
  const pass = chainOf('sanitise', { json: { keys: ['x'], onInvalid: 'pass' } });
  for (const [name, body] of INVALID) {
    it(`is blocked: ${name}`, () => {
      for (const chain of [block, pathsOnly]) {
        const { status, text } = redact(chain, body);
        assert.equal(status, 502);
        assert.equal(JSON.parse(text).code, 'SANITISE_UNREADABLE');
      }
    });
  }

  it('goes through untouched when the config says so', () => {
    for (const [, body] of INVALID) {
      const { client } = pass.exchange({ target: '/' }, { headers: JSON_TYPE, body });
      assert.deepEqual(Buffer.from(client!.body), Buffer.from(body as string));
    }
  });
});

describe('for any JSON document', () => {
  const keys = ['a', 'key', 'é'];
  const chain = chainOf('sanitise', { json: { keys, replacement: '#' } });
  const name = fc.oneof(
    fc.constantFrom(...keys, 'b', '', 'A', 'ключ', '😀'),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map(wellFormed),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      scalar,
      fc.array(tie('document'), { maxLength: 5 }),
      fc.array(fc.tuple(name.map(wellFormed), tie('document')), { maxLength: 5 }).map(Object.fromEntries),
    ),
  }));
  const spacing = fc.constantFrom('', ' ', '\t', '  ');

  it('gives what parsing, replacing and writing again gives', () => {
    fc.assert(
      fc.property(document, spacing, (value, space) => {
        const text = JSON.stringify(value, null, space);
        const { status, text: out } = redact(chain, text);
        assert.equal(status, 200);
        assert.deepEqual(JSON.parse(out), redactTree(JSON.parse(text), keys));
      }),
      { numRuns: 400 },
    );
  });

  it('leaves every byte outside of replaced values as it came', () => {
    fc.assert(
      fc.property(document, spacing, (value, space) => {
        const marked = JSON.stringify(redactTree(value, keys), null, space);
        // What is written from a tree whose values are replaced already differs in those values only.
        assert.equal(redact(chain, JSON.stringify(value, null, space)).text, marked);
        assert.equal(redact(chain, marked).text, marked);
      }),
      { numRuns: 400 },
    );
  });

  it('takes for JSON what JSON.parse takes, when a byte is changed, removed or added', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('change', 'remove', 'add'),
      fc.constantFrom(...'{}[]",:\\0159.eE+-tfnu \n\tx'),
    );
    fc.assert(
      fc.property(document, edit, (value, [at, how, character]) => {
        const text = JSON.stringify(value);
        const index = at % (text.length + 1);
        const rest = text.slice(how === 'add' ? index : index + 1);
        const mutant = wellFormed(text.slice(0, index) + (how === 'remove' ? '' : character) + rest);
        assert.equal(redact(chain, mutant || ' ').status, isJson(mutant) ? 200 : 502);
      }),
      { numRuns: 1500 },
    );
  });
});

/** Replaces what cannot be written in UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function redactTree(value: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => redactTree(item, keys));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    keys.includes(key) ? '#' : redactTree(inner, keys),
  ]);
  return Object.fromEntries(entries);
}
