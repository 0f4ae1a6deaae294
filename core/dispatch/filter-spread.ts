// How new filters come into every worker while jobs run: tried on a spare, then loaded by one worker after the other, each
// while another serves in its place.
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigErrors, GatewayError } from '../errors.js';
import type { FilterLogLine, LoadReport } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import type { Channel } from './channel.js';
import type { DeadlineWatch } from './deadline-watch.js';
import { type FilterLoads, WorkerLost } from './filter-loads.js';
import type { Roster } from './roster.js';

/** A filter that one worker has loaded. */
interface Trial {
  readonly channel: Channel;
  readonly report: LoadReport;
}

/** Filters that a worker is asked to load before it answers, so that it does not wait for us. */
const LOADS_AT_ONCE = 8;
/** Of those that serve, the share that may load at the same time. */
const LOADING_SHARE = 1 / 4;
/** How often a filter is tried again after the worker it was tried in ended for another reason. */
const MOST_TRIALS = 10;
/** How long until there is a worker again. */
const NO_WORKER_MS = 50;

export class FilterSpread {
  readonly #roster: Roster;
  readonly #loads: FilterLoads;
  readonly #deadlines: DeadlineWatch;

  constructor(roster: Roster, loads: FilterLoads, deadlines: DeadlineWatch) {
    this.#roster = roster;
    this.#loads = loads;
    this.#deadlines = deadlines;
  }

  /**
   * Loads filters into every worker. When it throws, some of `specs` may be loaded in some.
   * @returns what the filters logged while they were configured
   * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_* of the one that cannot be loaded, ConfigErrors when there are several
   */
  async load(specs: readonly FilterSpec[]): Promise<FilterLogLine[]> {
    const trials = await this.#tryOutAll(specs);
    for (const [index, spec] of specs.entries()) this.#loads.keep(spec, trials[index]!.report);
    await this.#spread(specs, trials);
    return trials.flatMap(({ report }) => report.logs);
  }

  /** Tries all of them, also when one is refused. @throws as `load` does */
  async #tryOutAll(specs: readonly FilterSpec[]): Promise<Trial[]> {
    const trials: Trial[] = [];
    const errors = new Map<number, GatewayError>();
    // Without a spare they are tried where jobs run.
    const atOnce = this.#roster.spares.length > 0 ? LOADS_AT_ONCE : 1;
    await forEach(specs.entries(), atOnce, async ([index, spec]) => {
      try {
        trials[index] = await this.#tryOut(spec);
      } catch (cause) {
        errors.set(index, GatewayError.from(cause));
      }
    });
    if (errors.size === 1) throw [...errors.values()][0]!;
    if (errors.size > 0)
      throw new ConfigErrors([...errors].sort(([a], [b]) => a - b).map(([, error]) => error));
    return trials;
  }

  /** Loads a filter into one worker, into another one when that worker ends for somebody else's sake. */
  async #tryOut(spec: FilterSpec): Promise<Trial> {
    for (let attempt = 1; ; attempt += 1) {
      const { active, spares } = this.#roster;
      const channel = spares.find(({ load }) => load === 0) ?? spares[0] ?? active[0];
      this.#deadlines.wake();
      try {
        if (channel !== undefined) return { channel, report: await this.#loads.loadInto(channel, spec) };
        await delay(NO_WORKER_MS);
      } catch (cause) {
        if (!(cause instanceof WorkerLost)) throw cause;
      }
      if (attempt >= MOST_TRIALS)
        throw new GatewayError('SLUICE_DISPATCH_CRASHED', 'no worker lived long enough to load a filter');
    }
  }

  /**
   * Jobs wait for none of it: a spare that has all filters takes the place of a worker, which loads them as a spare, and
   * is the one that takes the place of the next. Of many workers several load at the same time, and get no job meanwhile.
   * What a worker that starts later lacks is nothing: it loads all that is kept.
   */
  async #spread(specs: readonly FilterSpec[], trials: readonly Trial[]): Promise<void> {
    const complete = new Set<Channel>();
    const completeAll = async (channels: readonly Channel[]): Promise<void> => {
      await Promise.all(
        channels.map(async (channel) => {
          const missing = specs.filter((_, index) => trials[index]!.channel !== channel);
          await forEach(missing.values(), this.#atOnce(channel), async (spec) => {
            const isWanted = this.#roster.has(channel) && this.#loads.isKept(spec.id);
            if (isWanted) await this.#loads.loadInto(channel, spec);
          });
          complete.add(channel);
        }),
      );
    };
    const { active, spares } = this.#roster;
    await completeAll(spares.slice(0, 1));
    const share = Math.ceil(active.length * LOADING_SHARE);
    for (let from = 0; from < active.length; from += share) {
      const next = active.slice(from, from + share);
      const substitute = this.#roster.spares.find((spare) => complete.has(spare));
      if (substitute !== undefined) this.#roster.exchange(next[0]!, substitute);
      await completeAll(next);
    }
    await completeAll(spares.slice(1));
  }

  /** One after the other where jobs need their turn in between. */
  #atOnce(channel: Channel): number {
    const { active, spares } = this.#roster;
    return active.length > 1 || spares.includes(channel) ? LOADS_AT_ONCE : 1;
  }
}

/** Works on all items, on `atOnce` of them at the same time. @throws what `work` throws first */
async function forEach<T>(
  items: IterableIterator<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const workOff = async (): Promise<void> => {
    for (const item of items) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, workOff));
}
