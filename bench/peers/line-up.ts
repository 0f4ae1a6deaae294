// Starts the gateway and its peers, and lets those in who do the job.
import { ANSWERS, REQUESTS, sluiceConfig } from '../harness/job.js';
import type { LoadRequest } from '../harness/load.js';
import { freePort, type Subject, startSluice, startUpstream } from '../harness/processes.js';
import { faultsOf } from './agreement.js';
import { CASE_ANSWERS } from './cases.js';
import type { Job, Peer } from './peer.js';
import { PEERS } from './roster.js';

/** One server with the jobs that it was seen to do. */
export interface Side {
  readonly id: string;
  readonly title: string;
  readonly jobs: readonly Job[];
  readonly version: string;
  readonly subject: Subject;
}

export interface LineUp {
  /** The gateway first. */
  readonly sides: readonly Side[];
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

/** What load asks of a side that does a job. */
export const JOB_REQUESTS: Readonly<Record<Job, LoadRequest>> = {
  plain: REQUESTS.plain,
  policy: REQUESTS.policed,
  filtered: REQUESTS.filtered,
};

const SLUICE: Peer = {
  id: 'sluice',
  title: 'Sluice',
  jobs: ['plain', 'policy', 'filtered'],
  find: () => ({ version: '', start: startGateway }),
  remedy: 'npm run build',
};

/**
 * `step` is told who is looked at, and how many there are.
 *
 * @throws Error when the gateway does not do its job
 */
export async function lineUp(
  offline: boolean,
  step: (title: string, total: number) => void,
): Promise<LineUp> {
  const upstream = await startUpstream({ ...ANSWERS, ...CASE_ANSWERS });
  const started: { stop(): Promise<void> }[] = [upstream];
  const sides: Side[] = [];
  const missing: string[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.reverse()) await each.stop();
  };
  try {
    for (const peer of [SLUICE, ...PEERS]) {
      step(peer.title, 1 + PEERS.length);
      const found = peer.find(offline);
      if (found === null) {
        missing.push(`${peer.title} is missing: ${peer.remedy}`);
        continue;
      }
      let subject: Subject;
      try {
        subject = await found.start(upstream.port);
      } catch (cause) {
        missing.push(`${peer.title} is missing: ${(cause as Error).message}`);
        continue;
      }
      started.push(subject);
      const { jobs, faults } = await judge(peer, subject);
      missing.push(...faults);
      sides.push({ id: peer.id, title: peer.title, version: found.version, jobs, subject });
    }
    if (sides[0]?.id !== SLUICE.id || sides[0].jobs.length < SLUICE.jobs.length)
      throw new Error(`the gateway does not do its job\n${missing.join('\n')}`);
    return { sides: sides.filter(({ jobs }) => jobs.length > 0), missing, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The jobs that a peer does, and why it does not do the others. */
async function judge(peer: Peer, subject: Subject): Promise<{ jobs: Job[]; faults: string[] }> {
  const jobs: Job[] = [];
  const faults: string[] = [];
  for (const job of peer.jobs) {
    const found = await faultsOf(subject, job);
    if (found.length === 0) jobs.push(job);
    else
      faults.push(
        `${peer.title} gets no figure for "${job}", since it does not do the same: ${found.join('; ')}`,
      );
  }
  return { jobs, faults };
}

async function startGateway(upstreamPort: number): Promise<Subject> {
  const port = await freePort();
  return startSluice(sluiceConfig({ port, upstreamPort }), port);
}
