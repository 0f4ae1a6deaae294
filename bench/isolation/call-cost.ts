// `npm run bench:call-cost`: what limits and accounting add to one filter call that goes well. The same guest, over the
// same frame, is called bare (room in its arena, copy, call) and through the chain that a worker runs, with its
// progress cell in shared memory. `--quick` is brief.
import { FilterChain } from '../../core/wasm/chain.js';
import { FrameWriter } from '../../core/wasm/frame.js';
import type { FilterSpec } from '../../core/wasm/instance.js';
import { guestSpec, linksTo, phaseMessage } from '../../test/support/phase-messages.js';
import { median } from '../harness/statistics.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 5 : 41;
const CALLS = quick ? 20_000 : 100_000;
/** Filters that the longer of the two chains has beyond the shorter one. */
const MORE = 8;

const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-US,en;q=0.5',
  authorization: `Bearer ${'x'.repeat(120)}`,
  'content-type': 'application/json',
  cookie: 'session=0123456789abcdef; theme=dark',
  referer: 'https://app.example.com/orders',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
};

const writer = new FrameWriter();
const frameLength = writer.prepare(phaseMessage('request', HEADERS));
const buffer = new ArrayBuffer((frameLength + 7) & ~7);
const memory = { bytes: Buffer.from(buffer), words: new Int32Array(buffer) };
writer.write(memory, 0);
const frame = memory.bytes.subarray(0, frameLength);

type Guest = (address: number, length: number) => number;

/** The guest alone: no deadline, no limit, nothing counted. */
function bareCall({ module, initialPages, maximumPages }: FilterSpec): () => void {
  const own = new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory: own }, sluice: { abort: () => {} } });
  const begin = exports['sluice_begin'] as (length: number) => number;
  const bytes = new Uint8Array(own.buffer);
  const config = Buffer.from('{}');
  const configAt = begin(config.byteLength);
  bytes.set(config, configAt);
  (exports['sluice_configure'] as Guest)(configAt, config.byteLength);
  const run = exports['sluice_on_request'] as Guest;
  return () => {
    const address = begin(frameLength);
    bytes.set(frame, address);
    run(address, frameLength);
  };
}

/** A chain of `count` such guests, as a worker runs it. */
function chainCall(specs: readonly FilterSpec[]): () => void {
  const control = new Int32Array(new SharedArrayBuffer(1024));
  const chain = new FilterChain({
    enter: (filterId, index) => {
      control[1] = filterId;
      control[2] = index;
      Atomics.add(control, 0, 1);
    },
    leave: () => {
      Atomics.add(control, 0, 1);
    },
    memoryPeaked: () => {},
  });
  for (const spec of specs) chain.load(spec);
  const links = linksTo(...specs);
  const input = {
    phase: 'request',
    stage: 'none',
    memory,
    at: 0,
    length: frameLength,
    body: null,
    links,
    outcome: null,
  } as const;
  return () => {
    chain.run(input);
  };
}

/** Nanoseconds of one call. */
function time(call: () => void): number {
  const started = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i += 1) call();
  return Number(process.hrtime.bigint() - started) / CALLS;
}

const specs = await Promise.all(Array.from({ length: MORE + 1 }, () => guestSpec('echo-context')));
const calls = {
  twoHeaders: bareCall(await guestSpec('two-headers')),
  bare: bareCall(specs[0]!),
  one: chainCall(specs.slice(0, 1)),
  many: chainCall(specs),
};
for (const call of Object.values(calls)) time(call);

const twoHeadersNs: number[] = [];
const bareNs: number[] = [];
const chainNs: number[] = [];
const addedNs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  twoHeadersNs.push(time(calls.twoHeaders));
  const bare = time(calls.bare);
  const perFilter = (time(calls.many) - time(calls.one)) / MORE;
  bareNs.push(bare);
  chainNs.push(perFilter);
  addedNs.push(perFilter - bare);
}
const show = (name: string, values: readonly number[]): boolean =>
  process.stdout.write(`${name.padEnd(52)}${(median(values) / 1000).toFixed(2).padStart(8)} us\n`);
process.stdout.write(`one filter call, a frame of ${frameLength} bytes, median of ${ROUNDS} rounds\n`);
show('a guest that checks two headers, alone', twoHeadersNs);
show('a guest that does nothing, alone', bareNs);
show('the same in a chain, with limits and accounting', chainNs);
show('what limits and accounting add to a call', addedNs);
