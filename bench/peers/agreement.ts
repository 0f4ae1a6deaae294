// Proves that a side does a job: each case of it is sent, and what became of it compared with what has to.
import { faultOf } from '../filters/agreement.js';
import type { Subject } from '../harness/processes.js';
import { CASES } from './cases.js';
import type { Job } from './peer.js';

/** Why a side does not do the job, one line each; empty when it does. */
export async function faultsOf(subject: Subject, job: Job): Promise<string[]> {
  const found: string[] = [];
  for (const wanted of CASES[job]) {
    const fault = await faultOf(wanted, subject, wanted.request.path);
    if (fault !== null) found.push(`${wanted.name} ${fault}`);
  }
  return found;
}
