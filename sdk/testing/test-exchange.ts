// What goes into a test chain, and what comes out.
import type { HeaderList } from '../../core/headers.js';
import type { Capability } from '../../core/wasm/capabilities.js';
import type { Clock } from '../../core/wasm/clock.js';
import type { FilterCall, FilterFailure, FilterLogLine } from '../../core/wasm/guest-abi.js';

/** One filter of the chain. */
export interface TestFilter {
  /** Path of the `.wasm` file, or its bytes. */
  readonly module: string | Uint8Array;
  /** Default `{}`. */
  readonly config?: unknown;
  /** Default: all that the manifest asks for. */
  readonly grants?: readonly Capability[];
  /** Largest memory in MiB. Default 16. */
  readonly memoryMb?: number;
  /** Default `shared`. */
  readonly isolation?: 'shared' | 'exchange';
  /** Default `closed`. */
  readonly onFailure?: 'closed' | 'open';
}

/** A body: whole, or in the chunks that it arrives in. One for a filter that wants it as a stream may be either. */
export type TestBody = string | Uint8Array | readonly (string | Uint8Array)[];

/** Fields by name; a list stands for a field that is sent once for each of its values, in this order. */
export type TestHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface TestRequest {
  readonly method?: string;
  /** Path and, after `?`, query. */
  readonly target: string;
  readonly headers?: TestHeaders;
  readonly body?: TestBody;
  readonly params?: readonly string[];
}

export interface TestResponse {
  readonly status?: number;
  readonly headers?: TestHeaders;
  readonly body?: TestBody;
}

/** A callout as the upstream that it goes to sees it. */
export interface TestCallout {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
  readonly text: string;
}

/** Answers the callouts to one upstream. */
export type CalloutAnswer = (callout: TestCallout) => TestResponse | 'failed' | 'timeout' | 'too-large';

export interface TestChainOptions {
  /** Upstreams that filters may call, by name. */
  readonly callouts?: Readonly<Record<string, CalloutAnswer>>;
  /**
   * Secrets that every filter may use, sign with and read, by name. The upstream sees them in the headers that they go
   * into.
   */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What time it is for the filters, such as a TestClock. Default: that of the machine. */
  readonly clock?: Clock;
}

/** A metric of a filter, with what was recorded so far. */
export interface TestMetric {
  /** Name of the filter. */
  readonly filter: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Value of a counter or a gauge, sum of a histogram. */
  readonly value: number;
  /** Observations of a histogram by bucket, one more than it has bounds; empty for the others. */
  readonly buckets: readonly number[];
}

/** What somebody at one end of the chain sees. */
export interface SeenMessage {
  readonly status: number;
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  /** The body as text. */
  readonly text: string;
}

export interface TestOutcome {
  /** Null when a request filter answered or failed. */
  readonly upstream: SeenMessage | null;
  /**
   * Null when a filter failed and its policy is `closed`, or stopped the response: the gateway would answer with its own
   * error, or cut the connection.
   */
  readonly client: SeenMessage | null;
  /** The reason of the filter that stopped the response. */
  readonly stop: string | null;
  readonly failures: readonly FilterFailure[];
  readonly logs: readonly FilterLogLine[];
  /** Calls of the request phase in order, then those of the response phase. */
  readonly calls: readonly FilterCall[];
}
