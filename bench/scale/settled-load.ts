// Load that is looked at while all clients are connected: with thousands of them, coming and going would be most of it.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, cpuOf } from '../harness/accounting.js';
import type { LoadGenerator, LoadPlan, LoadResult } from '../harness/load.js';
import type { Subject, Upstream } from '../harness/processes.js';

/** What clients get to connect and to be answered once. */
const SETTLING = { atLeastS: 0.2, clientsPerS: 5_000 };
/** Of the time that is left, which is over before they go. */
const LOOKED_AT = 0.9;

/** CPU and requests per second are of the time when all are there, by what the upstream was asked; all else is of the whole run. */
export class SettledLoad implements LoadGenerator {
  readonly name: string;
  readonly #generator: LoadGenerator;
  readonly #upstream: Upstream;

  constructor(generator: LoadGenerator, upstream: Upstream) {
    this.name = generator.name;
    this.#generator = generator;
    this.#upstream = upstream;
  }

  async load(subject: Subject, plan: LoadPlan): Promise<LoadResult> {
    const settlingS = SETTLING.atLeastS + plan.connections / SETTLING.clientsPerS;
    const loading = this.#generator.load(subject, { ...plan, seconds: settlingS + plan.seconds });
    const looking = this.#look(subject, settlingS, plan.seconds * LOOKED_AT);
    const [result, seen] = await Promise.all([loading, looking]);
    return { ...result, ...seen };
  }

  /** Empty where nothing was served meanwhile. */
  async #look(subject: Subject, afterS: number, seconds: number): Promise<Partial<LoadResult>> {
    await delay(afterS * 1000);
    const servedBefore = await this.#upstream.served();
    const before = cpuOf(subject.pids);
    const startMs = performance.now();
    await delay(seconds * 1000);
    const served = (await this.#upstream.served()) - servedBefore;
    const cpu = cpuBetween(before, cpuOf(subject.pids));
    if (served === 0) return {};
    return { cpuUs: (cpu * 1e6) / served, perSecond: served / ((performance.now() - startMs) / 1000) };
  }
}
