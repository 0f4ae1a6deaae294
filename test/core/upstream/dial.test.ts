import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { checkLiteral, Dial } from '../../../core/upstream/dial.js';
import { ScriptedNames } from '../../support/scripted-names.js';

const PUBLIC = ['93.184.216.34', '2606:4700::1111'];

/** What the socket is given for a name: addresses, or the error. */
function given(dial: Dial, all = true): Promise<Error | string | LookupAddress[]> {
  return new Promise((resolve) => {
    dial.lookup('unread', { all }, (error, addresses) => resolve(error ?? addresses));
  });
}

function dialTo(name: string, addresses: readonly string[], allowPrivate = false): Dial {
  return new Dial(name, allowPrivate, new ScriptedNames({ [name]: [addresses] }).resolve);
}

async function refusal(name: string, addresses: readonly string[]): Promise<string | null> {
  const answer = await given(dialTo(name, addresses));
  if (!(answer instanceof GatewayError)) return null;
  assert.equal(answer.code, 'SLUICE_UPSTREAM_ADDRESS');
  return answer.message;
}

describe('Dial', () => {
  it('gives the socket all addresses of a name that is public, as they were resolved', async () => {
    assert.deepEqual(await given(dialTo('api.example', PUBLIC)), [
      { address: PUBLIC[0], family: 4 },
      { address: PUBLIC[1], family: 6 },
    ]);
  });

  it('gives one address where the process tries one only', async () => {
    assert.equal(await given(dialTo('api.example', PUBLIC), false), PUBLIC[0]);
    assert.ok((await given(dialTo('api.example', ['10.0.0.1']), false)) instanceof GatewayError);
  });

  it('refuses a name with an address that is not public, in any of its forms', async () => {
    const addresses = [
      ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
      ...['::1', '::', 'fd00::1', 'fe80::1%eth0', 'fd00:ec2::254'],
      ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::169.254.169.254', '64:ff9b::a00:1'],
      ...['2002:7f00:1::1', '::127.0.0.1', '::ffff:0:10.0.0.1'],
    ];
    for (const address of addresses) {
      assert.notEqual(await refusal('api.example', [address]), null, address);
    }
  });

  it('lets NAT64 through to public addresses, for networks without IPv4', async () => {
    assert.equal(await refusal('api.example', ['64:ff9b::5db8:d822', '93.184.216.34']), null);
  });

  it('refuses a name altogether for one address among others, wherever it stands', async () => {
    for (const mixed of [
      ['10.0.0.1', ...PUBLIC],
      [...PUBLIC, '10.0.0.1'],
    ]) {
      assert.equal(
        await refusal('api.example', mixed),
        'api.example has an address in 10.0.0.0/8 (private), which needs allowPrivate',
      );
    }
  });

  it('takes names that look like addresses for names', async () => {
    for (const name of [
      '127.0.0.1.example',
      '2130706433.example',
      '0x7f000001.example',
      '10-0-0-1.example',
    ]) {
      assert.equal(await refusal(name, PUBLIC), null, name);
      assert.match((await refusal(name, ['127.0.0.1'])) ?? '', /loopback/, name);
    }
  });

  it('lets localhost mean loopback and nothing else, and no other name mean it', async () => {
    assert.equal(await refusal('localhost', ['::1', '127.0.0.1']), null);
    assert.equal(await refusal('localhost', ['::ffff:127.0.0.1']), null);
    for (const address of ['10.0.0.1', '169.254.169.254', '0.0.0.0', '64:ff9b::7f00:1', ...PUBLIC]) {
      assert.notEqual(await refusal('localhost', [address]), null, address);
    }
    for (const name of ['localhost.', 'db.localhost', 'localhost.example', 'ip6-localhost']) {
      assert.notEqual(await refusal(name, ['127.0.0.1']), null, name);
    }
  });

  it('lets a name have any address when the operator says so', async () => {
    const addresses = ['10.0.0.1', '169.254.169.254', '::1'];
    const answer = (await given(dialTo('db.internal', addresses, true))) as LookupAddress[];
    assert.deepEqual(
      answer.map(({ address }) => address),
      addresses,
    );
  });

  it('asks with the options of the socket, for all addresses, once', async () => {
    const asked: unknown[] = [];
    const dial = new Dial('api.example', false, (name, options, settled) => {
      asked.push([name, options]);
      settled(null, [{ address: PUBLIC[0]!, family: 4 }]);
    });
    const answer = new Promise((resolve) => {
      dial.lookup('api.example', { hints: 1024, family: 0 }, (_error, address) => resolve(address));
    });
    assert.equal(await answer, PUBLIC[0]);
    assert.deepEqual(asked, [['api.example', { hints: 1024, family: 0, all: true }]]);
  });

  it('hands on why a name has no address', async () => {
    const answer = await given(new Dial('gone.example', false, new ScriptedNames({}).resolve));
    assert.equal((answer as NodeJS.ErrnoException).code, 'ENOTFOUND');
    assert.match(String(await given(dialTo('empty.example', []))), /empty\.example has no address/);
  });

  it('knows whether the socket reached an address that was judged', async () => {
    const dial = dialTo('api.example', PUBLIC);
    assert.equal(dial.reached(PUBLIC[0]), false, 'nothing was judged yet');
    await given(dial);
    assert.equal(dial.reached(PUBLIC[0]), true);
    assert.equal(dial.reached('2606:4700:0:0:0:0:0:1111'), true, 'the same address in other words');
    assert.equal(dial.reached('::ffff:93.184.216.34'), true);
    assert.equal(dial.reached('93.184.216.35'), false);
    assert.equal(dial.reached('127.0.0.1'), false);
    assert.equal(dial.reached(undefined), true, 'a peer that is gone');
    const anywhere = dialTo('db.internal', ['0.0.0.0'], true);
    await given(anywhere);
    assert.equal(anywhere.reached('127.0.0.1'), true, 'where the kernel takes 0.0.0.0 to');
  });
});

describe('checkLiteral', () => {
  it('takes every address that an operator can mean', () => {
    for (const host of ['10.0.0.5', '127.0.0.1', '::1', 'fd00::1', '192.168.1.1', '8.8.8.8', '0.0.0.0']) {
      checkLiteral(host);
    }
  });

  it('refuses those where machines get credentials', () => {
    for (const host of [
      '169.254.169.254',
      'fe80::1',
      'fd00:ec2::254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
    ]) {
      assert.throws(() => checkLiteral(host), { code: 'SLUICE_UPSTREAM_ADDRESS' }, host);
    }
  });
});
