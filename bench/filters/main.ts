// `npm run bench:filters`: what each built-in filter costs per request with bodies of 1, 10 and 100 KB, next to the same
// rule in plain JavaScript and, where it can be said there, in nginx with Lua. A row is printed only when all sides were
// seen to do the same. `--quick` runs each part once, briefly; `--filter NAME` has one filter only; `--json FILE` writes the
// report.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LoadGenerator } from '../harness/load.js';
import { findLoadGenerator } from '../harness/load-generators.js';
import { describeMachine } from '../harness/machine.js';
import { type Subject, startUpstream } from '../harness/processes.js';
import { disagreements } from './agreement.js';
import { graphqlBench } from './benches/graphql.js';
import { policyBench } from './benches/policy.js';
import { sanitiseBench } from './benches/sanitise.js';
import { urlGuardBench } from './benches/url-guard.js';
import { validateBench } from './benches/validate.js';
import { BODY_BYTES, type FilterBench, pathOf, SIDES, type Side } from './filter-bench.js';
import { type Cost, measure, nextTo, type Settings } from './measure.js';
import { startSides, stopSides } from './sides.js';
import { HEADING, type Row, textOf } from './table.js';

const ALL = [policyBench, validateBench, sanitiseBench, urlGuardBench, graphqlBench];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    filter: { type: 'string', default: '' },
    json: { type: 'string', default: '' },
  },
});
const BENCHES = ALL.filter(({ filter }) => options.filter === '' || options.filter === filter);
if (BENCHES.length === 0) throw new Error(`--filter is one of ${ALL.map(({ filter }) => filter).join(', ')}`);
const settings: Settings = options.quick
  ? { rounds: 1, seconds: 0.1, warmUpSeconds: 0.1, connections: 32 }
  : { rounds: 5, seconds: 0.35, warmUpSeconds: 0.5, connections: 32 };

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const say = (line: string): boolean => process.stderr.write(`${line}\n`);

/** The row, or null with the reasons on stderr when the sides do not agree. */
async function rowOf(
  generator: LoadGenerator,
  bench: FilterBench,
  bytes: number,
  all: ReadonlyMap<Side, Subject>,
): Promise<Row | null> {
  const sides = new Map([...all].filter(([side]) => bench.unable[side] === undefined));
  const wanted = bench.measured(bytes);
  const name = `${bench.filter}, ${bytes / 1024} KB`;
  say(`${name}: does every side do the same?`);
  const faults = await disagreements(bench, [wanted, ...bench.cases], sides);
  const costs: Map<Side, Cost> =
    faults.length > 0
      ? new Map()
      : await measure(generator, bench, wanted.request, sides, settings, (round) =>
          say(`${name}: round ${round} of ${settings.rounds}`),
        );
  for (const [side, { failed }] of costs) {
    if (failed > 0) faults.push(`${bench.filter}, ${side}: ${failed} requests failed`);
  }
  if (faults.length === 0) {
    const ofEach = <T>(value: (cost: Cost) => T): Record<Side, T | null> => {
      const of = (side: Side): T | null => (costs.has(side) ? value(costs.get(side)!) : null);
      return { sluice: of('sluice'), javascript: of('javascript'), 'nginx-lua': of('nginx-lua') };
    };
    return {
      filter: bench.filter,
      bytes,
      costs: ofEach((cost) => cost),
      nextToJavaScript: ofEach((cost) => nextTo(cost, costs.get('javascript')!)),
    };
  }
  for (const fault of faults) say(`not the same job: ${fault}`);
  process.exitCode = 1;
  return null;
}

const machine = describeMachine();
const startedAt = new Date().toISOString();
const generator = findLoadGenerator();
const answers = BENCHES.flatMap((bench) =>
  Object.entries(bench.answers).flatMap(([path, body]) =>
    [true, false].map((isRuleOn) => [pathOf(bench.filter, path, isRuleOn), body] as const),
  ),
);
const upstream = await startUpstream(Object.fromEntries(answers));
const rows: Row[] = [];
let sides: ReadonlyMap<Side, Subject> = new Map();
try {
  sides = await startSides(BENCHES, upstream.port);
  print(
    `${machine.processors} x ${machine.processor}, Node ${machine.node}, load before ${machine.loadBefore.toFixed(2)}`,
  );
  print(
    `CPU of the process per request, ${settings.connections} connections, median of ${settings.rounds} pairs of ${settings.seconds} s\n`,
  );
  print(HEADING);
  for (const bench of BENCHES) {
    for (const bytes of BODY_BYTES) {
      const row = await rowOf(generator, bench, bytes, sides);
      if (row === null) continue;
      rows.push(row);
      print(textOf(row));
    }
  }
  print('');
  for (const side of SIDES) if (!sides.has(side)) print(`${side}: missing here`);
  for (const { filter, unable } of BENCHES) {
    for (const [side, reason] of Object.entries(unable)) print(`${filter}, ${side}: ${reason}`);
  }
} finally {
  await stopSides(sides);
  await upstream.stop();
}
if (options.json !== '') {
  const report = { suite: 'filters', startedAt, machine, settings, rows };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
