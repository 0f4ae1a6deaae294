import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TrustedProxies } from '../../../core/listener/trusted-proxies.js';

const CLIENT = '203.0.113.7';
const PROXY = '10.0.0.1';

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);
  const from = (peer: string, ...fields: string[]) => proxies.originOf(peer, ['host', 'a', ...fields]);
  const chainOf = (...lists: string[]) => {
    const { clientAddress, forwardedFor, refusal } = from(
      PROXY,
      ...lists.flatMap((list) => ['x-forwarded-for', list]),
    );
    assert.equal(refusal, null);
    return [clientAddress, forwardedFor];
  };

  it('believes a trusted peer', () => {
    assert.deepEqual(from(PROXY, 'x-forwarded-for', CLIENT, 'x-forwarded-proto', 'https'), {
      clientAddress: CLIENT,
      scheme: 'https',
      forwardedFor: CLIENT,
      refusal: null,
    });
    assert.equal(from('192.0.2.1', 'x-forwarded-for', CLIENT).clientAddress, CLIENT);
    assert.equal(from('2001:db8::9', 'x-forwarded-for', CLIENT).clientAddress, CLIENT);
  });

  it('believes nobody else, whatever they send', () => {
    for (const peer of ['192.0.2.2', '9.255.255.255', '2001:db9::1', '::1', '']) {
      for (const list of [CLIENT, PROXY, 'garbage', ''])
        assert.deepEqual(from(peer, 'x-forwarded-for', list, 'x-forwarded-proto', 'https'), {
          clientAddress: peer,
          scheme: null,
          forwardedFor: '',
          refusal: null,
        });
    }
  });

  it('trusts no peer that is gone, even where every address is trusted', () => {
    const all = new TrustedProxies(['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']);
    assert.equal(all.has('203.0.113.1'), true);
    assert.equal(all.has(''), false);
  });

  it('takes the peer for the client when it names none', () => {
    assert.deepEqual(from(PROXY), { clientAddress: PROXY, scheme: null, forwardedFor: '', refusal: null });
  });

  it('takes the first address from the right that is none of its own', () => {
    assert.deepEqual(chainOf(`${CLIENT}, 10.9.9.9, 10.8.8.8`), [CLIENT, `${CLIENT}, 10.9.9.9, 10.8.8.8`]);
    assert.deepEqual(chainOf('10.7.7.7,10.8.8.8'), ['10.7.7.7', '10.7.7.7, 10.8.8.8']);
  });

  it('drops what a client has put before it', () => {
    for (const forged of [
      '198.51.100.1',
      PROXY,
      'garbage',
      '',
      'unknown',
      ' , ,',
      '"',
      '10.0.0.1, '.repeat(500),
    ])
      assert.deepEqual(chainOf(`${forged}, ${CLIENT}, 10.9.9.9`), [CLIENT, `${CLIENT}, 10.9.9.9`]);
  });

  it('reads several fields as one list', () => {
    assert.deepEqual(chainOf('198.51.100.1', CLIENT, '10.9.9.9'), [CLIENT, `${CLIENT}, 10.9.9.9`]);
  });

  it('writes an address in one way, without a port', () => {
    for (const [written, canonical] of [
      ['203.0.113.7:4711', CLIENT],
      ['2001:DB9:0:0::1', '2001:db9::1'],
      ['[2001:db9::1]', '2001:db9::1'],
      ['[2001:db9::1]:443', '2001:db9::1'],
      ['::ffff:203.0.113.7', CLIENT],
      ['\t203.0.113.7 ', CLIENT],
    ] as const)
      assert.deepEqual(chainOf(written), [canonical, canonical]);
  });

  for (const bad of [
    '',
    ' ',
    ',',
    `${CLIENT},`,
    `${CLIENT}, ,10.9.9.9`,
    'unknown',
    '_hidden',
    'unix:',
    'example.com',
    '203.0.113',
    '203.0.113.007',
    '203.0.113.7:',
    '203.0.113.7:123456',
    '[203.0.113.7]',
    '2001:db9::1]',
    'fe80::1%eth0',
    '203.0.113.7/32',
    '"203.0.113.7"',
    'for=203.0.113.7',
    `${CLIENT} 10.9.9.9`,
  ]) {
    it(`refuses ${JSON.stringify(bad)} where a proxy has written it`, () => {
      const { clientAddress, forwardedFor, refusal } = from(PROXY, 'x-forwarded-for', bad);
      assert.equal(refusal?.code, 'SLUICE_LISTEN_FORWARDED');
      assert.deepEqual([clientAddress, forwardedFor], [PROXY, '']);
    });
  }

  it('takes one scheme and no list of them', () => {
    for (const [written, scheme] of [
      ['http', 'http'],
      ['https', 'https'],
      ['HTTPS', 'https'],
    ] as const)
      assert.equal(from(PROXY, 'x-forwarded-proto', written).scheme, scheme);
    for (const bad of ['', 'ftp', 'wss', 'https,http', 'https, https', 'https '])
      assert.equal(from(PROXY, 'x-forwarded-proto', bad).refusal?.code, 'SLUICE_LISTEN_FORWARDED', bad);
    const twice = from(PROXY, 'x-forwarded-proto', 'https', 'x-forwarded-proto', 'https');
    assert.equal(twice.refusal?.code, 'SLUICE_LISTEN_FORWARDED');
  });

  it('reads neither forwarded nor look-alikes', () => {
    const look = ['forwarded', `for=${CLIENT};proto=https`, 'x_forwarded_for', CLIENT, 'x-real-ip', CLIENT];
    assert.deepEqual(from(PROXY, ...look), {
      clientAddress: PROXY,
      scheme: null,
      forwardedFor: '',
      refusal: null,
    });
  });

  it('finds the client behind any number of proxies, whatever the client sends', () => {
    const inside = fc.ipV4().map((address) => address.replace(/^\d+/, '10'));
    const outside = fc.oneof(fc.ipV4(), fc.ipV6()).filter((address) => !proxies.has(address));
    fc.assert(
      fc.property(fc.string(), outside, fc.array(inside, { maxLength: 5 }), (forged, client, hops) => {
        const honest = from(PROXY, 'x-forwarded-for', [client, ...hops].join(', '));
        const attacked = from(PROXY, 'x-forwarded-for', [forged, client, ...hops].join(', '));
        assert.equal(honest.refusal, null);
        assert.deepEqual(attacked, honest);
        assert.deepEqual(honest.forwardedFor.split(', ').slice(1), hops);
        assert.equal(honest.forwardedFor.split(', ')[0], honest.clientAddress);
      }),
    );
  });

  it('answers the same however many addresses it was asked about', () => {
    const many = new TrustedProxies(['10.0.0.0/9']);
    for (let round = 0; round < 2; round += 1) {
      for (let i = 0; i < 10_000; i += 1) {
        const inside = `10.${i % 100}.${i >> 8}.${i & 255}`;
        const outside = `10.${128 + (i % 100)}.${i >> 8}.${i & 255}`;
        assert.deepEqual([many.has(inside), many.has(outside)], [true, false]);
      }
    }
  });

  it('trusts others when it is told so, at once, and as before when it is told nonsense', () => {
    const changing = new TrustedProxies();
    assert.deepEqual([changing.isEmpty, changing.has(PROXY)], [true, false]);
    changing.replace(['10.0.0.0/8']);
    assert.deepEqual([changing.isEmpty, changing.has(PROXY), changing.has(CLIENT)], [false, true, false]);
    assert.throws(() => changing.replace(['10.0.0.1/8']), RangeError);
    assert.equal(changing.has(PROXY), true);
    changing.replace([CLIENT]);
    assert.deepEqual([changing.has(PROXY), changing.has(CLIENT)], [false, true]);
    changing.replace([]);
    assert.deepEqual([changing.isEmpty, changing.has(CLIENT)], [true, false]);
  });

  it('refuses what is no network', () => {
    assert.throws(() => new TrustedProxies(['10.0.0.1/8']), RangeError);
  });
});
