// What goes into a test chain, and what comes out.
import type { HeaderList } from '../../core/headers.js';
import type { Capability } from '../../core/wasm/capabilities/capabilities.js';
import type { Clock } from '../../core/wasm/clock.js';
import type { FilterCall, FilterFailure, FilterLogLine } from '../../core/wasm/guest-abi.js';
import type { TestTrace } from './test-trace.js';

/** One filter of the chain. */
export interface TestFilter {
  /** Path of the `.wasm` file, or its bytes. */
  readonly module: string | Uint8Array;
  /** Default `{}`. */
  readonly config?: unknown;
  /** Default: all that the manifest asks for, what it may do without included. */
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

/** A request as a client sends it. */
export interface TestRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and, after `?`, query. */
  readonly target: string;
  /** Default: none. */
  readonly headers?: TestHeaders;
  /** Text stands for its UTF-8 encoding. Absent: the request has no body, which is not the same as an empty one. */
  readonly body?: TestBody;
  /** Address of the client in text. Default `192.0.2.1`. */
  readonly client?: string;
  /** The certificate that the client has shown. Default: none. */
  readonly certificate?: TestCertificate;
  /** Id of the route that it came by. Default `test`. */
  readonly route?: string;
  /** Parameters of the path, name and value in turn: `['id', '42']`. Default: none. */
  readonly params?: readonly string[];
}

/** What filters are told of a certificate, where a client has shown one. */
export interface TestCertificate {
  /** In the order of RFC 4514. Default `CN=test`. */
  readonly subject?: string;
  /** Likewise. Default `CN=Test authority`. */
  readonly issuer?: string;
  /** Hex, upper case. Default `01`. */
  readonly serial?: string;
  /** SHA-256, hex in lower case. Default: 64 zeros. */
  readonly fingerprint?: string;
  /** Default: the end of 2099. */
  readonly notAfter?: Date;
  /** Alternative names that are domains, in lower case. Default: none. */
  readonly dnsNames?: readonly string[];
  /** Those that are URIs. Default: none. */
  readonly uris?: readonly string[];
  /** Those that are IP addresses. Default: none. */
  readonly addresses?: readonly string[];
  /** Those that are e-mail addresses. Default: none. */
  readonly emails?: readonly string[];
}

/** A response as an upstream gives it. */
export interface TestResponse {
  /** Default 200. */
  readonly status?: number;
  /** Default: none. */
  readonly headers?: TestHeaders;
  /** Text stands for its UTF-8 encoding. Default: empty. */
  readonly body?: TestBody;
}

/** A callout as the upstream that it goes to sees it. */
export interface TestCallout {
  /** As the filter gave it. */
  readonly method: string;
  /** Path and, after `?`, query. */
  readonly target: string;
  /** Those that the filter set. */
  readonly headers: HeaderList;
  /** The body as text. */
  readonly text: string;
}

/** Answers the callouts to one upstream. */
export type CalloutAnswer = (callout: TestCallout) => TestResponse | 'failed' | 'timeout' | 'too-large';

/** What the filters of a chain have around them. */
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
  /** Takes each line of `trace()` when it is written. Default: prints it to standard error. */
  readonly trace?: (trace: TestTrace) => void;
  /**
   * Takes each failure when it comes up, before the outcome has it. Default: prints it to standard error under
   * `sluice filter test`, and nothing elsewhere.
   */
  readonly failure?: (failure: FilterFailure) => void;
}

/** A metric of a filter, with what was recorded so far. */
export interface TestMetric {
  /** Name of the filter. */
  readonly filter: string;
  /** As the filter defined it. */
  readonly name: string;
  /** Values by name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Value of a counter or a gauge, sum of a histogram. */
  readonly value: number;
  /** Observations of a histogram by bucket, one more than it has bounds; empty for the others. */
  readonly buckets: readonly number[];
}

/** What somebody at one end of the chain sees. */
export interface SeenMessage {
  /** Of a response; 0 of a request. */
  readonly status: number;
  /** Path and, after `?`, query of the request. */
  readonly target: string;
  /** Of the request that leaves, or of the response. */
  readonly headers: HeaderList;
  /** Empty when there is none. */
  readonly body: Uint8Array;
  /** The body as text. */
  readonly text: string;
}

/** What one exchange came to. */
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
  /** Calls that failed, with the reason; also those that the policy `open` let pass. */
  readonly failures: readonly FilterFailure[];
  /** What the filters logged, in order. */
  readonly logs: readonly FilterLogLine[];
  /** Calls of the request phase in order, then those of the response phase. */
  readonly calls: readonly FilterCall[];
  /** What the filters traced, in order; nothing unless the module was built for tests, as `sluice filter test` does. */
  readonly traces: readonly TestTrace[];
}
