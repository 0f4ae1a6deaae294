// `npm run bench:patterns`: fifty patterns over a megabyte, by one scan of a guest and by JavaScript's RegExp one after the
// other; and what patterns cost that make a backtracking engine run without end. `--quick` is brief.
import { compilePatterns } from '../../core/wasm/patterns/compiler.js';
import { TestChain } from '../../sdk/testing/index.js';
import { tablesOf } from '../../test/core/wasm/patterns/walk.js';
import { buildInline, manifestOf } from '../../test/sdk/inline-filter.js';
import { median } from '../harness/statistics.js';
import { RULES, requestLog } from './pattern-texts.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 15;
/** Scans of one call of the guest, so that carrying the text there does not count. */
const SCANS = 20;
const TEXT_BYTES = 1_000_000;
const TABLE_ROOM = 8_388_608;

const SOURCE = `
  import { Decision, Json, next, Patterns, PatternSet, Request } from 'sluice';
  let set: PatternSet | null = null;
  let scans: i32 = 0;
  export function configure(config: Json): void {
    set = Patterns.fromConfig(config.get('patterns'), 'i');
    scans = <i32>config.get('scans').integer();
  }
  export function onRequest(request: Request): Decision {
    let count = 0;
    for (let i = 0; i < scans; i++) count += set!.scan(request.body).count;
    request.headers.set('x-count', count);
    return next();
  }`;
const module = await buildInline(
  SOURCE,
  manifestOf({ capabilities: ['patterns'], phases: { request: { body: 'buffer' } } }),
);

interface Measured {
  /** Milliseconds of one pass over the text, median. */
  readonly ms: number;
  /** Patterns that matched. */
  readonly count: number;
}

function time(run: () => number): Measured {
  run();
  const times: number[] = [];
  let count = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = process.hrtime.bigint();
    count = run();
    times.push(Number(process.hrtime.bigint() - started) / 1e6);
  }
  return { ms: median(times), count };
}

function inGuest(patterns: readonly string[], text: string): Measured {
  const chain = new TestChain([{ module, config: { patterns, scans: SCANS } }]);
  const body = Buffer.from(text);
  const { ms, count } = time(() => {
    const { upstream, failures } = chain.exchange({ target: '/', method: 'POST', body });
    if (upstream === null) throw new Error(failures[0]!.message);
    return Number(upstream.headers.get('x-count'));
  });
  return { ms: ms / SCANS, count: count / SCANS };
}

function byRegExp(patterns: readonly string[], text: string): Measured {
  const regexes = patterns.map((pattern) => new RegExp(pattern, 'iu'));
  return time(() => regexes.filter((regex) => regex.test(text)).length);
}

function show(name: string, text: string, { ms, count }: Measured): void {
  const speed = Buffer.byteLength(text) / 1e6 / (ms / 1000);
  process.stdout.write(
    `${name.padEnd(44)}${ms.toFixed(2).padStart(10)} ms${speed.toFixed(0).padStart(8)} MB/s${String(count).padStart(4)} match\n`,
  );
}

const log = requestLog(TEXT_BYTES);
const started = process.hrtime.bigint();
const tables = compilePatterns(
  RULES.map((text) => ({ text, isLiteral: false, flags: 'i', anchor: 'none' })),
  TABLE_ROOM,
);
const compileMs = Number(process.hrtime.bigint() - started) / 1e6;
process.stdout.write(
  `${RULES.length} patterns, ${Buffer.byteLength(log)} bytes of text, median of ${ROUNDS} rounds; ` +
    `compiled in ${compileMs.toFixed(0)} ms to ${tablesOf(tables).length} tables of ${tables.byteLength} bytes\n`,
);
const scanned = inGuest(RULES, log);
const searched = byRegExp(RULES, log);
show('one scan of a guest', log, scanned);
show('RegExp, one after the other', log, searched);
if (scanned.count !== searched.count) throw new Error('the two do not find the same patterns');

process.stdout.write('\nharmless and catastrophic patterns, one pass in a guest\n');
const rows: readonly (readonly [pattern: string, catastrophic: boolean])[] = [
  ['a+b', false],
  ['(a+)+b', true],
  ['(a|aa)+b', true],
  ['(.*)*x', true],
  ['(\\w+\\s?)+[!?]', true],
];
const letters = `${'a'.repeat(TEXT_BYTES - 1)}-`;
for (const [pattern, catastrophic] of rows)
  show(`${pattern}${catastrophic ? '  (catastrophic)' : ''}`, letters, inGuest([pattern], letters));

process.stdout.write('\n(a+)+b by RegExp\n');
for (const length of quick ? [16, 20] : [16, 20, 24]) {
  const text = `${'a'.repeat(length)}-`;
  show(`${length} letters`, text, byRegExp(['(a+)+b'], text));
}
