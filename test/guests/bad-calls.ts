// Calls that fail otherwise than by their reply: traps, functions of the host with wrong arguments, and calls that do
// not return. At the end, what guests in AssemblyScript do wrong.
import type { PhaseName } from '../../core/wasm/guest-abi.js';
import { metricOrder, order } from '../support/puppet-orders.js';
import { BOTH_PHASES, type Misbehaviour, PUPPET_BYTES, puppet } from './misbehaviour.js';

const BEYOND = 0xffffffff;
const SPIN_MS = 40;

const traps = puppet('SLUICE_FILTER_TRAP', BOTH_PHASES, [
  ['unreachable', order('unreachable'), /unreachable \(at .*wasm/],
  ['recursion without end', order('dig'), /Maximum call stack size exceeded/],
  ['a read beyond the memory', order('load', [BEYOND]), /memory access out of bounds/],
  ['a division by zero', order('divide', [0]), /divide by zero/],
  ['a call of an empty table entry', order('call'), /(?:null function|indirect call|table)/i],
  ['an exception of its own', order('throw'), /[Ee]xception/],
  ['abort with no texts', order('abort'), /abort at :0:0/],
  ['abort with texts of 4 GiB', order('abort', [0, BEYOND, 0, BEYOND, BEYOND, BEYOND]), /:4294967295/],
  ['abort with texts beyond the memory', order('abort', [PUPPET_BYTES, 2, 0, 0, 0, 0]), /reach beyond/],
  ['abort with a file at a negative address', order('abort', [0, 0, -4, 8, 0, 0]), /reach beyond the memory/],
  [
    'abort with an odd length',
    order('abort', [64, 3, 64, 1, 1, 1]),
    /^filter puppet, (?:request|response): /,
  ],
  ['a log line from beyond the memory', order('log', [1, 0, PUPPET_BYTES - 1, 2]), /2 bytes at 262143 reach/],
  ['a log line at a negative address', order('log', [1, 0, -1, 1]), /1 bytes at 4294967295 reach/],
  ['a schema that does not exist', order('check', [1]), /schema 1 does not exist/],
  ['a schema with a negative id', order('check', [-1]), /schema -1 does not exist/],
  ['a document beyond the memory', order('checkAt', [0, PUPPET_BYTES - 1, 2]), /2 bytes at 262143 reach/],
  ['a document of 4 GiB', order('checkAt', [0, 64, BEYOND]), /4294967295 bytes at 64 reach/],
  ['random bytes beyond the memory', order('random', [PUPPET_BYTES - 1, 2]), /2 bytes at 262143 reach/],
  ['random bytes of 4 GiB', order('random', [0, BEYOND]), /at most 65536 random bytes/],
  ['a counter key beyond the memory', order('counter', [-1, 2, 0, 1, 64]), /2 bytes at 4294967295 reach/],
  ['a counter key of 4 GiB', order('counter', [0, BEYOND, 0, 1, 64]), /a counter key has at most 1024 bytes/],
  ['a count beyond the memory', order('counter', [64, 8, 0, 1, PUPPET_BYTES - 11]), /12 bytes at \d+ reach/],
  ['a metric that does not exist', metricOrder(1, 1), /metric 1 does not exist/],
  ['a metric with a negative id', metricOrder(-1, 1), /metric -1 does not exist/],
  ['a metric of no number', metricOrder(0, Number.NaN), /a metric cannot take NaN/],
  ['a metric of infinity', metricOrder(0, Number.NEGATIVE_INFINITY), /a metric cannot take -Infinity/],
  ['a counter that falls', metricOrder(0, -1), /a counter cannot take -1/],
  ['a schema after configure', order('compile', [61000, 22]), /schemas are compiled in configure only/],
]);

const overdue = puppet('SLUICE_FILTER_DEADLINE', BOTH_PHASES, [
  ['a loop without end', order('spin'), /ran longer than 40 ms/],
]).map((row) => ({ ...row, deadlineMs: SPIN_MS }));

const inAssemblyScript: Misbehaviour[] = [
  ...ordered(
    'trap',
    'SLUICE_FILTER_TRAP',
    'x-trap',
    /^filter trap, request: /,
  )(['request'], ...['abort', 'unreachable', 'bounds', 'stack']),
  ...ordered('trap', 'SLUICE_FILTER_TRAP', 'x-trap', /^filter trap, response: /)(['response'], 'response'),
  ...ordered('memory-bomb', 'SLUICE_FILTER_TRAP', 'x-bomb', /out of memory/)(['request'], '', '5000'),
  ...ordered('dangling', 'SLUICE_FILTER_TRAP', 'x-keep', /was put into an object kept/)(['request'], 'field'),
  ...ordered(
    'header-injection',
    'SLUICE_ABI_EDIT',
    'x-inject',
    /edit: /,
  )(
    ['request'],
    ...['value', 'nul', 'name', 'length', 'hop', 'host', 'path', 'dots', 'query', 'body', 'answer'],
  ),
  ...ordered('header-injection', 'SLUICE_ABI_EDIT', 'x-inject', /edit: /)(['response'], 'response'),
  ...BOTH_PHASES.flatMap((phase) =>
    ordered('endless-loop', 'SLUICE_FILTER_DEADLINE', 'x-loop', /ran longer/)([phase], phase),
  ).map((row) => ({ ...row, deadlineMs: SPIN_MS })),
  ...['length', 'count', 'decision', 'context', 'context-end', 'operation', 'name', 'value', 'address'].map(
    (path): Misbehaviour => ({
      name: `bad-reply at /${path}`,
      guest: 'bad-reply',
      phases: ['request'],
      path: `/${path}`,
      code: 'SLUICE_ABI_FRAME',
      message: /reply frame: /,
    }),
  ),
];

export const BAD_CALLS: readonly Misbehaviour[] = [...traps, ...overdue, ...inAssemblyScript];

function ordered(guest: string, code: Misbehaviour['code'], header: string, message: RegExp) {
  return (phases: readonly PhaseName[], ...values: readonly string[]): Misbehaviour[] =>
    values.map((value) => ({
      name: `${guest} told to ${value || 'go on'} by ${header}`,
      guest,
      phases,
      headers: { [header]: value },
      code,
      message,
    }));
}
