// Finds who makes load.
import { Autocannon } from './autocannon.js';
import type { LoadGenerator } from './load.js';
import { findTool } from './tools.js';
import { Wrk } from './wrk.js';

/** wrk, which costs the least of the machine that it shares with what it measures; autocannon where it cannot be had. */
export function findLoadGenerator(offline = false): LoadGenerator {
  const wrk = findTool('wrk', offline);
  return wrk === null ? new Autocannon() : new Wrk(wrk);
}
