// URLs as nobody writes them by accident: every part from a list of what lies on an edge of some rule, then damaged.
import fc from 'fast-check';

const schemes = [
  ...[
    'http:',
    'https:',
    'ws:',
    'wss:',
    'ftp:',
    'HtTp:',
    'http:',
    'http:',
    'https:',
    'file:',
    'foo:',
    'a+b-c.d:',
  ],
  ...['javascript:', 'data:', 'blob:', '', '1x:', 'ht\ttp:', ' http:', 'h%74tp:', ':', 'httpß:'],
];
const slashes = ['//', '//', '//', '//', '', '/', '///', '\\\\', '/\\', '\\', '/\t/', '//\n', '////'];
const userinfos = [
  ...[
    '',
    '',
    '',
    '',
    '',
    'a@',
    'a:b@',
    '@',
    ':@',
    'a:@',
    ':b@',
    'a@b@',
    'a%40b:c%3Ad@',
    'ü:ß @',
    'a/b@',
    'a\\b@',
  ],
  ...['a:b:c@', "';=|^`{}@", '[@', '%@', '\u0000@'],
];
const labels = [
  ...[
    'a',
    'example',
    'COM',
    '0x7f',
    '0X',
    '0x',
    '0',
    '1',
    '127',
    '255',
    '256',
    '08',
    '0377',
    '00000000377',
    '09',
  ],
  ...[
    '4294967295',
    '4294967296',
    '99999999999999999999',
    '0xffffffff',
    '0x100000000',
    '0xg',
    '1e3',
    '-1',
    '+1',
  ],
  ...[
    '',
    '',
    '%2e',
    '%2E',
    '%41',
    '%30',
    '%31',
    '%00',
    '%zz',
    '%',
    '%4',
    '%e9',
    '%C3%A9',
    '%ef%bc%91',
    '%25',
    '%2f',
  ],
  ...[
    '１２７',
    '０ｘ７ｆ',
    'é',
    'É',
    'ß',
    'ﬁ',
    '\u00ad',
    '。',
    'ａ',
    '％４１',
    '／',
    '：',
    '\u200d',
    '\ufffd',
    '日本',
  ],
  ...[
    'xn--9ca',
    'xn--',
    'xn--a',
    'XN--LS8H',
    'xn--ls8h',
    'axn--a',
    'xn-',
    'ab--c',
    '_',
    '-',
    '*',
    '~',
    '`',
    '"',
    "'",
  ],
  ...[
    '{',
    '!',
    '$',
    '&',
    '(',
    ',',
    ';',
    '=',
    ' ',
    '<',
    '>',
    '^',
    '|',
    '[',
    ']',
    '\u007f',
    '\u0001',
    '😀',
    'localhost',
  ],
  ...['a'.repeat(64), '\ufeff', '𝟙𝟚𝟟', '①', '٣', 'א', 'C:', 'c|'],
];
const addresses = [
  ...[
    '[::1]',
    '[::]',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[1:2:3:4:5:6:7:8]',
    '[1::8]',
    '[:]',
  ],
  ...[
    '[::1',
    '::1]',
    '[::1]x',
    '[::1%25eth0]',
    '[::1.2.3]',
    '[::1.2.3.04]',
    '[::256.1.1.1]',
    '[1:2:3:4:5:6:7.8.9.0]',
  ],
  ...[
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7::]',
    '[::2:3:4:5:6:7:8]',
    '[::FFFF]',
    '[0:0:1::]',
    '[1:0:0:2:0:0:0:3]',
  ],
  ...[
    '[00001::]',
    '[v1.x]',
    '[]',
    '[1::2::3]',
    '[64:ff9b::7f00:1]',
    '[:::1]',
    '[1.2.3.4]',
    '[::1 ]',
    '[::ffff:1.2.3.4.]',
  ],
];
const ports = [
  '',
  '',
  '',
  '',
  ':',
  ':80',
  ':443',
  ':21',
  ':00080',
  ':65535',
  ':65536',
  ':99999999999',
  ':8x',
  ':-1',
  ':8\t0',
];
const segments = [
  ...[
    '',
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '.%2e',
    '%2e.',
    '...',
    '%2e%2e%2e',
    'a',
    'b c',
    'é',
    '^',
    '`{}|"<>',
    '\u0000',
    '%',
  ],
  ...['C:', 'c|', 'C:x', '%zz', '@', ':', '[]', "'", '😀', '\u007f', ';=', '.a', '%2', '%2f', '%5c', '&+~!$'],
];
const separators = ['/', '/', '/', '\\', '//', '/\t', ''];
const tails = [
  '',
  '',
  '',
  '?',
  '#',
  '?#',
  '?a=b&c=\'é"<>`{}^',
  '??',
  '?/..#?#',
  '#`<>"{}^\'é \u0000',
  '?#\n',
  ' ',
  '\u0000',
  '# x ',
];

const host = fc.oneof(
  {
    weight: 6,
    arbitrary: joined(fc.constantFrom(...labels), fc.constantFrom('.', '.', '.', '.', '', '。', '%2e'), 5),
  },
  { weight: 2, arbitrary: fc.constantFrom(...addresses) },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: fc.constantFrom(...'0123456789abcdefF::::::....'), maxLength: 24 })
      .map((text) => `[${text}]`),
  },
  { weight: 1, arbitrary: fc.ipV6().map((text) => `[${text}]`) },
  { weight: 1, arbitrary: fc.ipV4Extended() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);

const whole = fc
  .tuple(
    ...[fc.constantFrom(...schemes), fc.constantFrom(...slashes), fc.constantFrom(...userinfos), host],
    ...[fc.constantFrom(...ports), joined(fc.constantFrom(...segments), fc.constantFrom(...separators), 6)],
    fc.constantFrom(...tails),
  )
  .map((parts) => `${parts.slice(0, 5).join('')}${parts[5] === '' ? '' : `/${parts[5]}`}${parts[6]}`);

const damage = fc.tuple(
  fc.nat(80),
  fc.nat(2),
  fc.constantFrom('', '', ...'/\\:@?#[]%.\t\n\r \u0000\u001f\u007f0xX-é。|😀'),
);

/** A text that is a URL, nearly one, or anything. */
export const urlText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: whole },
  {
    weight: 3,
    arbitrary: fc
      .tuple(whole, fc.array(damage, { minLength: 1, maxLength: 3 }))
      .map(([url, damages]) => damages.reduce(damaged, url)),
  },
  { weight: 1, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `http://${text}`) },
);

/** Cuts and inserts between whole characters, so that no half of a surrogate pair is left. */
function damaged(url: string, [at, cut, inserted]: readonly [number, number, string]): string {
  const characters = [...url];
  characters.splice(at % (characters.length + 1), cut, inserted);
  return characters.join('');
}

function joined(
  part: fc.Arbitrary<string>,
  separator: fc.Arbitrary<string>,
  most: number,
): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(part, separator), { maxLength: most })
    .map((pairs) => pairs.map(([text, mark], index) => (index === 0 ? text : mark + text)).join(''));
}
