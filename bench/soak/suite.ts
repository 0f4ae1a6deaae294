// The suite `soak`: a gateway under mixed load for as long as one likes, that is given revision after revision meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWERS } from '../harness/job.js';
import { freePort, type SluiceSubject, startSluice, startUpstream } from '../harness/processes.js';
import type { Findings, Run, Suite } from '../suite.js';
import { type ClientSecond, Clients } from './clients.js';
import { findingsOf, type Moment } from './findings.js';
import { revisionOf, writeRevision } from './revisions.js';
import { stateOf } from './server-state.js';

const FULL_MINUTES = 4;
const QUICK_MINUTES = 0.5;
const REVISION_EVERY_MS = 2_000;
const LOOK_MS = 100;
const LOAD = { connections: 48, pauseMs: 60 };

/** Ports of what takes part. */
interface Places {
  readonly port: number;
  readonly adminPort: number;
  readonly upstreamPort: number;
}

export const soakSuite: Suite = {
  name: 'soak',
  title: 'Mixed load over time',
  about:
    `A gateway under the requests of the job, mixed, from ${LOAD.connections} connections that rest ${LOAD.pauseMs} ms between two on average, with bodies ` +
    'of 1 MiB among them, beside clients that take seconds for one request and clients that leave in the middle of one. Every two ' +
    'seconds it is given a new revision, whose filters, routes and upstream change. What it holds at the end is held next to ' +
    'what it held when it was warm. It takes four minutes; `--minutes N` takes N.',
  async run(run) {
    const upstream = await startUpstream(ANSWERS);
    try {
      const [port, adminPort] = [await freePort(), await freePort()];
      const places = { port, adminPort, upstreamPort: upstream.port };
      const subject = await startSluice(revisionOf(places, 0), port);
      try {
        return await soak(run, subject, places);
      } finally {
        await subject.stop();
      }
    } finally {
      await upstream.stop();
    }
  },
};

async function soak(run: Run, { pids, file }: SluiceSubject, places: Places): Promise<Findings> {
  const seconds = Math.round(60 * (run.minutes ?? (run.quick ? QUICK_MINUTES : FULL_MINUTES)));
  const heard: ClientSecond[] = [];
  const moments: Moment[] = [];
  const startMs = performance.now();
  const clients = new Clients({ port: places.port, ...LOAD }, (second) => heard.push(second));
  try {
    for (let revision = 1, passedMs = 0; passedMs < seconds * 1000; passedMs = performance.now() - startMs) {
      if (passedMs >= revision * REVISION_EVERY_MS) {
        writeRevision(file, revisionOf(places, revision));
        revision += 1;
      }
      const seen = heard.shift();
      if (seen === undefined) {
        clients.check();
        await delay(LOOK_MS);
        continue;
      }
      const state = await stateOf(pids, places.adminPort);
      moments.push({ atS: passedMs / 1000, seen, state });
      const step = `${seen.requests} requests/s, ${state.residentMb.toFixed(0)} MiB`;
      run.progress(Math.floor(passedMs / 1000), seconds, step);
    }
    return findingsOf(moments, await clients.finish());
  } finally {
    await clients.stop();
  }
}
