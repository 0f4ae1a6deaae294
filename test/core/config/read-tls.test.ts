import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigErrors } from '../../../core/errors.js';
import { EXPIRED, NOT_YET_VALID, TestAuthority, type TestIdentity } from '../../support/certificates.js';
import { summaryOf, validateWhole } from './validating.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
after(() => rmSync(folder, { recursive: true }));

const root = TestAuthority.root();
const middle = root.intermediate();
const api = root.issue({ names: ['api.example.com', '*.example.org'] });

function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function putIdentity(name: string, { chain, key }: Pick<TestIdentity, 'chain' | 'key'>): void {
  put(`${name}.crt`, chain);
  put(`${name}.key`, key);
}

function listener(tls: string): string {
  return `listeners:\n  - name: a\n    address: "127.0.0.1:0"\n    tls: ${tls}\n`;
}

function certificate(name: string, more = ''): string {
  return `{ certificates: [{ cert: ./${name}.crt, key: ./${name}.key${more} }] }`;
}

function errorsOf(text: string): readonly { readonly place: string; readonly message: string }[] {
  try {
    validateWhole(text, folder);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return error.errors.map((one) => ({ place: summaryOf(one), message: one.message }));
  }
}

describe('TLS of a configuration', () => {
  it('is read, with the names of the certificate', () => {
    putIdentity('api', middle.issue({ names: ['API.example.com', 'other.example.com'] }));
    put('ca.crt', root.cert);
    const text = listener(
      '{ certificates: [{ cert: ./api.crt, key: ./api.key }], clientAuth: { ca: ./ca.crt, mode: request } }',
    );
    const { config, tls } = validateWhole(text, folder);
    const server = tls.listener('a')!;
    assert.deepEqual(server.identities[0]!.serverNames, ['api.example.com', 'other.example.com']);
    assert.equal(server.clientAuth!.mode, 'request');
    assert.equal(server.clientAuth!.authorities.length, 1);
    assert.equal(config.listeners[0]!.tls!.certificates[0]!.key, join(folder, 'api.key'));
    assert.ok(!inspect({ tls }, { depth: 9, showHidden: true }).includes('PRIVATE KEY'));
    assert.equal(JSON.stringify(tls), '"[tls]"');
  });

  it('opens a key with its passphrase, and has it in clear from there on', () => {
    putIdentity('locked', root.issue({ names: ['a.example.com'], passphrase: 'open sesame' }));
    put('passphrase', 'open sesame\n');
    const text = listener(certificate('locked', ', passphrase: "secret+file://./passphrase"'));
    assert.match(validateWhole(text, folder).tls.listener('a')!.identities[0]!.key, /BEGIN PRIVATE KEY/);
  });

  it('has another digest with another certificate, and the same one with the same', () => {
    putIdentity('turn', api);
    const text = listener(certificate('turn'));
    const digest = () => validateWhole(text, folder).tls.listener('a')!.digest;
    const before = digest();
    assert.equal(digest(), before);
    putIdentity('turn', root.issue({ names: ['api.example.com'] }));
    assert.notEqual(digest(), before);
  });

  const CASES: Readonly<Record<string, { make: () => string; place: string; says: RegExp }>> = {
    'a file that is not there': {
      make: () => listener(certificate('nowhere')),
      place: '/listeners/0/tls/certificates/0/cert',
      says: /there is no such file, expected a file that can be read/,
    },
    'a file without a certificate': {
      make: () => {
        putIdentity('x', { chain: 'hello', key: api.key });
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /found no certificate/,
    },
    'the key of another one': {
      make: () => {
        putIdentity('x', { chain: api.chain, key: root.issue({}).key });
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/key',
      says: /another key than the certificate has/,
    },
    'an encrypted key without a passphrase': {
      make: () => {
        putIdentity('x', root.issue({ passphrase: 'hidden' }));
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/key',
      says: /found an encrypted key/,
    },
    'a wrong passphrase': {
      make: () => {
        putIdentity('x', root.issue({ passphrase: 'hidden' }));
        put('wrong', 'another');
        return listener(certificate('x', ', passphrase: "secret+file://./wrong"'));
      },
      place: '/listeners/0/tls/certificates/0/passphrase',
      says: /does not open the key/,
    },
    'one that has expired': {
      make: () => {
        putIdentity('x', root.issue(EXPIRED));
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /a certificate that expired on \d{4}-/,
    },
    'one that is not valid yet': {
      make: () => {
        putIdentity('x', root.issue(NOT_YET_VALID));
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /a certificate that begins on \d{4}-/,
    },
    'a weak key': {
      make: () => {
        putIdentity('x', root.issue({ key: 'rsa-1024' }));
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /a key of 1024 bits \(rsa\), expected at least 2048 bits/,
    },
    'one for clients': {
      make: () => {
        putIdentity('x', root.issue({ usage: 'client' }));
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /not for a server/,
    },
    'a chain in disorder': {
      make: () => {
        const leaf = middle.issue({});
        putIdentity('x', { chain: `${leaf.cert}${root.cert}${middle.cert}`, key: leaf.key });
        return listener(certificate('x'));
      },
      place: '/listeners/0/tls/certificates/0/cert',
      says: /certificate 2 of the file, which did not issue the one before it/,
    },
    'a name that it does not have': {
      make: () => {
        putIdentity('x', api);
        return listener(certificate('x', ', serverNames: [a.example.org, "*.example.com"]'));
      },
      place: '/listeners/0/tls/certificates/0/serverNames',
      says: /found "\*\.example\.com", expected a name that the certificate has, which is for api/,
    },
    'a name with two certificates of one kind': {
      make: () => {
        putIdentity('x', api);
        const item = '{ cert: ./x.crt, key: ./x.key }';
        return listener(`{ certificates: [${item}, ${item}] }`);
      },
      place: '/listeners/0/tls/certificates/1/serverNames',
      says: /"api\.example\.com", which has a certificate with a key of this type already/,
    },
    'an authority that is none': {
      make: () => {
        putIdentity('x', api);
        put('leaf.crt', api.cert);
        return listener(
          '{ certificates: [{ cert: ./x.crt, key: ./x.key }], clientAuth: { ca: [./leaf.crt] } }',
        );
      },
      place: '/listeners/0/tls/clientAuth/ca',
      says: /a certificate that is no authority/,
    },
    'a list of revoked ones that is none': {
      make: () => {
        putIdentity('x', api);
        put('ca.crt', root.cert);
        return listener(
          '{ certificates: [{ cert: ./x.crt, key: ./x.key }], clientAuth: { ca: ./ca.crt, crl: ./ca.crt } }',
        );
      },
      place: '/listeners/0/tls/clientAuth/crl',
      says: /no list of revoked certificates/,
    },
    'an authority without a list beside one that has one': {
      make: () => {
        putIdentity('x', api);
        put('ca.crt', `${root.cert}${middle.cert}`);
        put('root.crl', root.list({}));
        return listener(
          '{ certificates: [{ cert: ./x.crt, key: ./x.key }], clientAuth: { ca: ./ca.crt, crl: ./root.crl } }',
        );
      },
      place: '/listeners/0/tls/clientAuth/crl',
      says: /found no list of CN=.*, expected one of each authority/,
    },
    'a certificate of an upstream that is for servers': {
      make: () => {
        putIdentity('x', root.issue({ usage: 'server' }));
        return 'listeners: []\nupstreams: { u: { targets: [], tls: { cert: ./x.crt, key: ./x.key } } }\n';
      },
      place: '/upstreams/u/tls/cert',
      says: /not for a client/,
    },
    'a secret that does not exist': {
      make: () => listener('{ certificates: [{ cert: "secret+file://./gone", key: ./api.key }] }'),
      place: '/listeners/0/tls/certificates/0/cert',
      says: /a file that can be read/,
    },
  };
  for (const [name, { make, place, says }] of Object.entries(CASES)) {
    it(`is refused for ${name}`, () => {
      const errors = errorsOf(make());
      assert.equal(errors.length, 1, errors.map(({ message }) => message).join('\n'));
      assert.ok(errors[0]!.place.endsWith(` ${place}`), errors[0]!.place);
      assert.match(errors[0]!.message, says);
      assert.ok(!errors[0]!.message.includes('PRIVATE'));
    });
  }

  it('may have two kinds of keys for a name', () => {
    putIdentity('ec', api);
    putIdentity('rsa', root.issue({ names: ['api.example.com', '*.example.org'], key: 'rsa-2048' }));
    const item = (name: string) => `{ cert: ./${name}.crt, key: ./${name}.key }`;
    const { tls } = validateWhole(listener(`{ certificates: [${item('ec')}, ${item('rsa')}] }`), folder);
    assert.equal(tls.listener('a')!.identities.length, 2);
  });
});
