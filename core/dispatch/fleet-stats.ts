// What workers did, added up over those that live and those that are gone.
import { BATCH_SIZE_WORDS } from './control.js';

export interface WorkerStats {
  /** Jobs that wait for room in a ring. */
  readonly queued: number;
  readonly workers: number;
  readonly spares: number;
  /** Workers that ended and were replaced. */
  readonly restarts: number;
  /** Batches and records of all workers so far; their quotient is the mean batch. */
  readonly batches: number;
  readonly records: number;
  /** Entry k: batches of at most 2^k records that are in no smaller entry; the last has the rest. */
  readonly batchSizes: readonly number[];
  /** Linear memory of all filters in all workers. */
  readonly memoryBytes: number;
}

type Counts = Pick<WorkerStats, 'batches' | 'records' | 'batchSizes'>;

export class FleetStats implements Counts {
  batches = 0;
  records = 0;
  readonly batchSizes = new Array<number>(BATCH_SIZE_WORDS).fill(0);

  add({ batches, records, batchSizes }: Counts): void {
    this.batches += batches;
    this.records += records;
    batchSizes.forEach((count, k) => {
      this.batchSizes[k]! += count;
    });
  }

  copy(): FleetStats {
    const copy = new FleetStats();
    copy.add(this);
    return copy;
  }
}
