import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { buildInline } from './inline-filter.js';
import { IpGuest } from './ip-guest.js';

const NETWORKS = ['10.0.0.0/8', 'fc00::/7', '192.0.2.1', '10.1.0.0/16', '2001:db8::1/128'];

let guest: IpGuest;
before(async () => {
  guest = await IpGuest.build(NETWORKS);
});

describe('IpAddress', () => {
  const FORMS: readonly [text: string, format: string, bytes: string][] = [
    ['127.0.0.1', '127.0.0.1', '00000000000000000000ffff7f000001'],
    ['0.0.0.0', '0.0.0.0', '00000000000000000000ffff00000000'],
    ['255.255.255.255', '255.255.255.255', '00000000000000000000ffffffffffff'],
    ['::ffff:127.0.0.1', '127.0.0.1', '00000000000000000000ffff7f000001'],
    ['::FFFF:7F00:1', '127.0.0.1', '00000000000000000000ffff7f000001'],
    ['::', '::', '00000000000000000000000000000000'],
    ['::1', '::1', '00000000000000000000000000000001'],
    ['::127.0.0.1', '::7f00:1', '0000000000000000000000007f000001'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0', '00010002000300040005000600070000'],
    ['1::', '1::', '00010000000000000000000000000000'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', '0064ff9b0000000000000000c0000221'],
  ];
  for (const [text, format, bytes] of FORMS) {
    it(`reads ${text} and writes ${format}`, () => {
      const isV4 = format.includes('.');
      assert.deepEqual(guest.read([text]), [{ exists: true, isV4, text: format, bytes }]);
    });
  }

  it('reads strict forms only', () => {
    const texts = [
      ...[
        '',
        '.',
        ':',
        ':::',
        '1',
        '127.1',
        '0x7f.0.0.1',
        '127.0.0.01',
        '00.0.0.0',
        '256.0.0.1',
        '1.2.3.4.',
        '1.2.3.4.5',
      ],
      ...[
        '1.2.3',
        '1..2.3',
        ' 1.2.3.4',
        '1.2.3.4 ',
        '1.2.3.4:80',
        '[::1]',
        '::1%eth0',
        '::1/128',
        '1::2::3',
        '12345::',
      ],
      ...[
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        '1:2:3:4:5:6:7:8::',
        '::1.2.3',
        '::1.2.3.04',
        '1:2:3:4:5:6:7:1.2.3.4',
      ],
      ...[
        '1:',
        ':1',
        '1:2:3:4:5:6:7:',
        '::g',
        '::1.2.3.4:5',
        '１.2.3.4',
        '+1.2.3.4',
        '1.2.3.-4',
        '1.2.3.0004',
      ],
    ];
    guest.read(texts).forEach((address, index) => {
      assert.deepEqual(
        address,
        { exists: false, isV4: false, text: '', bytes: '0'.repeat(32) },
        texts[index],
      );
    });
  });

  it('orders addresses as numbers', () => {
    const rising = [
      '::',
      '::1',
      '0.0.0.0',
      '9.255.0.0',
      '128.0.0.0',
      '255.255.255.255',
      '1::',
      '7fff::',
      '8000::',
      'ff::1',
    ];
    rising.sort((a, b) => (guest.read([a])[0]!.bytes < guest.read([b])[0]!.bytes ? -1 : 1));
    const expected = rising.flatMap((_, row) => rising.map((_, column) => Math.sign(row - column)));
    assert.deepEqual(guest.compare(rising), expected);
  });
});

describe('CidrSet', () => {
  it('knows the networks that configure gave it, in later calls too', () => {
    const addresses: [address: string, isContained: boolean][] = [
      ['9.255.255.255', false],
      ['10.0.0.0', true],
      ['10.1.2.3', true],
      ['10.255.255.255', true],
      ['11.0.0.0', false],
      ['192.0.2.0', false],
      ['192.0.2.1', true],
      ['192.0.2.2', false],
      ['::ffff:10.0.0.1', true],
      ['::10.0.0.1', false],
      ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
      ['fc00::', true],
      ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
      ['fe00::', false],
      ['2001:db8::1', true],
      ['2001:db8::2', false],
      ['none', false],
    ];
    for (let turn = 0; turn < 3; turn++) {
      assert.deepEqual(
        guest.configured(addresses.map(([address]) => address)),
        addresses.map(([_, isContained]) => isContained),
      );
    }
  });

  it('tells a network that lies in one of its own from one that reaches out of it', () => {
    const networks: [network: string, isWithin: boolean][] = [
      ['10.0.0.0/8', true],
      ['10.1.0.0/16', true],
      ['10.255.255.255', true],
      ['::ffff:10.1.0.0/112', true],
      ['10.0.0.0/7', false],
      ['0.0.0.0/0', false],
      ['11.0.0.0/8', false],
      ['192.0.2.1', true],
      ['192.0.2.0/31', false],
      ['fc00::/7', true],
      ['fd00::/8', true],
      ['fc00::/6', false],
      ['::/0', false],
      ['2001:db8::1/128', true],
      ['10.0.0.1/8', false],
      ['none', false],
    ];
    assert.deepEqual(
      guest.within(networks.map(([network]) => network)),
      networks.map(([_, isWithin]) => isWithin),
    );
  });

  it('says why it refuses a text, and goes on without it', () => {
    const notAddress = 'expected an IPv4 or IPv6 address, and after a slash the bits of its prefix';
    const behind = 'expected no bits set behind the prefix';
    const refusals: [text: string, problem: string][] = [
      ['', notAddress],
      ['/8', notAddress],
      ['10/8', notAddress],
      ['10.0.0.0 /8', notAddress],
      ['localhost', notAddress],
      ['010.0.0.0/8', notAddress],
      ['[::1]/128', notAddress],
      ['10.0.0.0/', 'expected 0 to 32 bits after the slash'],
      ['10.0.0.0/33', 'expected 0 to 32 bits after the slash'],
      ['10.0.0.0/08', 'expected 0 to 32 bits after the slash'],
      ['10.0.0.0/+8', 'expected 0 to 32 bits after the slash'],
      ['10.0.0.0/8/8', 'expected 0 to 32 bits after the slash'],
      ['10.0.0.0/255.0.0.0', 'expected 0 to 32 bits after the slash'],
      ['fc00::/129', 'expected 0 to 128 bits after the slash'],
      ['fc00::/4294967303', 'expected 0 to 128 bits after the slash'],
      ['::ffff:1.2.3.4/129', 'expected 0 to 128 bits after the slash'],
      ['10.0.0.1/8', behind],
      ['10.0.0.1/31', behind],
      ['fc00::1/7', behind],
      ['fd00::/7', behind],
      ['0:0:0:1::/63', behind],
      ['::1/0', behind],
    ];
    const [answer] = guest.ask([
      {
        networks: [...refusals.map(([text]) => text), '192.0.2.0/24'],
        addresses: ['10.0.0.1', '192.0.2.1', 'fc00::1'],
      },
    ]);
    assert.deepEqual(answer!.problems, [...refusals.map(([_, problem]) => problem), '']);
    assert.deepEqual(answer!.contained, [false, true, false]);
  });

  it('takes everything at once', () => {
    const addresses = ['0.0.0.0', '255.255.255.255', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'];
    const questions = ['::/0', '0.0.0.0/0', '::/64', '::/65'].map((network) => ({
      networks: [network],
      addresses,
    }));
    assert.deepEqual(
      guest.ask(questions).map(({ contained }) => contained),
      [
        [true, true, true, true],
        [true, true, false, false],
        [true, true, true, false],
        [true, true, true, false],
      ],
    );
  });
});

describe('CidrSet.specialUse()', () => {
  /** First and last address of each network, and public addresses next to them. */
  const SPECIAL: readonly [name: string, inside: readonly string[], outside: readonly string[]][] = [
    ['this network', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
    ['private', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
    ['private', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
    ['private', ['192.168.0.0', '192.168.255.255'], ['192.167.255.255', '192.169.0.0']],
    ['of carriers', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
    ['loopback', ['127.0.0.0', '127.255.255.255', '::1'], ['126.255.255.255', '128.0.0.0']],
    ['link-local', ['169.254.0.0', '169.254.169.254', '169.254.255.255'], ['169.253.255.255', '169.255.0.0']],
    ['link-local', ['fe80::', 'febf:ffff::'], ['fe7f:ffff::']],
    ['protocol assignments', ['192.0.0.0', '192.0.0.255'], ['191.255.255.255', '192.0.1.0']],
    [
      'documentation',
      ['192.0.2.0', '192.0.2.255', '198.51.100.0', '198.51.100.255'],
      ['192.0.3.0', '198.51.101.0'],
    ],
    ['documentation', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
    [
      'documentation',
      ['2001:db8::', '2001:db8:ffff::', '3fff::', '3fff:fff::'],
      ['2001:db7::', '2001:db9::', '3fff:1000::'],
    ],
    ['benchmarking', ['198.18.0.0', '198.19.255.255', '2001:2::'], ['198.17.255.255', '198.20.0.0']],
    [
      'AS112 and AMT',
      ['192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1'],
      ['192.31.197.0', '2620:4f:8001::'],
    ],
    ['6to4', ['192.88.99.1', '2002::', '2002:7f00:1::', '2002:ffff::'], ['2001:ffff::', '2003::']],
    ['multicast', ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1'], ['223.255.255.255']],
    ['reserved', ['240.0.0.0', '255.255.255.255'], []],
    ['IPv4-compatible and unspecified', ['::', '::7f00:1', '::808:808'], ['::1:0:0:0']],
    ['IPv4-translated', ['::ffff:0:7f00:1'], []],
    [
      'NAT64',
      ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::', '64:ff9b:1:ffff::'],
      ['64:ff9a::', '64:ff9b:2::'],
    ],
    ['discard-only', ['100::', '100::ffff', '100:0:0:1::1'], ['100:0:0:2::', 'ff:ffff::']],
    ['protocol assignments', ['2001::', '2001:1ff::', '2001:20::1'], ['2001:200::', '2000:ffff::']],
    ['segment routing', ['5f00::', '5f00:ffff::'], ['5eff::', '5f01::']],
    ['unique local', ['fc00::', 'fdff::'], ['fbff::', 'fe00::']],
    ['site-local', ['fec0::', 'feff::'], []],
    ['IPv4-mapped, by the address that is mapped', ['::ffff:127.0.0.1', '::ffff:a00:1'], ['::ffff:8.8.8.8']],
    ['nobody', [], ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1', 'not an address']],
  ];
  for (const [name, inside, outside] of SPECIAL) {
    it(`has the networks for ${name}: ${inside.join(' ')}`, () => {
      assert.deepEqual(guest.special([...inside, ...outside]), [
        ...inside.map(() => true),
        ...outside.map(() => false),
      ]);
    });
  }

  it('lies in no module of a filter that does not ask for it', async () => {
    const build = (body: string): Promise<Uint8Array> =>
      buildInline(`
        import { CidrSet, Decision, next, Request } from 'sluice';
        export function onRequest(request: Request): Decision { ${body} return next(); }`);
    const text = Buffer.from('fe80::/10', 'utf16le');
    assert.equal(Buffer.from(await build('')).includes(text), false);
    assert.equal(Buffer.from(await build('new CidrSet().add(request.query);')).includes(text), false);
    assert.equal(Buffer.from(await build('CidrSet.specialUse();')).includes(text), true);
  });
});
