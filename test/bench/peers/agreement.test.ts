import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ANSWERS } from '../../../bench/harness/job.js';
import { type Subject, startUpstream } from '../../../bench/harness/processes.js';
import { faultsOf } from '../../../bench/peers/agreement.js';
import { CASE_ANSWERS, CASES } from '../../../bench/peers/cases.js';
import { AT_HALF_LOAD, COMPARISONS } from '../../../bench/peers/comparisons.js';
import { PEERS } from '../../../bench/peers/roster.js';

/** What tests fetch for other reasons too; others take part where they are there. */
const FETCHED = ['nginx', 'nginx-lua'];

describe('the peers of the gateway', () => {
  const started: { stop(): Promise<void> }[] = [];
  let upstreamPort: number;

  before(async () => {
    const upstream = await startUpstream({ ...ANSWERS, ...CASE_ANSWERS });
    started.push(upstream);
    upstreamPort = upstream.port;
  });
  after(async () => {
    for (const each of started.reverse()) await each.stop();
  });

  for (const peer of PEERS) {
    it(`do the same: ${peer.title} at ${peer.jobs.join(', ')}`, async (test) => {
      const found = peer.find(!FETCHED.includes(peer.id));
      if (found === null) return test.skip(peer.remedy);
      assert.match(found.version, / \d+\.\d+\.\d+/);
      const subject = await found.start(upstreamPort);
      started.push(subject);
      for (const job of peer.jobs) assert.deepEqual(await faultsOf(subject, job), [], job);
    });
  }

  it('get no figure for a job that they do not do', async () => {
    // The upstream itself lets everything through.
    const open: Subject = {
      ...{ name: 'upstream', scheme: 'http', port: upstreamPort, pids: [] },
      stop: async () => {},
    };
    const faults = await faultsOf(open, 'policy');
    const refusals = CASES.policy.filter(({ expected }) => expected.kind === 'refused');
    assert.deepEqual(
      faults,
      refusals.map(({ name }) => `${name} is answered with 200`),
    );
  });

  it('are compared by ids that are unique, at jobs that they have', () => {
    const all = [...COMPARISONS, ...AT_HALF_LOAD];
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    for (const { peer, job } of all) assert.ok(PEERS.find(({ id }) => id === peer)!.jobs.includes(job), peer);
  });
});
