import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { compilePolicy } from '../../../bench/peers/envoy-wasm/compile.js';

/** What the module exports of proxy-wasm 0.2.1, as far as a host has to know. */
interface Policy {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  proxy_abi_version_0_2_1(): void;
  proxy_on_vm_start(context: number, size: number): number;
  proxy_on_configure(context: number, size: number): number;
  proxy_on_request_headers(context: number, count: number, isLast: number): number;
}

const CONTINUE = 0;
const NOT_FOUND = 1;

/** A host with the functions that the policy imports. */
class Host {
  policy!: Policy;
  headers: Readonly<Record<string, string>> = {};
  readonly statuses: number[] = [];

  readonly imports = {
    proxy_get_header_map_value: (_map: number, name: number, length: number, at: number, size: number) => {
      const value = this.headers[Buffer.from(this.policy.memory.buffer, name, length).toString()];
      if (value === undefined) return NOT_FOUND;
      const bytes = Buffer.from(value);
      const place = this.policy.malloc(bytes.length);
      const view = new DataView(this.policy.memory.buffer);
      new Uint8Array(this.policy.memory.buffer).set(bytes, place);
      view.setUint32(at, place, true);
      view.setUint32(size, bytes.length, true);
      return 0;
    },
    proxy_send_local_response: (status: number) => {
      this.statuses.push(status);
      return 0;
    },
  };

  ask(method: string, path: string): boolean {
    this.headers = { ':method': method, ':path': path };
    return this.policy.proxy_on_request_headers(1, 2, 1) === CONTINUE;
  }
}

describe('the policy that Envoy runs', () => {
  const host = new Host();

  before(async () => {
    const module = new WebAssembly.Module(Buffer.from(await compilePolicy()));
    const { exports } = new WebAssembly.Instance(module, { env: host.imports });
    host.policy = exports as unknown as Policy;
    host.policy.proxy_abi_version_0_2_1();
    assert.equal(host.policy.proxy_on_vm_start(1, 0), 1);
    assert.equal(host.policy.proxy_on_configure(1, 0), 1);
  });

  it('lets through what a rule allows, and refuses all else with 403', () => {
    for (const path of ['/policed', '/filtered', '/filtered-page', '/policed?a=1'])
      assert.ok(host.ask('POST', path), path);
    assert.ok(host.ask('GET', '/read'));
    assert.deepEqual(host.statuses, []);
    const refused = [
      ...[['GET', '/policed'] as const, ['POST', '/read'] as const, ['PUT', '/policed'] as const],
      ...['/policed/', '/police', '/', '', '/?/policed'].map((path) => ['POST', path] as const),
    ];
    for (const [method, path] of refused) assert.ok(!host.ask(method, path), `${method} ${path}`);
    assert.deepEqual(
      host.statuses,
      refused.map(() => 403),
    );
  });

  it('takes no more memory for many requests than for one, and as much as a long path needs', () => {
    const { memory } = host.policy;
    const before = memory.buffer.byteLength;
    for (let times = 0; times < 10_000; times += 1) host.ask('POST', '/policed');
    assert.equal(memory.buffer.byteLength, before);
    assert.ok(!host.ask('POST', `/${'x'.repeat(2 * before)}`));
    const grown = memory.buffer.byteLength;
    assert.ok(grown > before);
    assert.ok(!host.ask('POST', `/${'x'.repeat(2 * before)}`));
    assert.equal(memory.buffer.byteLength, grown);
  });
});
