// What a test hands over is checked: a key that nobody reads would make a test pass that tests nothing.
import type { TestChainOptions, TestFilter, TestRequest, TestResponse } from './test-exchange.js';

type Keys<T> = Readonly<Record<keyof T, true>>;

export const CHAIN_OPTION_KEYS: Keys<TestChainOptions> = {
  callouts: true,
  clock: true,
  failure: true,
  secrets: true,
  trace: true,
};
export const FILTER_KEYS: Keys<TestFilter> = {
  config: true,
  grants: true,
  isolation: true,
  memoryMb: true,
  module: true,
  onFailure: true,
};
export const REQUEST_KEYS: Keys<TestRequest> = {
  body: true,
  certificate: true,
  client: true,
  headers: true,
  method: true,
  params: true,
  route: true,
  target: true,
};
export const RESPONSE_KEYS: Keys<TestResponse> = { body: true, headers: true, status: true };

/** @throws TypeError that names a key which `what` does not have */
export function mustKnow<T extends object>(what: string, given: T, keys: Keys<T>): void {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(keys, key)) continue;
    throw new TypeError(`${what}: unknown key ${key}, expected ${Object.keys(keys).join(', ')}`);
  }
}
