// Calls that fail otherwise than by their reply: traps, functions of the host with wrong arguments, and calls that do
// not return. At the end, what guests in AssemblyScript do wrong.
import type { PhaseName } from '../../core/wasm/guest-abi.js';
import { MAX_HASH_BYTES } from '../../sdk/abi/abi.js';
import { metricOrder, order } from '../support/puppet-orders.js';
import { FORBIDDEN_EDITS } from './forbidden-edits.js';
import {
  BOTH_PHASES,
  LONG_DOMAIN,
  LONG_SPELLED_BYTES,
  type Misbehaviour,
  PUPPET_BYTES,
  type PuppetRow,
  puppet,
} from './misbehaviour.js';

const BEYOND = 0xffffffff;
const SPIN_MS = 40;
const DOMAIN = Buffer.from('b\u00fccher.example');
const SPELLED_BYTES = 'xn--bcher-kva.example'.length;

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
  ['patterns after configure', order('patterns', [64, 2], Buffer.from('[]')), /compiled in configure only/],
]);

const badHashes = puppet('SLUICE_FILTER_TRAP', BOTH_PHASES, [
  ['a digest from beyond the memory', order('digest', [PUPPET_BYTES - 1, 2, 64]), /2 bytes at 262143 reach/],
  ['a digest from a negative address', order('digest', [-1, 1, 64]), /1 bytes at 4294967295 reach/],
  ['a digest of bytes whose end wraps round', order('digest', [-16, 32, 64]), /32 bytes at 4294967280 reach/],
  ['a digest of 4 GiB', order('digest', [0, BEYOND, 64]), /at most 8388608 bytes are hashed at once/],
  [
    'a digest of 8 MiB, of a smaller memory',
    order('digest', [64, MAX_HASH_BYTES, 64]),
    /8388608 bytes at 64/,
  ],
  [
    'a digest of 8 MiB and a byte',
    order('digest', [65536, MAX_HASH_BYTES + 1, 64], Buffer.alloc(MAX_HASH_BYTES + 1)),
    /at most 8388608 bytes are hashed at once/,
  ],
  ['a digest put beyond the memory', order('digest', [64, 8, PUPPET_BYTES - 31]), /32 bytes at 262113 reach/],
  ['a digest put at a negative address', order('digest', [64, 8, -32]), /32 bytes at 4294967264 reach/],
  ['a key from beyond the memory', order('code', [PUPPET_BYTES, 1, 64, 8, 128]), /1 bytes at 262144 reach/],
  ['a key at a negative address', order('code', [-4, 8, 64, 8, 128]), /8 bytes at 4294967292 reach/],
  ['a key of 4 GiB', order('code', [64, BEYOND, 64, 8, 128]), /at most 8388608 bytes/],
  ['a key of 8 MiB and a byte', order('code', [0, MAX_HASH_BYTES + 1, 64, 8, 128]), /at most 8388608 bytes/],
  ['a code of bytes beyond the memory', order('code', [64, 8, -4, 8, 128]), /8 bytes at 4294967292 reach/],
  ['a code of 8 MiB and a byte', order('code', [64, 8, 0, MAX_HASH_BYTES + 1, 128]), /at most 8388608 bytes/],
  [
    'a code put beyond the memory',
    order('code', [64, 8, 64, 8, PUPPET_BYTES - 31]),
    /32 bytes at 262113 reach/,
  ],
  ['a code with a secret it was not given', order('sign', [0, 64, 8, 128]), /secret 0 does not exist/],
  ['a code with a secret of a negative id', order('sign', [-1, 64, 8, 128]), /secret -1 does not exist/],
]);

