import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest, hexOf } from '../batch-guest.js';
import {
  type Dictionary,
  type Item,
  referenceDictionary,
  referenceItem,
  referenceList,
} from './reference.js';

// Writes what the cursors show as the trees of reference.ts.
const FUNCTIONS = `
  function typeName(type: StructuredType): string {
    switch (type) {
      case StructuredType.Integer: return 'Integer';
      case StructuredType.Decimal: return 'Decimal';
      case StructuredType.String: return 'String';
      case StructuredType.Token: return 'Token';
      case StructuredType.ByteSequence: return 'ByteSequence';
      case StructuredType.Boolean: return 'Boolean';
      case StructuredType.Date: return 'Date';
      case StructuredType.DisplayString: return 'DisplayString';
      case StructuredType.InnerList: return 'InnerList';
      default: return 'Missing';
    }
  }
  function bare(out: JsonWriter, item: StructuredItem): void {
    const type = item.type;
    out.name('type').text(typeName(type));
    if (type == StructuredType.InnerList) {
      out.name('items').beginArray();
      const items = item.items;
      while (items.next()) tree(out, items.item);
      out.endArray();
      return;
    }
    out.name('value');
    if (type == StructuredType.Integer || type == StructuredType.Date) out.integer(item.integer());
    else if (type == StructuredType.Decimal) out.raw(Bytes.from(item.number().toString()));
    else if (type == StructuredType.Boolean) out.bool(item.bool());
    else out.textBytes(hexEncode(item.bytes));
  }
  function tree(out: JsonWriter, item: StructuredItem): void {
    out.beginObject();
    bare(out, item);
    out.name('parameters').beginArray();
    const parameters = item.parameters;
    while (parameters.next()) {
      out.beginArray().textBytes(parameters.key).beginObject();
      bare(out, parameters.item);
      out.endObject().endArray();
    }
    out.endArray().endObject();
  }
  function often(value: Bytes): i64 {
    const members = structured.dictionary(value);
    let sum: i64 = 0;
    for (let i = 0; i < 100; i++) sum += members.get('last').integer() + members.size;
    return sum;
  }
  function showItem(value: Bytes): Bytes {
    const item = structured.item(value);
    if (!item.exists) return ABSENT;
    const out = new JsonWriter();
    tree(out, item);
    return out.bytes;
  }
  function showList(value: Bytes): Bytes {
    const members = structured.list(value);
    if (!members.exists) return ABSENT;
    const out = new JsonWriter().beginArray();
    while (members.next()) tree(out, members.item);
    return out.endArray().bytes;
  }
  function showDictionary(value: Bytes): Bytes {
    const members = structured.dictionary(value);
    if (!members.exists) return ABSENT;
    const out = new JsonWriter().beginArray();
    while (members.next()) {
      out.beginArray().textBytes(members.key);
      tree(out, members.item);
      out.endArray();
    }
    return out.endArray().bytes;
  }`;

let guest: BatchGuest;
before(async () => {
  guest = await BatchGuest.build({
    imports: ['structured', 'StructuredItem', 'StructuredType'],
    functions: FUNCTIONS,
    questions: {
      item: 'showItem(a)',
      list: 'showList(a)',
      dictionary: 'showDictionary(a)',
      member: 'structured.dictionary(a).get(b.toString()).integer(-1)',
      parameter: 'structured.item(a).parameter(b.toString()).integer(-1)',
      often: 'often(a)',
      sizes: 'structured.list(a).size * 100 + structured.dictionary(a).size',
      fallbacks: `Bytes.from(structured.item(a).integer(7).toString() + ' ' + structured.item(a).number(0.5).toString() +
        ' ' + structured.item(a).bool(true).toString() + ' ' + structured.item(a).text('none'))`,
    },
  });
});

type Field = 'item' | 'list' | 'dictionary';
const REFERENCES = { item: referenceItem, list: referenceList, dictionary: referenceDictionary } as const;

