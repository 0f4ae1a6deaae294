// Test harness for filter authors. The comments that stand alone are the headings of the reference.

// Running filters in tests

export { TestChain } from './test-chain.js';
export { TestClock } from './test-clock.js';
export type { TestChainOptions, TestFilter } from './test-exchange.js';

// What goes in

export type {
  CalloutAnswer,
  TestBody,
  TestCallout,
  TestCertificate,
  TestHeaders,
  TestRequest,
  TestResponse,
} from './test-exchange.js';

// What comes out

export type { HeaderList } from '../../core/headers.js';
export type { SeenMessage, TestMetric, TestOutcome } from './test-exchange.js';
export type { TestTrace } from './test-trace.js';

// Types of the gateway

export type { Capability } from '../../core/wasm/capabilities/capabilities.js';
export type { Clock } from '../../core/wasm/clock.js';
export type { FilterCall, FilterFailure, FilterLogLine } from '../../core/wasm/guest-abi.js';
