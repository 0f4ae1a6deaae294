// What it takes to call a filter: bare, in a chain as a worker runs it, and for each further filter of the chain.
import assert from 'node:assert/strict';
import { FilterChain } from '../../core/wasm/chain.js';
import type { ChainInput } from '../../core/wasm/chain-input.js';
import type { PhaseMessage } from '../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../core/wasm/instance.js';
import { writeFrame } from '../../test/support/phase-frame.js';
import { guestSpec, linksTo } from '../../test/support/phase-messages.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import { requests } from './exchange.js';
import type { Contender } from './stopwatch.js';
import type { Part, Subject } from './subject.js';

/** Filters of a chain. */
const LENGTHS = [1, 2, 4, 8, 16] as const;
const LONGEST = 16;
/** What a further filter of a chain may take, in microseconds. */
const MOST_FURTHER_US = 1.5;

type Guest = (address: number, length: number) => number;

/** The guest alone: room in its arena, copy, call. No deadline, no limit, nothing counted. */
export function bareCalls(spec: FilterSpec, messages: readonly PhaseMessage[]): Contender {
  const { module, initialPages, maximumPages } = spec;
  const own = new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory: own }, sluice: { abort: () => {} } });
  const begin = exports['sluice_begin'] as (length: number) => number;
  const run = exports['sluice_on_request'] as Guest;
  const bytes = new Uint8Array(own.buffer);
  const config = Buffer.from(spec.config);
  const configAt = begin(config.length);
  bytes.set(config, configAt);
  (exports['sluice_configure'] as Guest)(configAt, config.length);
  const frames = messages.map((message) => writeFrame(message).frame);
  return {
    operations: frames.length,
    call: () => {
      let sum = 0;
      for (let i = 0; i < frames.length; i += 1) {
        const frame = frames[i]!;
        const address = begin(frame.length);
        bytes.set(frame, address);
        sum += run(address, frame.length);
      }
      return sum;
    },
  };
}

/**
 * A chain of such guests, as a worker runs it: with its progress cell in shared memory, and frames where they were written.
 *
 * @throws AssertionError where not every one of them lets every message through
 */
export function chainCalls(specs: readonly FilterSpec[], messages: readonly PhaseMessage[]): Contender {
  const chain = supervisedChain();
  for (const spec of specs) chain.load(spec);
  const links = linksTo(...specs);
  const inputs = messages.map((message): ChainInput => {
    const { memory, frame } = writeFrame(message);
    const { phase, body, stage } = message;
    return { phase, stage, memory, at: 0, length: frame.length, body, links, outcome: null };
  });
  for (const input of inputs) {
    const { calls, failures, response, edits } = chain.run(input);
    assert.deepEqual([...failures], []);
    assert.equal(response, null);
    assert.equal(edits.size, 0);
    assert.equal(
      calls.reduce((sum, { count }) => sum + count, 0),
      specs.length,
    );
  }
  return {
    operations: inputs.length,
    call: () => {
      let sum = 0;
      for (let i = 0; i < inputs.length; i += 1) sum += chain.run(inputs[i]!).calls.length;
      return sum;
    },
  };
}

/** A chain whose progress a supervisor of another thread could see. */
export function supervisedChain(): FilterChain {
  const control = new Int32Array(new SharedArrayBuffer(1024));
  return new FilterChain({
    enter: (filterId, index) => {
      control[1] = filterId;
      control[2] = index;
      Atomics.add(control, 0, 1);
    },
    leave: () => {
      Atomics.add(control, 0, 1);
    },
    goOn: () => {
      Atomics.add(control, 0, 1);
    },
    memoryPeaked: () => {},
  });
}

export const guestCallsSubject: Subject = {
  name: 'calls of filters',
  contests: 1,
  async measure(track) {
    const messages = requests(null);
    const specs = await Promise.all(Array.from({ length: LONGEST }, () => guestSpec('two-headers')));
    const chained = Object.fromEntries(
      LENGTHS.map((length) => [`chain of ${length}`, chainCalls(specs.slice(0, length), messages)]),
    );
    const figures = await track.contest<string>('calls of filters', {
      bare: bareCalls(specs[0]!, messages),
      ...chained,
    });
    return partOf(
      figures['bare']!,
      LENGTHS.map((length) => figures[`chain of ${length}`]!),
    );
  },
};

function partOf(bare: readonly number[], chains: readonly (readonly number[])[]): Part {
  const one = chains[0]!;
  const furtherNs = chains.map((ns, index) => {
    const more = LENGTHS[index]! - 1;
    return more === 0 ? null : ns.map((value, round) => (value - one[round]!) / more);
  });
  const ofLongest = furtherNs.at(-1)!;
  const us = (ns: readonly number[]): number[] => ns.map((value) => value / 1000);
  const further = spreadOf(us(ofLongest));
  return {
    tables: [
      {
        title: 'Calls: a filter that looks at two headers, over a frame of 12',
        head: 'called',
        columns: [
          { name: 'in all', unit: 'us', digits: 2 },
          { name: 'each further filter', unit: 'us', digits: 2 },
        ],
        rows: [
          { name: 'bare', cells: [spreadOf(us(bare)), null] },
          ...chains.map((ns, index) => ({
            name: LENGTHS[index] === 1 ? 'in a chain' : `in a chain of ${LENGTHS[index]}`,
            cells: [spreadOf(us(ns)), furtherNs[index] === null ? null : spreadOf(us(furtherNs[index]!))],
          })),
        ],
      },
    ],
    charts: [
      {
        kind: 'lines',
        title: 'Calls: a visit, by filters in the chain',
        across: 'filters',
        isAcrossLogarithmic: false,
        unit: 'us',
        series: [
          {
            name: 'chain',
            points: chains.map((ns, index) => ({ x: LENGTHS[index]!, y: spreadOf(us(ns)) })),
          },
        ],
      },
    ],
    ratios: [
      {
        id: 'micro/further-filter/bare-call',
        name: 'each further filter of a chain, next to a bare call',
        value: pairwise(ofLongest, bare, (left, right) => left / right),
        atMost: null,
      },
      {
        id: 'micro/chain-of-1/bare-call',
        name: 'a chain of one filter, next to a bare call',
        value: pairwise(one, bare, (left, right) => left / right),
        atMost: null,
      },
    ],
    notes: [
      `Calls: each further filter of a chain takes ${further.median.toFixed(2)} µs (target: at most ${MOST_FURTHER_US}, ${further.median <= MOST_FURTHER_US ? 'met' : 'missed'}). ` +
        'Bare is room in the memory of the guest, a copy and the call, without limits or accounting.',
    ],
  };
}
