import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  acceptsTrailers,
  COMMON_NAMES,
  forwardableTrailers,
  HeaderList,
  hopByHopTest,
  isAsciiValue,
  isFieldValue,
  isFramingField,
  isHopByHop,
  isToken,
  isUnframedName,
  lineStart,
  parseLength,
  tellsOfCertificate,
} from '../../core/headers.js';

const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];

describe('a token', () => {
  it('has letters, digits and the marks of RFC 9110', () => {
    for (const text of ['a', 'Z', '0', "!#$%&'*+-.^_`|~", 'x-request-id']) assert.ok(isToken(text), text);
  });

  it('has nothing else, at no place', () => {
    for (const text of [
      '',
      ' ',
      'a b',
      'a:',
      'a\r',
      'a\n',
      '\na',
      'a\0',
      '(a)',
      'a/b',
      '"a"',
      '\x7f',
      '\xe9',
      'ſ',
    ]) {
      assert.ok(!isToken(text), JSON.stringify(text));
    }
  });
});

describe('a field value', () => {
  it('has printable characters, spaces, tabs and bytes above ASCII', () => {
    for (const text of ['', 'a b', '\t', '~', '\x80', '\xff', 'caf\xe9']) assert.ok(isFieldValue(text), text);
  });

  it('has no other control character and nothing that does not fit into a byte', () => {
    const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).filter(
      (c) => c !== '\t',
    );
    for (const text of [...controls, '\x7f', '\u0100', '\ud83d\ude00', 'a\r\nb: c', 'a\n']) {
      assert.ok(!isFieldValue(text), JSON.stringify(text));
    }
  });
});

describe('the value of a field', () => {
  it('is judged alike however long it is', () => {
    const padding = fc.constantFrom('', 'x'.repeat(31), 'x'.repeat(64));
    fc.assert(
      fc.property(padding, fc.string({ unit: 'binary', maxLength: 3 }), padding, (before, text, after) => {
        const value = before + text + after;
        assert.equal(isFieldValue(value), /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
        assert.equal(isAsciiValue(value), /^[\t\x20-\x7e]*$/.test(value));
      }),
    );
  });
});

describe('parseLength', () => {
  it('reads up to fifteen digits, and nothing else', () => {
    for (const [text, length] of [
      ['0', 0],
      ['012', 12],
      ['999999999999999', 999_999_999_999_999],
      ...['', ' 1', '1 ', '+1', '-1', '0x1', '1.0', '1,1', '1000000000000000', '٣'].map((bad) => [bad, null]),
    ] as [string, number | null][]) {
      assert.equal(parseLength(text), length, JSON.stringify(text));
    }
  });
});

describe('common names', () => {
  it('pass every test that is not made of them', () => {
    for (const name of COMMON_NAMES) {
      assert.ok(isToken(name) && isUnframedName(name) && !isFramingField(name), name);
      assert.ok(!isHopByHop(name) && !tellsOfCertificate(name) && !name.includes('_'), name);
    }
  });
});

describe('lineStart', () => {
  it('begins a line for every name that may be written as it is', () => {
    assert.equal(lineStart('content-type'), '\r\ncontent-type: ');
    assert.equal(lineStart('x-mine'), '\r\nx-mine: ');
    for (const name of [...HOP_BY_HOP, 'content-length', 'host', '', 'a b', 'a\r\nb']) {
      assert.equal(lineStart(name), null, JSON.stringify(name));
    }
  });
});

describe('a list of headers', () => {
  it('answers first value, all values, names and size', () => {
    const list = new HeaderList(['a', '1', 'b', '2', 'a', '3', 'c', '']);
    assert.equal(list.size, 4);
    assert.equal(list.get('a'), '1');
    assert.equal(list.get('c'), '');
    assert.equal(list.get('d'), undefined);
    assert.deepEqual(list.getAll('a'), ['1', '3']);
    assert.deepEqual(list.getAll('d'), []);
    assert.deepEqual(list.names(), ['a', 'b', 'a', 'c']);
    assert.ok(list.has('c') && !list.has('d'));
  });

  it('does not take a value for a name', () => {
    const list = new HeaderList(['a', 'b', 'b', 'a']);
    assert.equal(list.get('b'), 'a');
    list.remove('b');
    assert.deepEqual(list.flat, ['a', 'b']);
  });

  it('sets in the place of the first and removes the others', () => {
    const list = new HeaderList(['a', '1', 'b', '2', 'a', '3', 'c', '4', 'a', '5']);
    list.set('a', 'new');
    assert.deepEqual(list.flat, ['a', 'new', 'b', '2', 'c', '4']);
    list.set('d', '6');
    assert.deepEqual(list.flat, ['a', 'new', 'b', '2', 'c', '4', 'd', '6']);
  });

  it('removes all fields of several names', () => {
    const list = new HeaderList(['a', '1', 'b', 'a', 'c', '2', 'a', '3', 'd', 'c']);
    list.removeAll(new Set(['a', 'c', 'e']));
    assert.deepEqual(list.flat, ['b', 'a', 'd', 'c']);
    list.removeAll(new Set(['a']));
    assert.deepEqual(list.flat, ['b', 'a', 'd', 'c']);
  });

  it('is cloned into one that shares nothing', () => {
    const list = new HeaderList(['a', '1']);
    const copy = list.clone();
    copy.set('a', '2');
    copy.add('b', '3');
    assert.deepEqual(list.flat, ['a', '1']);
  });

  it('does what a plain list of pairs would, edit for edit', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const edit = fc.oneof(
      fc.tuple(fc.constant('set' as const), name, fc.string()),
      fc.tuple(fc.constant('add' as const), name, fc.string()),
      fc.tuple(fc.constant('remove' as const), name, fc.constant('')),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        const list = new HeaderList();
        let pairs: [string, string][] = [];
        for (const [what, key, value] of edits) {
          const first = pairs.findIndex(([other]) => other === key);
          if (what === 'remove') {
            list.remove(key);
            pairs = pairs.filter(([other]) => other !== key);
          } else if (what === 'add') {
            list.add(key, value);
            pairs.push([key, value]);
          } else {
            list.set(key, value);
            if (first === -1) pairs.push([key, value]);
            else {
              pairs[first] = [key, value];
              pairs = pairs.filter(([other], index) => other !== key || index === first);
            }
          }
          assert.deepEqual(list.flat, pairs.flat());
        }
      }),
    );
  });
});

