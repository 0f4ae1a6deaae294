// What can happen to etcd and to the way to it, each under continuous traffic: no request fails, and once all is well
// again every gateway runs the latest release within the time its log is waited for.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import type { EtcdTls } from '../../core/etcd/etcd-store.js';
import type { EtcdCluster, EtcdMember } from './etcd-process.js';
import { EtcdStage, type EtcdStageOptions } from './etcd-stage.js';
import { ETCD_PASSWORD, requireUsers } from './etcd-users.js';
import { OTHER_CERTIFICATE, OTHER_KEY, TEST_CERTIFICATE, TEST_KEY } from './upstream-certificate.js';

/** How long the faults last, in milliseconds. */
export interface FaultTimes {
  /** Of those that come and go. */
  readonly shortMs: number;
  /** Of a majority that does not answer. */
  readonly longMs: number;
}

interface Fault {
  readonly name: string;
  readonly stage?: (test: TestContext) => Promise<EtcdStageOptions>;
  /** Breaks something and heals it. */
  strike(stage: EtcdStage, times: FaultTimes): Promise<void>;
}

async function restart({ cluster }: EtcdStage, members: readonly EtcdMember[]): Promise<void> {
  for (const member of members) cluster.startMember(member);
  await cluster.ready();
}

/** Two of three; the leader among them. */
async function majority({ cluster }: EtcdStage): Promise<EtcdMember[]> {
  const leader = await cluster.leader();
  return [leader, cluster.members.find((member) => member !== leader)!];
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a follower is killed',
    async strike(stage, { shortMs }) {
      const leader = await stage.cluster.leader();
      const follower = stage.cluster.members.find((member) => member !== leader)!;
      await follower.kill();
      await delay(shortMs);
      await stage.runs(await stage.apply());
      await restart(stage, [follower]);
    },
  },
  {
    name: 'the leader is killed',
    async strike(stage, { shortMs }) {
      const leader = await stage.cluster.leader();
      await leader.kill();
      await delay(shortMs);
      await stage.runs(await stage.apply());
      await restart(stage, [leader]);
    },
  },
  {
    name: 'the majority is killed',
    async strike(stage, { shortMs }) {
      const from = stage.linesNow();
      const members = await majority(stage);
      await Promise.all(members.map((member) => member.kill()));
      await stage.complains(from);
      await delay(shortMs);
      await restart(stage, members);
    },
  },
  {
    name: 'the majority is stopped, and goes on',
    async strike(stage, { longMs }) {
      const from = stage.linesNow();
      const members = await majority(stage);
      for (const member of members) member.signal('SIGSTOP');
      try {
        await stage.complains(from);
        await delay(longMs);
      } finally {
        for (const member of members) member.signal('SIGCONT');
      }
      await stage.cluster.ready();
    },
  },
  {
    name: 'all links are cut twice, the second time right after they stand again',
    async strike(stage) {
      for (const proxy of stage.proxies) proxy.cut();
      // Whatever connects again is cut in the middle of its list or its watch.
      const deadline = performance.now() + 5_000;
      while (stage.proxies.every(({ connections }) => connections === 0) && performance.now() < deadline)
        await delay(1);
      for (const proxy of stage.proxies) proxy.cut();
    },
  },
  {
    name: 'history is compacted while nobody is connected',
    async strike(stage, { shortMs }) {
      for (const proxy of stage.proxies) proxy.refuse();
      await stage.apply();
      await stage.apply();
      await compact(stage.cluster);
      await delay(shortMs);
      for (const proxy of stage.proxies) proxy.heal();
    },
  },
  {
    name: 'all data is lost',
    async strike(stage) {
      const from = stage.linesNow();
      await stage.cluster.wipe();
      await stage.complains(from);
    },
  },
  {
    name: 'links are half-open',
    async strike(stage, { shortMs }) {
      const from = stage.linesNow();
      for (const proxy of stage.proxies) proxy.freeze();
      await stage.complains(from);
      await delay(shortMs);
      for (const proxy of stage.proxies) proxy.heal();
    },
  },
  {
    name: 'the token of the user expires',
    stage: stageWithUsers,
    async strike(stage, { shortMs }) {
      // Its tokens live for two seconds, and every member forgets them when it starts.
      await delay(Math.max(shortMs, 5_000));
      for (const proxy of stage.proxies) proxy.cut();
    },
  },
  {
    name: 'etcd shows a certificate of another authority',
    stage: stageWithTls,
    async strike(stage) {
      const from = stage.linesNow();
      await stage.cluster.reconfigure(identity(OTHER_CERTIFICATE, OTHER_KEY));
      for (const proxy of stage.proxies) proxy.cut();
      await stage.complains(from);
      await stage.cluster.reconfigure(identity(TEST_CERTIFICATE, TEST_KEY));
    },
  },
  {
    name: 'the member that answers has lost its cluster',
    async strike(stage, { shortMs }) {
      const from = stage.linesNow();
      const members = await majority(stage);
      // The links to those that are stopped break; the one that is left takes connections, and knows nothing new.
      for (const member of members) member.signal('SIGSTOP');
      for (const member of members) stage.proxies[stage.cluster.members.indexOf(member)]!.refuse();
      try {
        await stage.complains(from);
        await delay(shortMs);
      } finally {
        for (const member of members) member.signal('SIGCONT');
      }
      for (const proxy of stage.proxies) proxy.heal();
      await stage.cluster.ready();
    },
  },
];