const badSignatures = puppet('SLUICE_FILTER_TRAP', BOTH_PHASES, [
  ['a public key after configure', order('key', [1, 61200, 43, 61300, 43]), /imported in configure only/],
  ['a key of nobody', order('verify', [1, 64, 8, 64, 64]), /public key 1 does not exist/],
  ['a key with a negative id', order('verify', [-1, 64, 8, 64, 64]), /public key -1 does not exist/],
  [
    'signed bytes beyond the memory',
    order('verify', [0, PUPPET_BYTES - 1, 2, 64, 64]),
    /2 bytes at 262143 reach/,
  ],
  ['signed bytes at a negative address', order('verify', [0, -1, 1, 64, 64]), /1 bytes at 4294967295 reach/],
  [
    'signed bytes whose end wraps round',
    order('verify', [0, -16, 32, 64, 64]),
    /32 bytes at 4294967280 reach/,
  ],
  ['signed bytes of 4 GiB', order('verify', [0, 0, BEYOND, 64, 64]), /at most 8388608 bytes are hashed/],
  [
    'signed bytes of 8 MiB and a byte',
    order('verify', [0, 65536, MAX_HASH_BYTES + 1, 64, 64], Buffer.alloc(MAX_HASH_BYTES + 1)),
    /at most 8388608 bytes are hashed at once/,
  ],
  [
    'a signature beyond the memory',
    order('verify', [0, 64, 8, PUPPET_BYTES - 63, 64]),
    /64 bytes at 262081 reach/,
  ],
  ['a signature at a negative address', order('verify', [0, 64, 8, -64, 64]), /64 bytes at 4294967232 reach/],
  ['a signature of 4 GiB', order('verify', [0, 64, 8, 64, BEYOND]), /4294967295 bytes at 64 reach/],
]);

const badDomains = puppet('SLUICE_FILTER_TRAP', BOTH_PHASES, [
  [
    'a domain from beyond the memory',
    order('domain', [PUPPET_BYTES - 1, 2, 64, 64]),
    /2 bytes at 262143 reach/,
  ],
  ['a domain at a negative address', order('domain', [-1, 1, 64, 64]), /1 bytes at 4294967295 reach/],
  ['a domain whose end wraps round', order('domain', [-16, 32, 64, 64]), /32 bytes at 4294967280 reach/],
  ...(
    [
      ['beyond the memory', PUPPET_BYTES - SPELLED_BYTES + 1, SPELLED_BYTES],
      ['beyond the memory, with room for 4 GiB', PUPPET_BYTES - SPELLED_BYTES + 1, BEYOND],
      ['at a negative address', -SPELLED_BYTES, BEYOND],
      ['beyond the memory, with no room', PUPPET_BYTES + 1, 0],
    ] as const
  ).map(([where, to, room]): PuppetRow => {
    const body = order('domain', [64, DOMAIN.length, to, room, SPELLED_BYTES], DOMAIN);
    return [`a domain put ${where}`, body, /(?:21|0) bytes at \d+ reach beyond/];
  }),
]);

const overdue = puppet('SLUICE_FILTER_DEADLINE', BOTH_PHASES, [
  ['a loop without end', order('spin'), /ran longer than 40 ms/],
  [
    'digests of 8 MiB without end',
    order('digest', [65536, MAX_HASH_BYTES, 64, 0, 1], Buffer.alloc(MAX_HASH_BYTES)),
    /ran longer than 40 ms/,
  ],
  [
    'signatures without end',
    order('verify', [0, 65536, MAX_HASH_BYTES, 64, 64, 1], Buffer.alloc(MAX_HASH_BYTES, 1)),
    /ran longer than 40 ms/,
  ],
  [
    'long domains without end',
    order('domain', [64, 1024, 4096, 4096, LONG_SPELLED_BYTES, 1], LONG_DOMAIN),
    /ran longer than 40 ms/,
  ],
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
  ...ordered('header-injection', 'SLUICE_ABI_EDIT', 'x-inject', /edit: /)(['request'], ...FORBIDDEN_EDITS),
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

export const BAD_CALLS: readonly Misbehaviour[] = [
  ...traps,
  ...badHashes,
  ...badSignatures,
  ...badDomains,
  ...overdue,
  ...inAssemblyScript,
];

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
