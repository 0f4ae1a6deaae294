// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a reference
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeVariables, findSecretReferences } from '../../../core/secrets/reference.js';

test('finds no reference in a string without one', () => {
  for (const text of [
    '',
    'plain',
    'https://secret/',
    'mysecret://x',
    'a-secret://x',
    'secret:/x',
    '^a${',
    '^a{2}${1}',
    '${}',
    '${a',
    '${a{b}',
    'secret',
  ]) {
    assert.deepEqual(findSecretReferences(text), [], text);
  }
});

test('reads a whole string as a reference', () => {
  assert.deepEqual(findSecretReferences('secret://tls/api-key'), [
    {
      start: 0,
      end: 20,
      text: 'secret://tls/api-key',
      reference: { scheme: 'secret', name: 'tls/api-key', field: null },
      problem: null,
    },
  ]);
  assert.deepEqual(findSecretReferences('secret://users.v1#to_ken')[0]?.reference, {
    scheme: 'secret',
    name: 'users.v1',
    field: 'to_ken',
  });
});

test('finds every reference inside a string with the offsets that a value replaces', () => {
  const text = 'Basic ${secret://a#user}:${secret://a/b#password}!';
  const mentions = findSecretReferences(text);
  assert.deepEqual(
    mentions.map((mention) => mention.reference),
    [
      { scheme: 'secret', name: 'a', field: 'user' },
      { scheme: 'secret', name: 'a/b', field: 'password' },
    ],
  );
  let resolved = text;
  for (const { start, end } of [...mentions].reverse())
    resolved = `${resolved.slice(0, start)}*${resolved.slice(end)}`;
  assert.equal(resolved, 'Basic *:*!');
});

test('says what was expected of a malformed reference and names it as written', () => {
  const table: readonly (readonly [text: string, mention: string, problem: RegExp])[] = [
    ['secret://', 'secret://', /a name after/],
    ['secret://#f', 'secret://#f', /a name after/],
    ['${secret://}', '${secret://}', /a name after/],
    ['secret:///a', 'secret:///a', /a name of letters/],
    ['secret://a/', 'secret://a/', /a name of letters/],
    ['secret://a//b', 'secret://a//b', /a name of letters/],
    ['secret://a?b', 'secret://a?b', /a name of letters/],
    ['secret://../b', 'secret://../b', /"\." and "\.\."/],
    ['secret://a/./b', 'secret://a/./b', /"\." and "\.\."/],
    ['secret://a#', 'secret://a#', /a field of/],
    ['secret://a#b#c', 'secret://a#b#c', /a field of/],
    ['secret://a#b/c', 'secret://a#b/c', /a field of/],
    ['secret://a b', 'secret://a b', /white space/],
    ['secret://a\n', 'secret://a\n', /white space/],
    ['${secret://a }', '${secret://a }', /white space/],
    ['${ secret://a}', '${ secret://a}', /white space/],
    ['SECRET://a', 'SECRET://a', /lower case/],
    ['x ${Secret://a}', '${Secret://a}', /lower case/],
    ['x ${secret://a', '${secret://a', /a "}"/],
    ['Bearer secret://a', 'secret://a', /as the whole string/],
    [' secret://a', 'secret://a', /as the whole string/],
    ['{secret://a}', 'secret://a', /as the whole string/],
    ['$secret://a b', 'secret://a', /as the whole string/],
    ['secret://a${secret://b}', 'secret://a${secret://b}', /a name of letters/],
    ['${secret://${secret://b}}', '${secret://${secret://b}', /a name of letters/],
  ];
  for (const [text, written, problem] of table) {
    const [mention] = findSecretReferences(text);
    assert.equal(mention?.text, written, text);
    assert.equal(mention.reference, null, text);
    assert.match(mention.problem ?? '', problem, text);
  }
});

test('reads references to files and to the environment', () => {
  const references = findSecretReferences('${secret+file://./run/token#key} ${secret+env://API_KEY}').map(
    ({ reference }) => reference,
  );
  assert.deepEqual(references, [
    { scheme: 'secret+file', name: './run/token', field: 'key' },
    { scheme: 'secret+env', name: 'API_KEY', field: null },
  ]);
  const table: readonly (readonly [text: string, problem: RegExp])[] = [
    ['secret+file://', /a name after "secret\+file:\/\/"/],
    ['secret+file://a$b', /a path of letters/],
    ['secret+env://1A', /environment variable/],
    ['secret+vault://a', /"secret:\/\/", "secret\+file:\/\/" or/],
    ['Secret+File://a', /lower case/],
  ];
  for (const [text, problem] of table) {
    assert.match(findSecretReferences(text)[0]?.problem ?? '', problem, text);
  }
});

test('takes a variable in braces for no literal, says how a secret is meant, and how the text', () => {
  const [mention] = findSecretReferences('x${API_KEY} y');
  assert.deepEqual(mention, {
    start: 1,
    end: 11,
    text: '${API_KEY}',
    reference: null,
    problem: 'a reference to a secret, such as ${secret+env://API_KEY}, or "$${" for the text "${"',
    variable: true,
  });
  for (const text of ['${A:-b}', '${env.A}', '${_}', '${secret://a}${A b}', '${secret}'])
    assert.match(findSecretReferences(text).at(-1)?.problem ?? '', /^a reference to a secret/, text);
});

test('takes a variable with another "$" before it for a text', () => {
  for (const text of ['$${A}', 'a$${A:-b}c', '$$${A}', '$${A}${secret://b}'])
    assert.deepEqual(
      findSecretReferences(text).map(({ problem }) => problem),
      text.includes('secret') ? [null, null] : [null],
      text,
    );
  for (const text of ['', 'plain', '${A}', '$${A}$', '^a${', '${a}${b}', '$&']) {
    const escaped = escapeVariables(text);
    const mentions = findSecretReferences(escaped);
    let read = escaped;
    for (const { start, end, text: mention } of [...mentions].reverse())
      read = read.slice(0, start) + mention.slice(1) + read.slice(end);
    assert.equal(read, text);
    assert.ok(mentions.every(({ problem }) => problem === null));
  }
});

test('goes on behind a malformed reference', () => {
  const mentions = findSecretReferences('${secret://} ${secret://ok} secret://late');
  assert.deepEqual(
    mentions.map((mention) => mention.reference?.name ?? null),
    [null, 'ok', null],
  );
});

test('leaves nothing that reads like a reference outside its mentions', () => {
  const piece = fc.constantFrom(
    'secret://',
    'secret+file://',
    'SECRET://',
    '${',
    '}',
    'a',
    '/',
    '#',
    ' ',
    '$',
    '{',
    '.',
    '-',
    'x/y#z',
    '${A}',
    '$${A}',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      let rest = '';
      let from = 0;
      for (const mention of findSecretReferences(text)) {
        assert.ok(mention.start >= from && mention.end > mention.start);
        assert.equal(mention.text, text.slice(mention.start, mention.end));
        if (!mention.variable) assert.notEqual(mention.reference === null, mention.problem === null);
        rest += `${text.slice(from, mention.start)}{}`;
        from = mention.end;
      }
      rest += text.slice(from);
      assert.doesNotMatch(rest, /(?<![A-Za-z0-9+.-])secret(?:\+[a-z0-9]+)?:\/\//i);
      assert.doesNotMatch(rest, /\$\{[A-Za-z_][^{}]*\}/);
    }),
    { numRuns: 1000 },
  );
});
