// What `npm start` runs: the sample API, and the gateway in front of it, started as an operator starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSampleApi } from './sample-api.js';

const HOST = '127.0.0.1';
// The same numbers as in sluice.yaml.
const GATEWAY_PORT = 8080;
const API_PORT = 9001;
const ADMIN_PORT = 9901;

// From dist/examples/quickstart to the root of the project.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const READY_MS = 30_000;
const LOOK_MS = 50;
// A terminal tells npm and us of one Ctrl-C, and npm tells us again; the gateway would take two for "at once".
const SAME_SIGNAL_MS = 500;

const GATEWAY = `http://${HOST}:${GATEWAY_PORT}`;
const JSON_BODY = `-H 'content-type: application/json'`;
const TOUR = `
Sluice is in front of the sample API. Try:

# passes: a new user, with the two fields that the schema allows
curl -s ${GATEWAY}/users ${JSON_BODY} -d '{"name":"Edsger","email":"edsger@example.com"}'

# refused path: the API has an open admin export, the gateway has no route to it
curl -s ${GATEWAY}/admin/users/export

# refused method: nobody declared DELETE
curl -s -X DELETE ${GATEWAY}/users/1

# refused body: the API would believe the role
curl -s ${GATEWAY}/users ${JSON_BODY} -d '{"name":"Mallory","email":"m@example.com","role":"admin"}'

# redacted response: no password hash, no card data
curl -s ${GATEWAY}/users/1

Ctrl-C stops it. The configuration is examples/quickstart/sluice.yaml.
`;

async function main(): Promise<number> {
  for (const port of [GATEWAY_PORT, API_PORT, ADMIN_PORT]) {
    if (await isTaken(port)) {
      process.stderr.write(
        `Port ${port} on ${HOST} is taken. The quickstart needs ${GATEWAY_PORT}, ${API_PORT} and ` +
          `${ADMIN_PORT}: stop what listens there and start again.\n`,
      );
      return 1;
    }
  }
  const api = await startSampleApi(API_PORT);
  try {
    return await runGateway();
  } finally {
    await api.close();
  }
}

async function runGateway(): Promise<number> {
  // A process group of its own: Ctrl-C reaches it through us only, once.
  const gateway = spawn(
    process.execPath,
    ['dist/core/cli/main.js', 'run', '--config', 'examples/quickstart/sluice.yaml'],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], detached: true },
  );
  const ended = once(gateway, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  process.once('exit', () => gateway.kill());
  forwardSignals(gateway);
  if (await isReady(gateway)) process.stdout.write(TOUR);
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
async function isReady(gateway: ChildProcess): Promise<boolean> {
  const untilMs = performance.now() + READY_MS;
  while (gateway.exitCode === null && gateway.signalCode === null) {
    const status = await fetch(`http://${HOST}:${ADMIN_PORT}/readyz`).then(
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
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      else reject(error);
    });
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}

process.exitCode = await main();
