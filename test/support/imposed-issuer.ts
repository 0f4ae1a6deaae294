// A certificate that looks like the issuer of others but has a foreign public key, as an attacker can make one: the
// library that signs test certificates would not.
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { OPENSSL, OPENSSL_ENV } from './openssl.js';

const execute = promisify(execFile);

function openssl(args: readonly string[]): Promise<{ stdout: string }> {
  return execute(OPENSSL, args, { env: OPENSSL_ENV });
}

/**
 * PEM of a certificate with the subject and the key identifier of `issuer` and the key of `pinned`, signed by nobody who matters.
 */
export async function imposedIssuer(test: TestContext, issuer: string, pinned: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  test.after(() => rm(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  await writeFile(at('issuer.pem'), issuer);
  const key = new X509Certificate(pinned).publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(at('pinned.pem'), key);
  const { stdout } = await openssl([
    'x509',
    '-in',
    at('issuer.pem'),
    '-noout',
    '-ext',
    'subjectKeyIdentifier',
  ]);
  const identifier = stdout.split('\n')[1]!.trim();
  await writeFile(
    at('extensions'),
    `basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=${identifier}\n`,
  );
  await openssl([
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-out',
    at('own.key'),
  ]);
  await openssl([
    ...['x509', '-new', '-subj', `/CN=${commonName(issuer)}`, '-key', at('own.key')],
    ...[
      '-force_pubkey',
      at('pinned.pem'),
      '-extfile',
      at('extensions'),
      '-days',
      '30',
      '-out',
      at('made.pem'),
    ],
  ]);
  return readFile(at('made.pem'), 'utf8');
}

function commonName(pem: string): string {
  return /CN=(.*)/.exec(new X509Certificate(pem).subject)![1]!;
}
