// Test harness for filter authors.
export {
  type CalloutAnswer,
  type SeenMessage,
  type TestCallout,
  TestChain,
  type TestChainOptions,
  type TestFilter,
  type TestOutcome,
  type TestRequest,
  type TestResponse,
} from './test-chain.js';
