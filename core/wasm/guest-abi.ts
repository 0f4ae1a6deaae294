// What a guest ABI is to the gateway: what goes into a phase, what comes out, whatever the bytes look like.
// Sluice's own ABI (sdk/abi) is the one answer so far; others can stand beside it without touching dispatch.
import type { HeaderList } from '../headers.js';
import type { MetricDefinition } from './capabilities/metric-table.js';

export type PhaseName = 'request' | 'response';

/**
 * What the filters of a message are given of its body: there is none that they asked for; the whole of it; nothing yet,
 * it follows in chunks; a chunk; the last chunk.
 */
export type BodyStage = 'none' | 'whole' | 'follows' | 'chunk' | 'last';

export function isChunk(stage: BodyStage): boolean {
  return stage === 'chunk' || stage === 'last';
}

/** What filters of one phase see of an exchange, and what their edits are applied to. */
export interface PhaseMessage {
  readonly phase: PhaseName;
  readonly id: string;
  readonly routeId: string;
  readonly scheme: string;
  readonly method: string;
  readonly authority: string;
  readonly clientAddress: string;
  /** Facts of the client's certificate, flat `[name, value, …]`, as byte strings; empty when it has shown none. */
  readonly certificate: readonly string[];
  /** Flat `[name, value, …]`, values as byte strings: one character for each byte of their UTF-8. */
  readonly params: readonly string[];
  path: string;
  query: string;
  readonly requestHeaders: HeaderList;
  /** Response phase: the status; request phase: 0. */
  status: number;
  readonly responseHeaders: HeaderList;
  /** Body of the message of this phase, as much as `stage` says; null with `none` and `follows`. */
  body: Uint8Array | null;
  stage: BodyStage;
  /** By name of the header: which secret it gets when the request leaves, as secret-headers.ts writes it. */
  secretHeaders?: Map<string, string>;
}

/** Edits in the order the filters made them: three lists of equal length, and the last body that was set. */
export class EditList {
  /** `EDIT_*` of sdk/abi. */
  readonly operations: number[];
  readonly names: string[];
  readonly values: string[];
  /** Undefined: the body stays as it is. */
  body: Uint8Array | undefined = undefined;

  constructor(operations: number[] = [], names: string[] = [], values: string[] = []) {
    this.operations = operations;
    this.names = names;
    this.values = values;
  }

  get size(): number {
    return this.operations.length;
  }

  add(operation: number, name: string, value: string): void {
    this.operations.push(operation);
    this.names.push(name);
    this.values.push(value);
  }

  /** Those of another list, behind these. */
  append({ operations, names, values, body }: EditList): void {
    for (let i = 0; i < operations.length; i += 1) this.add(operations[i]!, names[i]!, values[i]!);
    if (body !== undefined) this.body = body;
  }
}

/** Nothing of something, without an array for each exchange. */
export const NONE: readonly never[] = Object.freeze([]);

/** A complete answer that a request filter gave in place of the upstream. */
export interface FilterResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** A request that a filter wants made before it goes on. */
export interface Callout {
  /** Index of the filter in the chain. */
  readonly index: number;
  /** Name of an upstream that was granted. */
  readonly upstream: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Flat `[name, value, …]`. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
  readonly timeoutMs: number;
  /** What the filter wants to know when it goes on. */
  readonly state: Uint8Array | null;
}

/** What one filter did in one visit, as metrics see it. */
export interface FilterCall {
  /** How often it was called: 0 when it was left out, or there was nothing to show it. */
  readonly count: number;
  /** Wall-clock time of these calls. */
  readonly durationNs: number;
  /** Edits that it asked for. */
  readonly edits: number;
}

/** A line that a filter wrote through the `log` capability. */
export interface FilterLogLine {
  /** Name of the filter. */
  readonly filter: string;
  /** `LOG_*` of sdk/abi. */
  readonly level: number;
  /** At most 8192 bytes; the rest is cut off. */
  readonly text: string;
}

/** What loading a filter in one thread came to. */
export interface LoadReport {
  /** What `configure` logged. */
  readonly logs: readonly FilterLogLine[];
  /** What it defined. */
  readonly metrics: readonly MetricDefinition[];
}

/** Why a filter did not do its work. `code` is a row of the error table. */
export interface FilterFailure {
  /** For programs. */
  readonly code:
    | 'SLUICE_FILTER_TRAP'
    | 'SLUICE_FILTER_DEADLINE'
    | 'SLUICE_FILTER_QUARANTINED'
    | 'SLUICE_FILTER_CALLOUTS'
    | 'SLUICE_ABI_FRAME'
    | 'SLUICE_ABI_EDIT';
  /** The reason, for people. */
  readonly message: string;
  /** Index in the chain. */
  readonly index: number;
  /** True when the filter's policy is `open`: it was skipped and the chain went on. */
  readonly skipped: boolean;
  /** Its worker had to be ended, or ended by itself. */
  readonly endedWorker?: true;
}

/** What one phase of one exchange came to. */
export interface PhaseResult {
  readonly edits: EditList;
  /** Set when a request filter answered. */
  readonly response: FilterResponse | null;
  /** Index in the chain of that filter, or of the response filter that gave the response its status; -1 for none. */
  readonly respondedBy: number;
  /** Set when the chain stopped for a callout; it goes on with this filter. */
  readonly callout: Callout | null;
  /**
   * By index in the chain, what each filter kept: for its response phase, or for the chunks of the body that follow. Of a
   * visit with a chunk: its StreamState.
   */
  readonly contexts: readonly (Uint8Array | null)[];
  /** Index of each filter that is to see no more of the body. */
  readonly passed: readonly number[];
  /** Why a filter stopped the response; null as good as always. */
  readonly stop: string | null;
  /** By index in the chain, as far as the chain came. */
  readonly calls: readonly FilterCall[];
  readonly failures: readonly FilterFailure[];
  readonly logs: readonly FilterLogLine[];
}

/** A phase that came to nothing but a failure; the edits that it had are lost. */
export function failedPhase(failure: FilterFailure, logs: readonly FilterLogLine[] = NONE): PhaseResult {
  return {
    edits: new EditList(),
    response: null,
    respondedBy: -1,
    callout: null,
    contexts: NONE,
    passed: NONE,
    stop: null,
    calls: NONE,
    failures: [failure],
    logs,
  };
}
