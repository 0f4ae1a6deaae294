// `npm run bench:handshakes`: what a full TLS handshake costs, without any session resumed: nginx and both engines of the
// gateway in turn, with the same certificates, and clients that ask for one suite and never rest. Handshakes per second are
// those of one busy thread only where the clients have a processor for themselves. `--quick` is brief.
import { DEFAULT_CIPHERS } from '../../core/tls/suites.js';
import { selfSigned, type TestIdentity } from '../../test/support/certificates.js';
import { type StormResult, storm } from '../harness/handshakes.js';
import { describeMachine } from '../harness/machine.js';
import { startNginx } from '../harness/nginx.js';
import { freePort, type Subject, startSluice, versionOf } from '../harness/processes.js';
import { median, pairwise } from '../harness/statistics.js';
import { findTool, type Tool } from '../harness/tools.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 3;
const SECONDS = quick ? 1 : 3;
const CLIENTS = 4;
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
const KEYS = [
  { key: 'rsa', name: 'RSA 4096' },
  { key: 'ec', name: 'P-256' },
] as const;

type Key = (typeof KEYS)[number]['key'];
type Identities = Readonly<Record<Key, TestIdentity>>;

interface Side {
  readonly name: string;
  readonly subject: Subject;
  readonly ports: Readonly<Record<Key, number>>;
}

async function startGateway(engine: 'uws' | 'node', identities: Identities): Promise<Side> {
  const [port, rsa, ec] = [await freePort(), await freePort(), await freePort()];
  const listener = (name: Key, tlsPort: number): object => ({
    name,
    address: `127.0.0.1:${tlsPort}`,
    engine,
    tls: { certificates: [{ cert: `./${name}.crt`, key: `./${name}.key` }] },
  });
  // JSON is YAML. The clear listener says when the gateway serves.
  const config = JSON.stringify({
    listeners: [{ name: 'clear', address: `127.0.0.1:${port}` }, listener('rsa', rsa), listener('ec', ec)],
    log: { access: false },
  });
  const files = Object.fromEntries(
    Object.entries(filesOf(identities)).map(([name, text]) => [name, Buffer.from(text)]),
  );
  const subject = await startSluice(config, port, files);
  return { name: `sluice, ${engine}`, subject, ports: { rsa, ec } };
}

async function startPeer(tool: Tool, identities: Identities): Promise<Side> {
  const ports = { rsa: await freePort(), ec: await freePort() };
  const values = { rsaPort: ports.rsa, ecPort: ports.ec, ciphers: DEFAULT_CIPHERS };
  const subject = await startNginx(tool, 'nginx-tls/nginx.conf', 0, { values, files: filesOf(identities) });
  return { name: 'nginx', subject, ports };
}

function filesOf(identities: Identities): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { key } of KEYS) {
    files[`${key}.crt`] = identities[key].chain;
    files[`${key}.key`] = identities[key].key;
  }
  return files;
}

const print = (line = ''): boolean => process.stdout.write(`${line}\n`);
const fixed = (value: number, digits: number, width: number): string => value.toFixed(digits).padStart(width);

async function compare(
  openssl: Tool,
  sides: readonly Side[],
  key: Key,
  version: (typeof VERSIONS)[number],
): Promise<void> {
  const results = sides.map((): StormResult[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { subject, ports }] of sides.entries())
      results[index]!.push(
        await storm(openssl, subject.pids, {
          ...{ port: ports[key], version, seconds: SECONDS, clients: CLIENTS },
        }),
      );
  const costs = results.map((runs) => runs.map(({ cpuMs }) => cpuMs));
  for (const [index, { name }] of sides.entries()) {
    const perSecond = median(results[index]!.map((run) => run.perSecond));
    const next = pairwise(costs[index]!, costs[0]!, (own, first) => own / first);
    const ratio = `${fixed(next.median, 2, 8)}  (${next.least.toFixed(2)} to ${next.most.toFixed(2)})`;
    print(
      `  ${name.padEnd(16)}${fixed(perSecond, 0, 14)}${fixed(median(costs[index]!), 3, 20)}${index === 0 ? '' : ratio}`,
    );
  }
}

const openssl = findTool('openssl');
const nginx = findTool('nginx');
if (openssl === null) {
  print('nothing was measured: openssl, which is the client, is missing');
} else {
  const { processors, processor, node, loadBefore } = describeMachine();
  print(`${processors} x ${processor}, Node ${node}, load before ${loadBefore.toFixed(2)}`);
  if (nginx !== null) print(versionOf(nginx, '-v'));
  const names = ['localhost'];
  const identities = { rsa: selfSigned({ names, key: 'rsa-4096' }), ec: selfSigned({ names, key: 'p-256' }) };
  const sides: Side[] = [];
  try {
    if (nginx !== null) sides.push(await startPeer(nginx, identities));
    for (const engine of ['uws', 'node'] as const) sides.push(await startGateway(engine, identities));
    print(`full handshakes by ${CLIENTS} clients, ${ROUNDS} x ${SECONDS} s each`);
    for (const { key, name } of KEYS)
      for (const version of VERSIONS) {
        print(
          `\n${`${name}, ${version}`.padEnd(18)}${'handshakes/s'.padStart(14)}${'CPU ms/handshake'.padStart(20)}${`next to ${sides[0]!.name}`.padStart(18)}`,
        );
        await compare(openssl, sides, key, version);
      }
  } finally {
    for (const { subject } of sides) await subject.stop();
  }
}