/** Trees of the guest, where a key that was sent twice has been made one, as the standard has it. */
function seen(field: Field, texts: readonly string[]): unknown[] {
  const inputs = texts.map((text) => [Buffer.from(text, 'latin1')] as const);
  return guest.ask(field, inputs).map((answer) => {
    if (answer === null) return null;
    const tree = JSON.parse(Buffer.from(answer as string, 'hex').toString()) as Item | Item[] | Dictionary;
    if (field === 'item') return once(tree as Item);
    if (field === 'list') return (tree as Item[]).map(once);
    return [...new Map(tree as Dictionary)].map(([key, member]) => [key, once(member)]);
  });
}

function once(item: Item): Item {
  const { items, parameters } = item;
  return {
    ...item,
    ...(items === undefined ? {} : { items: items.map(once) }),
    parameters: [...new Map(parameters)],
  };
}

function compare(field: Field, texts: readonly string[]): void {
  const answers = seen(field, texts);
  texts.forEach((text, index) => {
    assert.deepEqual(answers[index], REFERENCES[field](text), `${field}: ${JSON.stringify(text)}`);
  });
}

const bare = (type: string, value: number | boolean | string, parameters: Item['parameters'] = []): Item => ({
  type,
  value,
  parameters,
});
const token = (text: string, parameters: Item['parameters'] = []) => bare('Token', hexOf(text), parameters);
const string = (text: string, parameters: Item['parameters'] = []) => bare('String', hexOf(text), parameters);
const innerList = (items: Item[], parameters: Item['parameters'] = []): Item => ({
  type: 'InnerList',
  items,
  parameters,
});

