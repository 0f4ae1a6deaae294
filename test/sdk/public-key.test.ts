// What holds for public keys of every kind: when they may be imported, how long they stay, and how much data they take.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { MAX_HASH_BYTES, MAX_PUBLIC_KEYS } from '../../sdk/abi/abi.js';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

const SOURCE = `
  import { Decision, EcPublicKey, Json, Request, respond, RsaPublicKey } from 'sluice';
  const rsaKeys: RsaPublicKey[] = [];
  const ecKeys: EcPublicKey[] = [];
  let calls = 0;
  function importAll(list: Json): void {
    for (let jwk = list.first(); jwk.exists; jwk = jwk.next()) {
      const rsa = RsaPublicKey.fromJwk(jwk.get('n').bytes, jwk.get('e').bytes);
      const ec = EcPublicKey.fromJwk(jwk.get('x').bytes, jwk.get('y').bytes);
      if (rsa != null) rsaKeys.push(rsa);
      if (ec != null) ecKeys.push(ec);
    }
  }
  export function configure(config: Json): void { importAll(config.get('keys')); }
  export function onRequest(request: Request): Decision {
    const data = request.body.slice(0, request.body.length - 64);
    const signature = request.body.slice(request.body.length - 64);
    calls++;
    if (request.path.equals('/trap')) unreachable();
    if (request.path.equals('/late')) importAll(Json.parse(request.body));
    let by = '';
    for (let i = 0; i < ecKeys.length; i++) if (ecKeys[i].verifySha256(data, signature)) by += i.toString();
    for (let i = 0; i < rsaKeys.length; i++) if (rsaKeys[i].verifySha256(data, signature)) by += 'rsa';
    return respond(200).header('x-by', by).header('x-calls', calls.toString());
  }`;

describe('a public key', () => {
  const pairs = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [pairs[0]!, rsa, pairs[1]!].map(({ publicKey }) => publicKey.export({ format: 'jwk' }));
  const signed = (pair: number, data: Buffer): Buffer => {
    const key = { key: pairs[pair]!.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return Buffer.concat([data, sign('sha256', data, key)]);
  };
  let module: Uint8Array;
  before(async () => {
    const manifest = manifestOf({ phases: { request: { body: 'buffer' } }, capabilities: ['crypto'] });
    module = await buildInline(SOURCE, manifest);
  });

  function load(isolation: 'shared' | 'exchange' = 'shared') {
    const chain = new TestChain([{ module, config: { keys }, isolation, memoryMb: 64 }]);
    const send = (body: Buffer, target = '/') => chain.exchange({ method: 'POST', target, body });
    const says = (body: Buffer): (string | undefined)[] => {
      const { client, failures } = send(body);
      assert.deepEqual(failures, []);
      return ['x-by', 'x-calls'].map((name) => client!.headers.get(name));
    };
    return { send, says };
  }

  for (const isolation of ['shared', 'exchange'] as const) {
    it(`checks the same in every exchange with isolation ${isolation}`, () => {
      const { says } = load(isolation);
      for (const turn of [0, 1, 2]) {
        const data = Buffer.from(`turn ${turn}`);
        const call = (number: number) => String(isolation === 'shared' ? 3 * turn + number : 1);
        assert.deepEqual(says(signed(0, data)), ['0', call(1)]);
        assert.deepEqual(says(signed(1, data)), ['1', call(2)]);
        assert.deepEqual(says(Buffer.concat([signed(1, data), data])), ['', call(3)]);
      }
    });
  }

  it('is there again in the instance that is made after a trap', () => {
    const { send, says } = load();
    const body = signed(1, Buffer.from('data'));
    assert.deepEqual(says(body), ['1', '1']);
    assert.equal(send(body, '/trap').failures.length, 1);
    assert.deepEqual(says(body), ['1', '1']);
    assert.deepEqual(says(body), ['1', '2']);
  });

  it('is not imported after configure, and those from before are there as they were', () => {
    const { send, says } = load();
    const { failures } = send(Buffer.from(JSON.stringify(keys)), '/late');
    assert.match(failures[0]!.message, /public keys are imported in configure only/);
    assert.deepEqual(says(signed(0, Buffer.from('data'))), ['0', '1']);
  });

  it('is one of 256 that a filter may have', () => {
    const many = (count: number) => ({ keys: Array.from({ length: count }, () => keys[1]) });
    new TestChain([{ module, config: many(MAX_PUBLIC_KEYS) }]);
    assert.throws(() => new TestChain([{ module, config: many(MAX_PUBLIC_KEYS + 1) }]), {
      code: 'SLUICE_FILTER_TRAP',
      message: /more than 256 public keys/,
    });
  });

  it('has signed nothing that is longer than what the host hashes at once', () => {
    const { says } = load();
    const longest = Buffer.alloc(MAX_HASH_BYTES, 'x');
    assert.deepEqual(says(signed(0, longest)), ['0', '1']);
    assert.deepEqual(says(signed(0, Buffer.concat([longest, Buffer.from('x')]))), ['', '2']);
  });
});
