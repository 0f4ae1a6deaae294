// What the gateway's thread and one worker share beside the rings: wake-up words, the progress cell, counters, and
// the messages on their port.
import type { Callout, FilterFailure, FilterLogLine, LoadReport } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';

// Words of the control memory; each group on a cache line of its own.
/** Counts wake-ups of the worker; it sleeps on this word. */
export const WORKER_WAKE = 0;
/** 1 while the worker sleeps or is about to. */
export const WORKER_ASLEEP = 16;
/** Counts publications of results; the host waits on this word. */
export const HOST_WAKE = 32;
/** Counts drains of the result ring; a worker whose ring is full waits on this word. */
export const HOST_DRAINED = 48;

/** Odd while a filter runs. Every call makes two steps, so the same odd value twice is the same call. */
export const PROGRESS_SEQUENCE = 64;
export const PROGRESS_TICKET = 65;
export const PROGRESS_FILTER = 66;
export const PROGRESS_INDEX = 67;

/** Wake-ups that found work, and records worked off in all of them: their quotient is the mean batch. */
export const STAT_BATCHES = 80;
export const STAT_RECORDS = 81;
/** Linear memory of all filters of the worker, in KiB. */
export const STAT_MEMORY_KB = 82;

/** Batches by size: word k counts those of at most 2^k records that are in no smaller one; the last takes the rest. */
export const BATCH_SIZES = 96;
export const BATCH_SIZE_WORDS = 10;

export const CONTROL_BYTES = 512;

/** What a thread gets when it starts to serve. */
export interface ServeTask {
  readonly control: SharedArrayBuffer;
  readonly jobs: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  readonly port: import('node:worker_threads').MessagePort;
}

/** Messages to a worker. Each is announced by one record in the ring, so both are read in the same order. */
export type WorkerMessage =
  | { readonly kind: 'load'; readonly spec: FilterSpec }
  | { readonly kind: 'unload'; readonly ids: readonly number[] }
  /** The body of a job that is too large for the ring. */
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  /** What a callout came to, for a job that goes on after it. */
  | { readonly kind: 'outcome'; readonly bytes: Uint8Array }
  /** What the filters of a job kept, by index, when that is large. */
  | { readonly kind: 'contexts'; readonly contexts: readonly (Uint8Array | null)[] };

/** What of a result does not go through the ring. */
export interface ResultExtra {
  readonly body: Uint8Array | null;
  /** Of the result, when they are large; null: they are in the record. */
  readonly contexts: readonly (Uint8Array | null)[] | null;
  readonly failures: readonly FilterFailure[];
  readonly logs: readonly FilterLogLine[];
  readonly callout: Callout | null;
  readonly stop: string | null;
}

/** Messages from a worker, each announced by one record or flag in the ring. */
export type HostMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'loaded'; readonly id: number; readonly report: LoadReport }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string; readonly message: string }
  /** An instance of this filter has more linear memory than any before it in this worker. */
  | { readonly kind: 'memory-peaked'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'extra'; readonly extra: ResultExtra };
