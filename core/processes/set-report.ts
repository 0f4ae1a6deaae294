// What the processes of a set say together, to probes, scrapers and people.
import type { AdminSources, Readiness } from '../telemetry/admin-server.js';
import { MetricRegistry } from '../telemetry/metric-registry.js';
import { mergeFilters } from './filter-health.js';
import { GoneCounts, routesIn, stillDeclared } from './gone-counts.js';
import type { ProcessSlot } from './process-slot.js';
import type { SupervisedProcess } from './supervised-process.js';

/** How the set is, kept by the supervisor. */
export interface SetCondition {
  /** Some have not been tried yet. */
  isStarting: boolean;
  isDraining: boolean;
  /** Processes that ended unasked and were started again. */
  restarts: number;
  /** Processes that did not answer any more and were ended. */
  hangs: number;
  /** Rolling reloads, by how they came out. */
  readonly reloads: { replaced: number; stopped: number };
  /** Why the last rolling reload did not come to its end; null when it did. */
  reloadFault: string | null;
  /** What of the configuration the supervisor has not taken up; null when there is nothing. */
  leftOut: string | null;
}

/** What is known of one process. */
interface ProcessReadiness {
  readonly process: number;
  readonly pid: number | null;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly revision: string;
  readonly lastError: string | null;
}

/** The answer of /readyz, with that of each process. */
export interface SetReadiness extends Readiness {
  /** How many processes take connections, and how many there should be. */
  readonly serving: number;
  readonly configured: number;
  readonly processes: readonly ProcessReadiness[];
}

export class SetReport implements AdminSources {
  readonly #slots: readonly ProcessSlot[];
  readonly #condition: SetCondition;
  readonly #own = new MetricRegistry();
  readonly #failed: (error: unknown) => void;
  readonly #gone = new GoneCounts();

  constructor(slots: readonly ProcessSlot[], condition: SetCondition, failed: (error: unknown) => void) {
    this.#slots = slots;
    this.#condition = condition;
    this.#failed = failed;
    this.#registerOwn();
  }

  /**
   * Ready when there are processes that take connections, and all of those are. One that is gone takes none, so the others go on:
   * where every gateway of a service loses a process for the same reason, it would otherwise lose all of them. One that hangs
   * or has no filter workers is still handed its share.
   */
  async readiness(): Promise<SetReadiness> {
    const taking = this.#slots.map(({ current }) => current !== null);
    const processes = await Promise.all(this.#slots.map((slot) => readinessOf(slot)));
    const { isStarting, isDraining, reloadFault, leftOut } = this.#condition;
    const serving = taking.filter((takes) => takes).length;
    const reasons = [
      ...(isStarting ? ['processes are being started'] : []),
      ...(isDraining ? ['the gateway is draining'] : []),
      ...(reloadFault === null ? [] : [reloadFault]),
      ...(leftOut === null ? [] : [leftOut]),
      ...reasonsOf(processes),
    ];
    return {
      ready:
        !isStarting && !isDraining && serving > 0 && processes.every(({ ready }, at) => ready || !taking[at]),
      reasons,
      revision: revisionsOf(processes)[0] ?? '',
      lastError: processes.find(({ lastError }) => lastError !== null)?.lastError ?? null,
      serving,
      configured: this.#slots.length,
      processes,
    };
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    // Before anything is waited for: a process that ends meanwhile is in one of the two, and not in both.
    const gone = this.#gone.processes;
    const alive = this.#slots.flatMap((slot) => [...slot.alive]);
    const said = await Promise.all(alive.map((process) => process.metrics()));
    const counted = stillDeclared(gone, said, await this.#declaredOf(routesIn(gone)));
    const text = await MetricRegistry.textOf([...said, ...counted]);
    return { contentType: MetricRegistry.contentType, text: `${text}\n${await this.#own.text()}` };
  }

  /** What the first process says, and where the others differ. */
  async config(): Promise<unknown> {
    const described = await this.#heard(async (process) => {
      return { process, said: (await process.config()) as Readonly<Record<string, unknown>> };
    });
    return {
      ...described[0]?.said,
      processes: described.map(({ process: { index, pid }, said: { revision, since, workers } }) => {
        return { process: index, pid, revision, since, workers };
      }),
    };
  }

  async filters(): Promise<unknown> {
    return mergeFilters(await this.#heard((process) => process.filters()));
  }

  failed(error: unknown): void {
    this.#failed(error);
  }

  /** Keeps what it has counted. */
  gone(process: SupervisedProcess): void {
    this.#gone.add(process.counted);
  }

  /** Those of these routes that a process declares; all of them where none can be asked. */
  async #declaredOf(routes: readonly string[]): Promise<ReadonlySet<string>> {
    if (routes.length === 0) return new Set();
    const heard = await this.#heard((process) => process.declared(routes));
    return new Set(heard.length === 0 ? routes : heard.flat());
  }

  /** What all say that serve; those that do not answer are left out. */
  async #heard<Answer>(ask: (process: SupervisedProcess) => Promise<Answer>): Promise<Answer[]> {
    const answers = await Promise.allSettled(this.#serving().map(ask));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #serving(): SupervisedProcess[] {
    return this.#slots.flatMap(({ current }) => (current === null ? [] : [current]));
  }

  #registerOwn(): void {
    const sample = (metricName: string, value: number, labels: Readonly<Record<string, string>> = {}) => {
      return { metricName, labels, sharedLabels: {}, value };
    };
    this.#own.register('sluice_processes', 'Gateway processes, by state.', 'gauge', (name) => [
      sample(name, this.#slots.length, { state: 'configured' }),
      sample(name, this.#serving().length, { state: 'serving' }),
    ]);
    this.#own.register(
      'sluice_process_restarts_total',
      'Processes that ended unasked and were started again.',
      'counter',
      (name) => [sample(name, this.#condition.restarts)],
    );
    this.#own.register(
      'sluice_process_hangs_total',
      'Processes that did not answer any more and were ended.',
      'counter',
      (name) => [sample(name, this.#condition.hangs)],
    );
    this.#own.register(
      'sluice_process_reloads_total',
      'Rolling reloads: all processes replaced, or stopped at one that could not be.',
      'counter',
      (name) =>
        Object.entries(this.#condition.reloads).map(([outcome, value]) => sample(name, value, { outcome })),
    );
  }
}

async function readinessOf({ index, current, why }: ProcessSlot): Promise<ProcessReadiness> {
  const isDown = { process: index, ready: false, revision: '', lastError: null };
  if (current === null) return { ...isDown, pid: null, reasons: [why] };
  const { pid } = current;
  try {
    const { ready, reasons, revision, lastError } = await current.readiness();
    return { process: index, pid, ready, reasons, revision, lastError };
  } catch (cause) {
    return { ...isDown, pid, reasons: [`it does not answer: ${(cause as Error).message}`] };
  }
}

/** What all say alike is said once. */
function reasonsOf(processes: readonly ProcessReadiness[]): string[] {
  const all = [...new Set(processes.flatMap(({ reasons }) => reasons))];
  const reasons = all.flatMap((reason) => {
    const sayers = processes.filter((process) => process.reasons.includes(reason));
    if (sayers.length === processes.length) return [reason];
    return sayers.map(({ process }) => `process ${process}: ${reason}`);
  });
  const revisions = revisionsOf(processes);
  if (revisions.length > 1) reasons.push(`the processes run different revisions: ${revisions.join(', ')}`);
  return reasons;
}

function revisionsOf(processes: readonly ProcessReadiness[]): string[] {
  return [...new Set(processes.map(({ revision }) => revision).filter((revision) => revision !== ''))];
}
