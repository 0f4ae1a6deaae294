// What a gateway has at one moment: by the kernel, and by what it says of itself.
import { openFiles, residentMb } from '../harness/accounting.js';

export interface ServerState {
  readonly residentMb: number;
  readonly files: number;
  /** JavaScript heap in use on its main thread; null where the metrics do not say. */
  readonly heapMb: number | null;
  /** How late the event loop was at the 99th percentile since it was asked before; null where the metrics do not say. */
  readonly lagMs: number | null;
  /** Revisions that took over from the first one. */
  readonly applied: number;
  /** Revisions that were refused. */
  readonly refused: number;
}

export async function stateOf(pids: readonly number[], adminPort: number): Promise<ServerState> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const value = (series: string): number | null => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? null : Number(line.slice(series.length + 1));
  };
  const heapBytes = value('nodejs_heap_size_used_bytes');
  const lagS = value('nodejs_eventloop_lag_p99_seconds');
  return {
    residentMb: residentMb(pids),
    files: openFiles(pids),
    heapMb: heapBytes === null ? null : heapBytes / 2 ** 20,
    lagMs: lagS === null || Number.isNaN(lagS) ? null : lagS * 1000,
    applied: value('sluice_config_reloads_total{outcome="applied"}') ?? 0,
    refused: value('sluice_config_reloads_total{outcome="refused"}') ?? 0,
  };
}
