// What `npm start` runs: the sample API, and the gateway in front of it, started as an operator starts it. Another
// configuration of the same form has other ports: `npm start -- --config FILE`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConfigErrors, FileSource } from '../../core/index.js';
import { whenOrphaned } from '../orphan-watch.js';
import { startSampleApi } from './sample-api.js';

const HOST = '127.0.0.1';
const CONFIG = 'examples/quickstart/sluice.yaml';

// From dist/examples/quickstart to the root of the project.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const READY_MS = 30_000;
const LOOK_MS = 50;
// A terminal tells npm and us of one Ctrl-C, and npm tells us again; the gateway would take two for "at once".
const SAME_SIGNAL_MS = 500;

const JSON_BODY = `-H 'content-type: application/json'`;

interface Ports {
  readonly gateway: number;
  readonly api: number;
  readonly admin: number;
}

function tourOf(gateway: string, config: string): string {
  return `
Sluice is in front of the sample API. Try:

# passes: a new user, with the two fields that the schema allows
curl -s ${gateway}/users ${JSON_BODY} -d '{"name":"Edsger","email":"edsger@example.com"}'

# refused path: the API has an open admin export, the gateway has no route to it
curl -s ${gateway}/admin/users/export

# refused method: nobody declared DELETE
curl -s -X DELETE ${gateway}/users/1

# refused body: the API would believe the role
curl -s ${gateway}/users ${JSON_BODY} -d '{"name":"Mallory","email":"m@example.com","role":"admin"}'

# redacted response: no password hash, no card data
curl -s ${gateway}/users/1

Ctrl-C stops it. The configuration is ${config}.
`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: 'string', default: CONFIG } } });
  const ports = await portsOf(values.config);
  if (ports === null) return 1;
  for (const port of Object.values(ports)) {
    if (await isTaken(port)) {
      process.stderr.write(
        `Port ${port} on ${HOST} is taken. The quickstart needs ${ports.gateway}, ${ports.api} and ` +
          `${ports.admin}: stop what listens there and start again, or name others in a copy of ${CONFIG}: ` +
          'npm start -- --config FILE\n',
      );
      return 1;
    }
  }
  const api = await startSampleApi(ports.api);
  try {
    return await runGateway(values.config, ports);
  } finally {
    await api.close();
  }
}

/** Null when the configuration is none, which is said then. */
async function portsOf(config: string): Promise<Ports | null> {
  const source = new FileSource(resolve(ROOT, config), { findSecrets: () => [] });
  try {
    const { listeners, admin, upstreams } = (await source.load()).config;
    return {
      gateway: listeners[0]!.port,
      api: Number(new URL(upstreams[0]!.targets[0]!.url).port),
      admin: admin!.port,
    };
  } catch (cause) {
    if (!(cause instanceof ConfigErrors)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    return null;
  } finally {
    await source.close();
  }
}

async function runGateway(config: string, ports: Ports): Promise<number> {
  // A process group of its own: Ctrl-C reaches it through us only, once. The channel tells it that we are gone.
  const gateway = spawn(
    process.execPath,
    ['dist/examples/quickstart/gateway.js', 'run', '--config', config],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    },
  );
  const ended = once(gateway, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  process.once('exit', () => gateway.kill());
  forwardSignals(gateway);
  whenOrphaned(() => gateway.kill());
  if (await isReady(gateway, ports.admin))
    process.stdout.write(tourOf(`http://${HOST}:${ports.gateway}`, config));
  const [code, signal] = await ended;
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

function forwardSignals(gateway: ChildProcess): void {
  let lastMs = Number.NEGATIVE_INFINITY;
  const forward = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - lastMs > SAME_SIGNAL_MS) gateway.kill(signal);
    lastMs = nowMs;
  };
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
}

/** Waits until the gateway serves; false when it ended first, which it has explained itself. */
async function isReady(gateway: ChildProcess, adminPort: number): Promise<boolean> {
  const untilMs = performance.now() + READY_MS;
  while (gateway.exitCode === null && gateway.signalCode === null) {
    const status = await fetch(`http://${HOST}:${adminPort}/readyz`).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return true;
    if (performance.now() > untilMs) {
      process.stderr.write(`The gateway was not ready after ${READY_MS / 1000} s.\n`);
      gateway.kill();
      return false;
    }
    await delay(LOOK_MS);
  }
  return false;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((answer, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') answer(true);
      else reject(error);
    });
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => answer(false)));
  });
}

process.exitCode = await main();
