import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SecretCapability } from '../../../../core/wasm/capabilities/secret.js';
import { FilterChain } from '../../../../core/wasm/chain.js';
import { GuestMemory } from '../../../../core/wasm/guest-memory.js';
import { EDIT_SECRET_HEADER } from '../../../../sdk/abi/abi.js';
import { IMPORT_SECRET_FIND, IMPORT_SECRET_READ } from '../../../../sdk/abi/names.js';
import { runPhase } from '../../../support/phase-frame.js';
import { guestSpec, linksTo, phaseMessage } from '../../../support/phase-messages.js';
import { replyOrder } from '../../../support/puppet-orders.js';

const GRANTED = [
  { name: 'handle', value: null, key: 'signs only' },
  { name: 'key', value: 'caf\u00e9', key: 'caf\u00e9' },
];

function capability() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const secrets = new SecretCapability(new GuestMemory(memory), GRANTED);
  const bytes = Buffer.from(memory.buffer);
  const { [IMPORT_SECRET_FIND]: find, [IMPORT_SECRET_READ]: read } = secrets.functions as Record<
    string,
    (...numbers: number[]) => number
  >;
  return {
    secrets,
    bytes,
    find: (name: string) => find!(1024, bytes.write(name, 1024)),
    findAt: find!,
    read: read!,
  };
}

describe('the capability secrets', () => {
  it('answers the place of a grant for its name, while the filter is configured only', () => {
    const { secrets, find } = capability();
    assert.deepEqual([find('handle'), find('key')], [0, 1]);
    secrets.endConfigure();
    assert.throws(() => find('key'), /secrets are named in configure only/);
  });

  it('fails the load for a name without grant, with both sides', () => {
    for (const name of ['other', '', 'KEY', 'key\0', '__proto__'])
      assert.throws(() => capability().find(name), {
        code: 'SLUICE_FILTER_CAPABILITY',
        message: `uses the secret ${JSON.stringify(name)}, its grants.secrets have ["handle","key"]`,
      });
  });

  it('gives the value of a grant that says read, as much of it as there is room for', () => {
    const { bytes, read } = capability();
    assert.equal(read(1, 0, 0), 5);
    assert.equal(read(1, 8, 4), 5);
    assert.deepEqual([...bytes.subarray(8, 13)], [0x63, 0x61, 0x66, 0xc3, 0]);
    assert.equal(read(1, 16, -1), 5);
    assert.equal(bytes.toString('utf8', 16, 21), 'caf\u00e9');
  });

  it('gives nothing of any other, and writes nothing beyond the memory', () => {
    const { bytes, findAt, read } = capability();
    assert.throws(() => read(0, 0, 100), /the grant of the secret handle does not say read/);
    for (const id of [2, -1, 1.5, Number.NaN, 2 ** 31]) assert.throws(() => read(id, 0, 9), /does not exist/);
    for (const [address, capacity] of [
      [65533, 5],
      [65536, 5],
      [-4, 5],
      [2 ** 31, 1],
    ] as const)
      assert.throws(() => read(1, address, capacity), /beyond the memory/);
    assert.throws(() => findAt(65536, 1), /beyond the memory/);
    assert.ok(bytes.every((byte) => byte === 0));
  });
});

describe('a filter that did not ask for secrets', () => {
  it('cannot put one into a header, whatever secrets the configuration grants', async () => {
    const puppet = await guestSpec('puppet', { secrets: [{ name: 'token', value: null, key: null }] });
    const chain = new FilterChain();
    chain.load(puppet);
    const reply = replyOrder({ edits: [[EDIT_SECRET_HEADER, 'authorization', '\0\0\0\0']] });
    const { edits, failures } = runPhase(chain, phaseMessage('request', {}, reply), linksTo(puppet));
    assert.equal(edits.size, 0);
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['SLUICE_ABI_EDIT'],
    );
    assert.match(failures[0]!.message, /secret 0 does not exist/);
  });
});
