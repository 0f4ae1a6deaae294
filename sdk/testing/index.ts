// Test harness for filter authors.
export {
  type SeenMessage,
  TestChain,
  type TestFilter,
  type TestOutcome,
  type TestRequest,
  type TestResponse,
} from './test-chain.js';
