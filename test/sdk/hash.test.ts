import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { FilterChain } from '../../core/wasm/chain.js';
import { loadModule } from '../../core/wasm/module.js';
import { MAX_HASH_BYTES } from '../../sdk/abi/abi.js';
import { TestChain } from '../../sdk/testing/index.js';
import { runPhase } from '../support/phase-frame.js';
import { linksTo, phaseMessage, specOf } from '../support/phase-messages.js';
import { BatchGuest, type Input } from './batch-guest.js';
import { buildInline, manifestOf } from './inline-filter.js';

let guest: BatchGuest;
before(async () => {
  guest = await BatchGuest.build({
    imports: ['hmacSha256', 'sha256'],
    questions: {
      sha256: 'sha256(a)',
      hmac: 'hmacSha256(a, b)',
      tooLong: `sha256(new Bytes(a.address, ${MAX_HASH_BYTES + 1}))`,
      keyTooLong: `hmacSha256(new Bytes(a.address, ${MAX_HASH_BYTES + 1}), a)`,
      dataTooLong: `hmacSha256(a, new Bytes(a.address, ${MAX_HASH_BYTES + 1}))`,
    },
    capabilities: ['crypto'],
  });
});

const digestOf = (data: Input) =>
  createHash('sha256')
    .update(data ?? '')
    .digest('hex');

describe('sha256', () => {
  it('makes the digests of FIPS 180-4', () => {
    for (const [data, digest] of [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
      [
        'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
        '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
      ],
      ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
    ] as const)
      assert.equal(guest.askOne('sha256', data), digest);
  });

  it('takes what is absent for empty', () => assert.equal(guest.askOne('sha256', null), digestOf('')));

  it('hashes up to 8 MiB and answers nothing for more', () => {
    const largest = Buffer.alloc(MAX_HASH_BYTES, 'x');
    assert.equal(guest.askOne('sha256', largest), digestOf(largest));
    assert.equal(guest.askOne('tooLong', 'x'), null);
  });
});

describe('hmacSha256', () => {
  it('makes the codes of RFC 4231', () => {
    const repeated = (byte: number, count: number) => Buffer.alloc(count, byte);
    const long = repeated(0xaa, 131);
    for (const [key, data, code] of [
      [repeated(0x0b, 20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
      [
        'Jefe',
        'what do ya want for nothing?',
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      ],
      [
        repeated(0xaa, 20),
        repeated(0xdd, 50),
        '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
      ],
      [
        Buffer.from(Array.from({ length: 25 }, (_, index) => index + 1)),
        repeated(0xcd, 50),
        '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
      ],
      [
        long,
        'Test Using Larger Than Block-Size Key - Hash Key First',
        '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
      ],
      [
        long,
        'This is a test using a larger than block-size key and a larger than block-size data. ' +
          'The key needs to be hashed before being used by the HMAC algorithm.',
        '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
      ],
    ] as const)
      assert.equal(guest.askOne('hmac', key, data), code);
  });

  it('agrees with Node', () => {
    const pair = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 200 }), (all) => {
        assert.deepEqual(
          guest.ask('hmac', all),
          all.map(([key, data]) => createHmac('sha256', key).update(data).digest('hex')),
        );
        assert.deepEqual(
          guest.ask('sha256', all),
          all.map(([data]) => digestOf(data)),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('makes nothing without a key, nor of more than 8 MiB', () => {
    assert.deepEqual([guest.askOne('hmac', null, 'x'), guest.askOne('hmac', '', 'x')], [null, null]);
    assert.deepEqual([guest.askOne('keyTooLong', 'x'), guest.askOne('dataTooLong', 'x')], [null, null]);
  });

  it('takes data that is absent for empty', () =>
    assert.equal(guest.askOne('hmac', 'key', null), createHmac('sha256', 'key').digest('hex')));
});

describe('Secret.hmacSha256', () => {
  let module: ReturnType<typeof loadModule>;
  before(async () => {
    const source = `
      import { Bytes, Decision, hexEncode, Json, Request, respond, Secret } from 'sluice';
      let token: Secret | null = null;
      export function configure(config: Json): void { token = Secret.named('token'); }
      export function onRequest(request: Request): Decision {
        const code = token!.hmacSha256(request.path);
        if (request.query.equals('page=2')) return respond(200).header('x-code', hexEncode(code)).body(new Bytes(0, memory.size() << 16));
        return respond(500);
      }`;
    module = loadModule(
      await buildInline(source, manifestOf({ capabilities: ['crypto', 'secrets'] })),
      'signer',
    );
  });

  function run(value: string | null, key: string | null) {
    const spec = specOf(module, { secrets: [{ name: 'token', value, key }] });
    const chain = new FilterChain();
    chain.load(spec);
    return runPhase(chain, phaseMessage('request'), linksTo(spec));
  }

  it('makes the code of a secret that never comes into the memory of the filter', () => {
    const key = 'canary-of-the-key';
    const { response, failures } = run(null, key);
    assert.deepEqual(failures, []);
    assert.equal(response!.headers.get('x-code'), createHmac('sha256', key).update('/users/7').digest('hex'));
    const memory = Buffer.from(response!.body!);
    assert.ok(memory.includes('/users/7'));
    assert.ok(!memory.includes(key));
  });

  it('fails the call when the grant does not say sign', () => {
    assert.match(run(null, null).failures[0]!.message, /the grant of the secret token does not say sign/);
  });

  it('works in the test harness with the secrets of a test', async () => {
    const source = `
      import { Decision, hexEncode, Json, next, Request, Secret } from 'sluice';
      let token: Secret | null = null;
      export function configure(config: Json): void { token = Secret.named('token'); }
      export function onRequest(request: Request): Decision {
        request.headers.set('x-code', hexEncode(token!.hmacSha256(request.body)));
        return next();
      }`;
    const filter = await buildInline(source, manifestOf({ capabilities: ['crypto', 'secrets'] }));
    const chain = new TestChain([{ module: filter }], { secrets: { token: 'k' } });
    const code = chain.exchange({ target: '/' }).upstream!.headers.get('x-code');
    assert.equal(code, createHmac('sha256', 'k').digest('hex'));
  });
});

describe('the capability crypto', () => {
  it('is asked for by the build, and does nothing where it is not granted', async () => {
    const source = `
      import { Decision, next, Request, sha256 } from 'sluice';
      export function onRequest(request: Request): Decision {
        request.headers.set('x-size', sha256(request.path).length);
        return next();
      }`;
    await assert.rejects(buildInline(source), /uses the capability crypto: add "crypto" to capabilities/);
    const module = await buildInline(source, manifestOf({ capabilities: ['crypto'] }));
    assert.throws(() => new TestChain([{ module, grants: [] }]), { code: 'SLUICE_FILTER_LINK' });
    assert.equal(new TestChain([{ module }]).exchange({ target: '/' }).upstream?.headers.get('x-size'), '32');
  });
});