describe('structured fields', () => {
  const examples: readonly (readonly [Field, text: string, tree: unknown])[] = [
    ['list', 'sugar, tea, rum', [token('sugar'), token('tea'), token('rum')]],
    [
      'list',
      '("foo" "bar"), ("baz"), ("bat" "one"), ()',
      [
        innerList([string('foo'), string('bar')]),
        innerList([string('baz')]),
        innerList([string('bat'), string('one')]),
        innerList([]),
      ],
    ],
    [
      'list',
      '("foo"; a=1;b=2);lvl=5, ("bar" "baz");lvl=1',
      [
        innerList(
          [
            string('foo', [
              ['a', { type: 'Integer', value: 1 }],
              ['b', { type: 'Integer', value: 2 }],
            ]),
          ],
          [['lvl', { type: 'Integer', value: 5 }]],
        ),
        innerList([string('bar'), string('baz')], [['lvl', { type: 'Integer', value: 1 }]]),
      ],
    ],
    [
      'list',
      'abc;a=1;b=2; cde_456, (ghi;jk=4 l);q="9";r=w',
      [
        token('abc', [
          ['a', { type: 'Integer', value: 1 }],
          ['b', { type: 'Integer', value: 2 }],
          ['cde_456', { type: 'Boolean', value: true }],
        ]),
        innerList(
          [token('ghi', [['jk', { type: 'Integer', value: 4 }]]), token('l')],
          [
            ['q', { type: 'String', value: hexOf('9') }],
            ['r', { type: 'Token', value: hexOf('w') }],
          ],
        ),
      ],
    ],
    [
      'dictionary',
      'en="Applepie", da=:w4ZibGV0w6ZydGU=:',
      [
        ['en', string('Applepie')],
        ['da', bare('ByteSequence', hexOf('Æbletærte'))],
      ],
    ],
    [
      'dictionary',
      'a=?0, b, c; foo=bar',
      [
        ['a', bare('Boolean', false)],
        ['b', bare('Boolean', true)],
        ['c', bare('Boolean', true, [['foo', { type: 'Token', value: hexOf('bar') }]])],
      ],
    ],
    [
      'dictionary',
      'rating=1.5, feelings=(joy sadness)',
      [
        ['rating', bare('Decimal', 1.5)],
        ['feelings', innerList([token('joy'), token('sadness')])],
      ],
    ],
    [
      'dictionary',
      'a=1, b=2;x=1;y=2, a=3',
      [
        ['a', bare('Integer', 3)],
        [
          'b',
          bare('Integer', 2, [
            ['x', { type: 'Integer', value: 1 }],
            ['y', { type: 'Integer', value: 2 }],
          ]),
        ],
      ],
    ],
    ['item', '5; foo=bar', bare('Integer', 5, [['foo', { type: 'Token', value: hexOf('bar') }]])],
    ['item', '4.5', bare('Decimal', 4.5)],
    ['item', '"hello world"', string('hello world')],
    ['item', 'foo123/456', token('foo123/456')],
    [
      'item',
      ':cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:',
      bare('ByteSequence', hexOf('pretend this is binary content.')),
    ],
    ['item', '?1', bare('Boolean', true)],
    ['item', '@1659578233', bare('Date', 1659578233)],
    [
      'item',
      '%"This is intended for display to %c3%bcsers."',
      bare('DisplayString', hexOf('This is intended for display to üsers.')),
    ],
    ['item', '-999999999999999', bare('Integer', -999999999999999)],
    ['item', '-999999999999.999', bare('Decimal', -999999999999.999)],
    ['item', '0042', bare('Integer', 42)],
    ['item', ':aGVsbG8:', bare('ByteSequence', hexOf('hello'))],
    ['item', ':iZ==:', bare('ByteSequence', '89')],
    ['list', '', []],
    ['dictionary', '  ', []],
    ['list', 'a\t ,\t b', [token('a'), token('b')]],
  ];
  for (const [field, text, tree] of examples) {
    it(`reads the ${field} ${JSON.stringify(text)}`, () => {
      assert.deepEqual(seen(field, [text]), [tree]);
      compare(field, [text]);
    });
  }

  const damaged: Readonly<Record<Field, readonly string[]>> = {
    item: [
      ...[
        '',
        ' ',
        '\t1',
        '1\t',
        'a b',
        '1,',
        '(a)',
        '?',
        '?2',
        '?1?',
        '"',
        '"a',
        '"\\a"',
        '"\\',
        '"\x7f"',
        '"\xe9"',
        '"\n"',
      ],
      ...['-', '--1', '1.', '.1', '1.2345', '1234567890123.1', '1234567890123456', '1.5.5', '+1', '1e3'],
      ...[
        ':',
        ':a:',
        ':aaaaa:',
        ':=aGVsbG8=:',
        ':aGVsbG8==:',
        ':aGVs=bG8=:',
        ':aGVs====:',
        ':aG-_:',
        ':a GV:',
        ':aGVsbG8=',
      ],
      ...[
        '@',
        '@1.5',
        '@a',
        '@"1"',
        '%',
        '%a',
        '%"',
        '%"%c3"',
        '%"%C3%BC"',
        '%"%c3%b"',
        '%"%ed%a0%80"',
        '%"a',
        '%"\xfc"',
      ],
      ...['a;', 'a;;b', 'a;A', 'a;b=', 'a;b= 1', 'a ;b', 'a;b=(c)', '\xe9', '{}', '!a', 'é', 'a\0', '\0'],
    ],
    list: [
      'a,',
      'a,,b',
      ',a',
      'a b',
      '(a',
      '(a,b)',
      '(a"b")',
      '((a))',
      ')',
      '(a);',
      'a, b,\t',
      '\ta',
      '(\ta)',
      '(a\tb)',
      'a;b=1, ;c',
    ],
    dictionary: [
      'A=1',
      '1=2',
      'a=',
      'a=1,',
      'a=1,,b=2',
      'a =1',
      'a= 1',
      'a=1 b=2',
      '=1',
      'a=1;',
      'a=(1',
      'a=1, b=é',
      '-a=1',
      '"a"=1',
    ],
  };
  for (const [field, texts] of Object.entries(damaged) as [Field, readonly string[]][]) {
    it(`takes a damaged ${field} for absent as a whole`, () => {
      for (const text of texts) assert.equal(REFERENCES[field](text), null, JSON.stringify(text));
      compare(field, texts);
    });
  }

  it('agree with the algorithm of the standard about whatever is nearly right', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        'key',
        '*',
        '1',
        '-2',
        '12.5',
        '0.001',
        '"s"',
        '"\\""',
        '"\\\\"',
        ':YQ==:',
        ':YQ:',
        '?1',
        '?0',
      ],
      ...[
        '@5',
        '@-1',
        '%"d"',
        '%"%c3%bc"',
        'to/k:en',
        '(',
        ')',
        '(a b)',
        '()',
        ' ',
        '  ',
        '\t',
        ',',
        ', ',
        '=',
        '=1',
      ],
      ...[
        ';',
        ';p',
        ';p=1',
        '; q="x"',
        ';p=2',
        '.',
        '\\',
        '"',
        ':',
        '?',
        '%',
        '@',
        'A',
        '9',
        '\x7f',
        '\x80',
        '\0',
        '\n',
      ],
    );
    const member = fc.constantFrom(
      ...['a', '1', '1.5;p=1', '"x y"', '(a b;c);d', '()', ':AA==:', '?0;a;a=2', '@0', '%"x"', '*;*=*'],
    );
    const texts = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((all) => all.join('')),
      fc.array(member, { maxLength: 5 }).map((all) => all.join(', ')),
      fc
        .array(fc.tuple(fc.constantFrom('a', 'b', 'c*'), member), { maxLength: 5 })
        .map((all) => all.map(([key, value]) => `${key}=${value}`).join(',')),
      fc.tuple(fc.array(member, { maxLength: 4 }), piece, fc.nat(20)).map(([all, extra, at]) => {
        const text = all.join(', ');
        return text.slice(0, at) + extra + text.slice(at);
      }),
    );
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 300 }), (all) => {
        for (const field of ['item', 'list', 'dictionary'] as const) compare(field, all);
      }),
      { numRuns: 100 },
    );
  });

  it('answer the last of several members or parameters of one key', () => {
    const field = 'a=1, b=2, a=3';
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => guest.askOne('member', field, key)),
      [3, 2, -1],
    );
    assert.deepEqual(
      ['p', 'q', 'r'].map((key) => guest.askOne('parameter', 'x;p=1;q=2;p=3', key)),
      [3, 2, -1],
    );
    assert.equal(guest.askOne('member', 'a=1, A', 'a'), -1);
  });

  it('are searched without taking memory for what is passed over', () => {
    // 64 MiB would not hold what a hundred walks over ten thousand members make.
    const field = `${'a, '.repeat(10_000)}last=7`;
    assert.equal(guest.askOne('often', field), 100 * (7 + 10_001));
  });

  it('answer the fallback for another type, and for what is not there', () => {
    const text = (value: string | null) =>
      Buffer.from(guest.askOne('fallbacks', value) as string, 'hex').toString();
    assert.equal(text(null), '7 0.5 true none');
    assert.equal(text('5'), '5 5.0 true none');
    assert.equal(text('2.5'), '7 2.5 true none');
    assert.equal(text('@2'), '2 0.5 true none');
    assert.equal(text('?0'), '7 0.5 false none');
    assert.equal(text('token'), '7 0.5 true token');
    assert.equal(text('"not closed'), '7 0.5 true none');
  });

  it('count members, and none of what is absent', () => {
    assert.equal(guest.askOne('sizes', 'a, b;c, d'), 303);
    assert.equal(guest.askOne('sizes', 'a=1, a=2'), 2);
    assert.equal(guest.askOne('sizes', null), 0);
    assert.equal(guest.askOne('sizes', 'a,'), 0);
  });
});
