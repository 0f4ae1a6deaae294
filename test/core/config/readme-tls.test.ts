import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { textOf } from '../../house/source-tree.js';
import { TestAuthority } from '../../support/certificates.js';
import { validateWhole } from './validating.js';

test('the secure connections of README.md are a valid configuration', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const root = TestAuthority.root();
  const identities = {
    api: root.issue({ names: ['api.example.com'] }),
    partners: root.issue({ names: ['*.partners.example.com'] }),
    gateway: root.issue({ usage: 'client' }),
  };
  mkdirSync(join(folder, 'tls'));
  const put = (name: string, text: string): void => writeFileSync(join(folder, 'tls', name), text);
  for (const [name, { chain, key }] of Object.entries(identities)) {
    put(`${name}.crt`, chain);
    put(`${name}.key`, key);
  }
  put('clients-ca.crt', root.cert);
  put('internal-ca.crt', root.cert);
  put('clients.crl', root.list({ revoked: [] }));
  const section = textOf('README.md').split('## Secure connections')[1]!;
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(section)!;
  const { config, tls } = validateWhole(yaml!, folder);
  assert.equal(config.routes.length, 2);
  assert.equal(tls.listener('public')!.identities.length, 2);
  assert.equal(tls.listener('public')!.clientAuth!.mode, 'request');
  assert.ok(tls.upstream('users')!.identity);
});
