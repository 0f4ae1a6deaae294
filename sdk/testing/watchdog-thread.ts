// The thread of a Watchdog.
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import { SourcePlaces } from '../../core/wasm/source-places.js';
import type { WatchdogData } from './watchdog.js';

const LOOK_MS = 100;
/** In a millisecond. */
const MICROSECONDS = 1000;
/** How long the debugger has to answer. */
const ANSWER_MS = 2000;
const STANDARD_ERROR = 2;
/** V8 puts it in front of names of functions in modules. */
const WASM_NAME = '$';

const { state, limitMs } = workerData as WatchdogData;
const current = new Int32Array(state);
let module: string | null = null;
let run = 0;
/** CPU time of this process when the run was first seen: one that waits for its turn on a busy machine is no endless one. */
let since = 0;

parentPort!.on('message', (path: string | null) => {
  module = path;
});
const timer = setInterval(() => {
  const { user, system } = process.cpuUsage();
  const now = (user + system) / MICROSECONDS;
  const present = Atomics.load(current, 0);
  if (present !== run) {
    run = present;
    since = now;
  } else if (run !== 0 && now - since > limitMs) {
    clearInterval(timer);
    askWhere();
  }
}, LOOK_MS);

/** The debugger can stop the other thread inside of a loop; nothing else can. */
function askWhere(): void {
  setTimeout(() => end([]), ANSWER_MS);
  const session = new Session();
  session.connectToMainThread();
  session.on('Debugger.paused', ({ params }) => end(params.callFrames));
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

function end(frames: readonly Debugger.CallFrame[]): never {
  const stack = frames
    .filter(({ functionName }) => functionName.startsWith(WASM_NAME))
    .map(({ functionName, location }) => {
      const offset = (location.columnNumber ?? 0).toString(16);
      return `at ${functionName.slice(WASM_NAME.length)} (wasm:0x${offset})`;
    });
  const where = stack.length === 0 ? '' : ` (${stack.join(' ')})`;
  const seconds = (limitMs / 1000).toString();
  // The other thread prints what this one writes to a stream, and it is busy.
  writeSync(
    STANDARD_ERROR,
    `failure: a filter has been running for ${seconds} s and does not return, so this test run ends${explained(where)}\n`,
  );
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

function explained(stack: string): string {
  if (module === null || !existsSync(`${module}.map`)) return stack;
  const places = SourcePlaces.of(readFileSync(module), readFileSync(`${module}.map`, 'utf8'));
  return places === null ? stack : places.explain(stack);
}
