// A revision with a module that cannot be loaded, one for each way in which it cannot: it is refused with a code, and
// the revision that runs answers all the while.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';
import { PLAIN_MANIFEST, type WatParts, watFilter } from '../support/wat-module.js';

const NEVER = '(loop $turn (br $turn))';
/** How long a start or a configure that never returns is waited for. */
const SHORT_START_MS = 5000;

interface Attempt {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: string;
}

function attempt(name: string, code: string, parts: WatParts): Attempt {
  return { name, bytes: watFilter(parts), code };
}

const ATTEMPTS: readonly Attempt[] = [
  { name: 'cut', bytes: watFilter().subarray(0, 50), code: 'SLUICE_FILTER_NOT_WASM' },
  attempt('own-memory', 'SLUICE_FILTER_LINK', { memory: '(memory (export "memory") 1 4)' }),
  attempt('two-manifests', 'SLUICE_FILTER_MANIFEST', { manifests: [PLAIN_MANIFEST, PLAIN_MANIFEST] }),
  attempt('next-abi', 'SLUICE_ABI_VERSION', { manifests: [{ ...PLAIN_MANIFEST, abi: 2 }] }),
  attempt('not-asked', 'SLUICE_FILTER_CAPABILITY', { imports: '(import "sluice" "log" (func))' }),
  attempt('not-granted', 'SLUICE_FILTER_CAPABILITY', {
    manifests: [{ ...PLAIN_MANIFEST, capabilities: ['log'] }],
  }),
  attempt('trap-in-start', 'SLUICE_FILTER_TRAP', { fields: '(func $s unreachable) (start $s)' }),
  attempt('bad-begin', 'SLUICE_ABI_FRAME', { begin: '(param i32) (result i32) (i32.const -8)' }),
  attempt('endless-start', 'SLUICE_FILTER_DEADLINE', { fields: `(func $s ${NEVER}) (start $s)` }),
  attempt('endless-configure', 'SLUICE_FILTER_DEADLINE', {
    configure: `(param i32 i32) (result i32) ${NEVER} (i32.const 0)`,
  }),
];

describe('a revision with a module', () => {
  it('that cannot be loaded is refused with a code, and the one before it answers all the while', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const config = (module: string) => ({
      workers: { count: 1, startMs: SHORT_START_MS },
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { one: { module, limits: { deadlineMs: 5000 } } },
      routes: [route('one', '/one', ['one'])],
    });
    const gateway = await TestGateway.start(test, config('./trap.wasm'), ['trap']);
    const { revision } = await gateway.state();

    let isOver = false;
    const statuses = new Map<number, number>();
    const client = (async () => {
      while (!isOver) {
        const answer = await fetch(gateway.url('/one'));
        await answer.text();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      }
    })();
    for (const { name, bytes, code } of ATTEMPTS) {
      writeFileSync(join(gateway.folder, `${name}.wasm`), bytes);
      await gateway.reload(config(`./${name}.wasm`));
      const state = await gateway.state();
      assert.equal(state.revision, revision);
      // The watch on the file may tell of the same change, so there can be two lines; the log is written behind both.
      const line = await gateway.logLine(({ msg }) => msg === `configuration refused: ${state.lastError!}`);
      assert.equal(line['code'], code, `${name}: ${String(line['msg'])}`);
    }
    isOver = true;
    await client;
    assert.deepEqual([...statuses.keys()], [200]);

    writeFileSync(join(gateway.folder, 'good.wasm'), watFilter());
    await gateway.reload(config('./good.wasm'));
    const state = await gateway.state();
    assert.notEqual(state.revision, revision);
    assert.equal(state.lastError, null);
    assert.equal((await fetch(gateway.url('/one'))).status, 200);
  });
});
