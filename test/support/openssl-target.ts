// A server that wants a certificate of its clients and says by an alert what is wrong with it, as Node's own does not.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TestIdentity } from './certificates.js';
import { OPENSSL, OPENSSL_ENV } from './openssl.js';
import { until } from './upstream-servers.js';

export interface OpensslTarget {
  readonly port: number;
  /** All that it printed, of which what clients sent is a part. */
  received(): string;
}

/**
 * Runs `openssl s_server` until the end of the test.
 * @param ca PEM of the authority of its clients
 */
export async function startOpensslTarget(
  test: TestContext,
  identity: TestIdentity,
  ca: string,
  version: 'tls1_2' | 'tls1_3',
): Promise<OpensslTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  test.after(() => rm(folder, { recursive: true }));
  const files = { cert: identity.chain, key: identity.key, CAfile: ca };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const args = [
    ...['s_server', '-accept', '127.0.0.1:0', `-${version}`, '-Verify', '1', '-verify_return_error'],
    ...Object.keys(files).flatMap((name) => [`-${name}`, join(folder, name)]),
  ];
  const child = spawn(OPENSSL, args, { env: OPENSSL_ENV });
  test.after(() => void child.kill());
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
  }
  const accepting = /^ACCEPT .*:(\d+)$/m;
  await until(() => accepting.test(text) || child.exitCode !== null);
  return { port: Number(accepting.exec(text)![1]), received: () => text };
}