describe('hop-by-hop fields', () => {
  it('are the known ones', () => {
    for (const name of HOP_BY_HOP) assert.ok(isHopByHop(name), name);
    for (const name of ['host', 'content-length', 'cookie', 'x-a', '']) assert.ok(!isHopByHop(name), name);
  });

  it('are framing fields too, with content-length and host', () => {
    for (const name of [...HOP_BY_HOP, 'content-length', 'host']) assert.ok(isFramingField(name), name);
    for (const name of ['content-type', 'content-encoding', 'x-a']) assert.ok(!isFramingField(name), name);
  });

  it('have no other names than the tokens that are not among them', () => {
    const names = [...HOP_BY_HOP, 'content-length', 'host', 'accept', 'content-type', 'date', 'via', 'x-a'];
    const broken = ['', 'a b', 'content-type ', 'content-type\r\nx', 'accept:', 'h\u00f6st', 'cookie\0'];
    for (const name of [...names, ...broken])
      assert.equal(isUnframedName(name), isToken(name) && !isFramingField(name), JSON.stringify(name));
    fc.assert(
      fc.property(fc.string(), (name) => isUnframedName(name) === (isToken(name) && !isFramingField(name))),
    );
  });

  it('are left out of what goes on, with those that connection names', () => {
    const list = new HeaderList([
      ...['host', 'a.example', 'connection', 'close, X-Session ,\tx-trace'],
      ...['x-session', '1', 'te', 'trailers', 'x-trace', '2', 'x-a', '3', 'keep-alive', 'timeout=5'],
    ]);
    assert.deepEqual(list.withoutHopByHop().flat, ['host', 'a.example', 'x-a', '3']);
    assert.equal(list.size, 7);
  });

  it('are left out with those that tell of a certificate, however they are spelled', () => {
    const told = [
      ...['client-cert', 'client-cert-chain', 'client_cert', 'client-certificate', 'x-ssl-client-verify'],
      ...['ssl-client-cert', 'x_ssl_client_s_dn', 'ssl_client_i-dn', 'x-ssl_client-cert'],
    ];
    const kept = [
      'x-client-cert',
      'client',
      'client-ip',
      'ssl',
      'x-ssl',
      'x-amzn-mtls-clientcert',
      'sec-fetch-mode',
    ];
    const list = new HeaderList([...told, ...kept].flatMap((name) => [name, '1']));
    assert.deepEqual(list.withoutHopByHop().names(), kept);
  });

  it('are named by every connection field, also when the first one names nothing', () => {
    for (const plain of ['keep-alive', 'close', 'Keep-Alive']) {
      const list = new HeaderList([
        'connection',
        plain,
        'connection',
        'x-session',
        'x-session',
        '1',
        'x-a',
        '2',
      ]);
      assert.deepEqual(list.withoutHopByHop().flat, ['x-a', '2']);
    }
  });

  it('are just the known ones when connection names none', () => {
    for (const flat of [[], ['connection', 'close'], ['connection', 'keep-alive', 'connection', 'close']]) {
      assert.equal(hopByHopTest(new HeaderList(flat)), isHopByHop);
    }
  });
});

describe('forwardableTrailers', () => {
  it('keeps what may stand after a body, and nothing that has its meaning before it or is the gateway’s', () => {
    const kept = ['grpc-status', 'x-checksum', 'server-timing', 'digest'];
    const dropped = [
      ...['content-length', 'transfer-encoding', 'host', 'trailer', 'connection', 'te', 'authorization'],
      ...['cookie', 'set-cookie', 'content-type', 'content-encoding', 'content_type', 'if-match', 'range'],
      ...['x-forwarded-for', 'x_forwarded_for', 'x-real-ip', 'client-cert', 'client-cert-chain', 'via'],
      ...['cache-control', 'location', 'http2-settings', 'no token', 'x-ours', 'x_ours'],
    ];
    const flat = [...dropped, ...kept].flatMap((name) => [name, '1']);
    assert.deepEqual(forwardableTrailers(flat, (name) => name === 'x-ours')?.names(), kept);
    assert.equal(forwardableTrailers(['x-a', 'a\r\nx-b: b']), null);
    assert.equal(forwardableTrailers([]), null);
    assert.equal(forwardableTrailers(['x-a', 'a'.repeat(17_000)]), null, 'more than anybody needs');
  });
});

describe('acceptsTrailers', () => {
  it('finds the word in te, among others and in whatever case', () => {
    const accepts = (...values: string[]): boolean =>
      acceptsTrailers(new HeaderList(values.flatMap((value) => ['te', value])));
    assert.deepEqual(
      [['trailers'], ['gzip, Trailers'], ['gzip', 'trailers'], [], ['trailers-not'], ['gzip;q=0.5']].map(
        (values) => accepts(...values),
      ),
      [true, true, true, false, false, false],
    );
  });
});