/** Declares a test for each fault. */
export function testFaults(times: FaultTimes): void {
  for (const { name, stage: optionsOf, strike } of FAULTS) {
    test(name, async (t) => {
      const stage = await EtcdStage.start(t, { size: 3, ...(await optionsOf?.(t)) });
      await stage.runs(await stage.apply());
      await strike(stage, times);
      const healed = performance.now();
      const latest = await stage.apply();
      await stage.runs(latest);
      const caughtUpMs = Math.round(performance.now() - healed);
      const answered = await stage.settle();
      t.diagnostic(
        `${answered} requests answered, 0 failed; latest release everywhere after ${caughtUpMs} ms`,
      );
    });
  }
}

async function compact(cluster: EtcdCluster): Promise<void> {
  const client = new Etcd3({ hosts: `http://${cluster.members[0]!.endpoint}` });
  try {
    const { header } = await client.kv.range({ key: Buffer.from('x') });
    await client.kv.compact({ revision: header.revision, physical: true });
  } finally {
    client.close();
  }
}

let files = '';

/** Flags and client of a cluster that shows the certificate. */
function identity(
  certificate: string,
  key: string,
): { flags: string[]; client: { tls: EtcdTls; user: null } } {
  const name = certificate === TEST_CERTIFICATE ? 'test' : 'other';
  writeFileSync(join(files, `${name}.crt`), certificate);
  writeFileSync(join(files, `${name}.key`), key);
  return {
    flags: ['--cert-file', join(files, `${name}.crt`), '--key-file', join(files, `${name}.key`)],
    client: { tls: { ca: Buffer.from(certificate), client: null }, user: null },
  };
}

function folderFor(t: TestContext): string {
  files = mkdtempSync(join(tmpdir(), 'sluice-etcd-files-'));
  const folder = files;
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function stageWithTls(t: TestContext): Promise<EtcdStageOptions> {
  const folder = folderFor(t);
  const { flags, client } = identity(TEST_CERTIFICATE, TEST_KEY);
  return {
    size: 1,
    scheme: 'https',
    flags,
    client,
    runOptions: ['--etcd-ca', join(folder, 'test.crt')],
  };
}

async function stageWithUsers(t: TestContext): Promise<EtcdStageOptions> {
  const folder = folderFor(t);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  writeFileSync(join(folder, 'public.pem'), publicKey);
  writeFileSync(join(folder, 'private.pem'), privateKey);
  writeFileSync(join(folder, 'password'), `${ETCD_PASSWORD}\n`);
  const jwt = `pub-key=${join(folder, 'public.pem')},priv-key=${join(folder, 'private.pem')}`;
  return {
    size: 1,
    flags: ['--auth-token', `jwt,${jwt},sign-method=RS256,ttl=2s`],
    runOptions: ['--etcd-user', 'gateway', '--etcd-password-file', join(folder, 'password')],
    async prepare(cluster) {
      await requireUsers(cluster, { gateway: [{ permission: 'Readwrite', prefix: 'fleet/' }] });
    },
  };
}
