import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { validateApart } from '../../../core/config/document-validator.js';
import type { GatewayConfig } from '../../../core/config/model.js';
import type { SecretMention } from '../../../core/config/secret-values.js';
import { type ValidateOptions, type ValidDocument, validateDocument } from '../../../core/config/validate.js';
import { ConfigErrors } from '../../../core/errors.js';
import { TestAuthority } from '../../support/certificates.js';

/** Many routes, so that the document is validated on a thread of its own. */
const ROUTES = 1000;

type Change = (document: ReturnType<typeof soundDocument>) => void;

function documentOf(change: Change = () => {}): string {
  const document = soundDocument();
  change(document);
  return JSON.stringify(document, null, 1);
}

function reference(name: string): string {
  return ['$', '{secret://', name, '}'].join('');
}

function soundDocument() {
  return {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: {
      users: {
        targets: [{ url: 'http://127.0.0.1:9001' }],
        headers: { authorization: `Bearer ${reference('users/token')}` } as Record<string, string>,
      },
    },
    filters: {
      guard: {
        module: './guard.wasm',
        config: { rules: [1.5, -0, null, { __proto__: null, deep: [true] }] },
      },
    },
    routes: Array.from({ length: ROUTES }, (_, index) => ({
      id: `r${index}`,
      match: { path: `/r${index}/:id`, methods: ['GET'], ...(index % 2 === 0 ? { hosts: ['A.test'] } : {}) },
      filters: ['guard'],
      upstream: 'users',
    })),
  };
}

const TOKEN = 'of-the-users';

/** A secret that is called `none` is not there. */
function findSecrets(text: string): SecretMention[] {
  return [...text.matchAll(/\$\{secret:\/\/([^}]*)\}/g)].map((match) => {
    const isThere = match[1] !== 'none';
    return {
      start: match.index,
      end: match.index + match[0].length,
      text: match[0],
      value: isThere ? TOKEN : null,
      problem: isThere ? null : 'a secret that is there',
    };
  });
}

const OPTIONS: ValidateOptions = { folder: '/etc/sluice', findSecrets };

async function refusal(run: () => Promise<ValidDocument> | ValidDocument): Promise<unknown> {
  try {
    await run();
  } catch (cause) {
    assert.ok(cause instanceof ConfigErrors);
    return cause.errors.map(({ code, message, place, filter }) => ({ code, message, place, filter }));
  }
  return assert.fail('the document was taken');
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

describe('a large document', () => {
  it('is the same configuration, and frozen, as if it had been validated here', async () => {
    const text = documentOf();
    const { config, secrets } = await validateApart({ text, value: null }, 'sluice.json', OPTIONS);
    const here = validateDocument(text, 'sluice.json', OPTIONS);
    assert.deepStrictEqual(config satisfies GatewayConfig, here.config);
    assert.deepEqual([...config.routes], [...here.config.routes]);
    assert.equal(config.routes.length, ROUTES);
    assert.ok(isFrozen(config));
    const header = config.upstreams[0]!.headers[1]!;
    assert.equal(secrets.expand(header), `Bearer ${TOKEN}`);
    assert.equal(secrets.redact(`it is ${TOKEN}`), 'it is [secret]');
  });

  it('leaves the calling thread to its events', async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      setImmediate(count).unref();
    };
    setImmediate(count);
    await validateApart({ text: documentOf(), value: null }, 'sluice.json', OPTIONS);
    // One for each part of the way at least: the thread starts, asks for secrets, answers.
    assert.ok(turns >= 3, `${turns} turns`);
  });

  const wrong: readonly [string, Change][] = [
    ['a key that is not known', (document) => Object.assign(document, { listener: [] })],
    [
      'several at once',
      ({ routes, upstreams }) => {
        routes[7]!.upstream = 'user';
        routes[900]!.id = 'r1';
        upstreams.users.headers['more'] = reference('none');
      },
    ],
    [
      'a secret where none may stand',
      ({ routes }) => Object.assign(routes[3]!, { id: reference('users/token') }),
    ],
  ];
  for (const [what, change] of wrong) {
    it(`is refused for ${what} with the same errors at the same places`, async () => {
      const text = documentOf(change);
      assert.deepEqual(
        await refusal(() => validateApart({ text, value: null }, 'sluice.json', OPTIONS)),
        await refusal(() => validateDocument(text, 'sluice.json', OPTIONS)),
      );
    });
  }

  it('has the certificates that it names, and says which files these are', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-document-'));
    test.after(() => rmSync(folder, { recursive: true }));
    const { chain, key } = TestAuthority.root().issue({ names: ['api.example.com'] });
    writeFileSync(join(folder, 'api.crt'), chain);
    writeFileSync(join(folder, 'api.key'), key);
    const certificate = { cert: './api.crt', key: './api.key' };
    const text = documentOf(({ listeners }) =>
      Object.assign(listeners[0]!, { tls: { certificates: [certificate] } }),
    );
    const files: string[] = [];
    const usesFile = (path: string): void => void files.push(path);
    const { tls } = await validateApart({ text, value: null }, 'sluice.json', {
      ...OPTIONS,
      folder,
      usesFile,
    });
    const here = validateDocument(text, 'sluice.json', { ...OPTIONS, folder });
    assert.deepEqual(tls.listener('public'), here.tls.listener('public'));
    assert.equal(tls.listener('public')!.identities[0]!.certificate.subject, 'CN=api.example.com');
    assert.deepEqual(files, [join(folder, 'api.crt'), join(folder, 'api.key')]);
  });

  it('has lists of revoked certificates read apart, however short it is itself', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-lists-'));
    test.after(() => rmSync(folder, { recursive: true }));
    const root = TestAuthority.root();
    const { chain, key } = root.issue({ names: ['api.example.com'] });
    const serials = Array.from({ length: 5000 }, (_, index) => String(40_000_000 + index));
    const list = root.list({ revoked: serials });
    const files = { 'api.crt': chain, 'api.key': key, 'ca.crt': root.cert, 'ca.crl': list };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const tls = {
      certificates: [{ cert: './api.crt', key: './api.key' }],
      clientAuth: { ca: './ca.crt', crl: './ca.crl' },
    };
    const text = JSON.stringify({ listeners: [{ name: 'public', address: '127.0.0.1:0', tls }] });
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const valid = await validateApart({ text, value: null }, 'sluice.json', { ...OPTIONS, folder });
    clearInterval(turning);
    assert.deepEqual([...valid.tls.listener('public')!.clientAuth!.lists[0]!.serials], serials);
    assert.ok(turns > 0, 'this thread went on');
  });

  it('is refused when it cannot be read', async () => {
    const text = `${documentOf()}]`;
    assert.deepEqual(
      await refusal(() => validateApart({ text, value: null }, 'sluice.json', OPTIONS)),
      await refusal(() => validateDocument(text, 'sluice.json', OPTIONS)),
    );
  });
});

it('a small document is validated all the same', async () => {
  const text = documentOf((document) => Object.assign(document, { routes: [] }));
  const { config } = await validateApart({ text, value: null }, 'sluice.json', OPTIONS);
  assert.deepStrictEqual(config, validateDocument(text, 'sluice.json', OPTIONS).config);
});
