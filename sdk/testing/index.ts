// Test harness for filter authors.
export { TestChain } from './test-chain.js';
export { TestClock } from './test-clock.js';
export type {
  CalloutAnswer,
  SeenMessage,
  TestBody,
  TestCallout,
  TestChainOptions,
  TestFilter,
  TestHeaders,
  TestMetric,
  TestOutcome,
  TestRequest,
  TestResponse,
} from './test-exchange.js';
