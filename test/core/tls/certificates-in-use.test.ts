import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAuthorities } from '../../../core/tls/authorities.js';
import {
  certificatesInUse,
  describeCertificate,
  type TlsInUse,
} from '../../../core/tls/certificates-in-use.js';
import type { ClientTls } from '../../../core/tls/client-tls.js';
import { nameIdentity, readIdentity } from '../../../core/tls/identity.js';
import { readRevocationLists } from '../../../core/tls/revocation-list.js';
import type { ClientAuth, ServerTls } from '../../../core/tls/server-tls.js';
import { DEFAULT_CIPHERS } from '../../../core/tls/suites.js';
import { TestAuthority, type TestIdentity } from '../../support/certificates.js';

const DAY_MS = 86_400_000;
const NONE: TlsInUse = { listeners: [], upstreams: [], admin: null, store: null };

function server(identities: readonly TestIdentity[], clientAuth: ClientAuth | null = null): ServerTls {
  return {
    identities: identities.map(({ chain, key }) =>
      nameIdentity(readIdentity({ cert: chain, key, passphrase: null }, 'server', Date.now()), null),
    ),
    clientAuth,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: DEFAULT_CIPHERS,
    digest: '',
  };
}

function trust(root: TestAuthority, crl: string | null = null): ClientAuth {
  const { pem: ca, certificates: authorities } = readAuthorities([root.cert], Date.now());
  const lists = crl === null ? [] : readRevocationLists(crl);
  return { mode: 'require', ca, authorities, crl, lists };
}

function client(root: TestAuthority | null, identity: TestIdentity | null): ClientTls {
  const authorities = root === null ? null : readAuthorities([root.cert], Date.now());
  return {
    ca: authorities?.pem ?? null,
    authorities: authorities?.certificates ?? [],
    serverName: null,
    identity:
      identity &&
      readIdentity({ cert: identity.chain, key: identity.key, passphrase: null }, 'client', Date.now()),
    minVersion: 'TLSv1.2',
    pins: [],
    insecureSkipVerify: false,
    digest: '',
  };
}

/** `use name kind subject`, in order. */
function told(tls: Partial<TlsInUse>): string[] {
  return certificatesInUse({ ...NONE, ...tls }, 30).map(({ use, name, kind, subject }) =>
    [use, name, kind, subject].join(' '),
  );
}

describe('certificatesInUse', () => {
  const root = TestAuthority.root({ toDays: 400 });
  const middle = root.intermediate({ toDays: 50 });
  const leaf = middle.issue({ names: ['api.example.com'], toDays: 90 });

  it('has leaves, what leads to their roots, authorities and lists, the first to run out first', () => {
    const other = TestAuthority.root({ subject: { CN: 'Clients' }, toDays: 60 });
    assert.deepEqual(told({ listeners: [['public', server([leaf], trust(other, other.list()))]] }), [
      'listener public revocation-list CN=Clients',
      'listener public certificate CN=Test intermediate',
      'listener public authority CN=Clients',
      'listener public certificate CN=api.example.com',
    ]);
  });

  it('has those of upstreams and of the admin listener', () => {
    assert.deepEqual(told({ upstreams: [['users', client(root, leaf)]], admin: server([leaf]) }), [
      'upstream users certificate CN=Test intermediate',
      'admin admin certificate CN=Test intermediate',
      'upstream users certificate CN=api.example.com',
      'admin admin certificate CN=api.example.com',
      'upstream users authority CN=Test root',
    ]);
    assert.deepEqual(told({ upstreams: [['users', client(null, null)]] }), []);
  });

  it('has those of the connection to etcd, as far as they are certificates', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    assert.deepEqual(told({ store: { chain: leaf.cert, ca: broken + root.cert } }), [
      'store etcd certificate CN=api.example.com',
      'store etcd authority CN=Test root',
    ]);
    assert.deepEqual(told({ store: { chain: null, ca: null } }), []);
  });

  it('has each of a listener once, and lists that have an end', () => {
    const sibling = middle.issue({ names: ['other.example.com'], toDays: 200 });
    const tls = server([leaf, sibling], trust(root, root.list({ toDays: null })));
    assert.deepEqual(told({ listeners: [['public', tls]] }), [
      'listener public certificate CN=Test intermediate',
      'listener public certificate CN=api.example.com',
      'listener public certificate CN=other.example.com',
      'listener public authority CN=Test root',
    ]);
  });

  it('tells serial numbers and times', () => {
    const [first, second] = certificatesInUse({ ...NONE, listeners: [['public', server([leaf])]] }, 30);
    assert.equal(first!.serial, middle.serial);
    assert.equal(second!.serial, leaf.serial);
    assert.equal(Math.round((second!.notAfterMs - Date.now()) / DAY_MS), 90);
    assert.equal(second!.notAfterMs - second!.warnFromMs, 30 * DAY_MS);
  });

  it('has people warned of a list only when a quarter of its time is left: all of them run out soon', () => {
    const warnDays = (fromDays: number, toDays: number): number => {
      const clientAuth = trust(root, root.list({ fromDays, toDays }));
      const listeners = [['public', server([leaf], clientAuth)]] as const;
      const list = certificatesInUse({ ...NONE, listeners }, 30).find(
        ({ kind }) => kind === 'revocation-list',
      )!;
      return (list.notAfterMs - list.warnFromMs) / DAY_MS;
    };
    assert.equal(warnDays(-1, 7), 2);
    assert.equal(warnDays(-1, 399), 30);
  });

  it('are said in words, with where they are used', () => {
    const facts = { subject: 'CN=a', serial: '', notAfterMs: 0, warnFromMs: 0 };
    const words = [
      describeCertificate({ ...facts, use: 'upstream', name: 'users', kind: 'authority' }),
      describeCertificate({ ...facts, use: 'admin', name: 'admin', kind: 'certificate' }),
      describeCertificate({ ...facts, use: 'store', name: 'etcd', kind: 'certificate' }),
      describeCertificate({ ...facts, use: 'listener', name: 'public', kind: 'revocation-list' }),
    ];
    assert.deepEqual(words, [
      'authority CN=a, used by upstream users,',
      'certificate CN=a, used by the admin listener,',
      'certificate CN=a, used by the connection to etcd,',
      'revocation list of CN=a, used by listener public,',
    ]);
  });
});
