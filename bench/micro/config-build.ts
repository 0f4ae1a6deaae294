// From the text of a configuration to a snapshot that could serve, next to what its YAML alone takes to parse.
import assert from 'node:assert/strict';
import type { ConfigRevision } from '../../core/config/source.js';
import { validateDocument } from '../../core/config/validate.js';
import { parsePlainDocument, writeYaml } from '../../core/config/yaml/plain-document.js';
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import { SnapshotBuilder } from '../../core/snapshot-builder.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import type { Ratio, Table } from '../suite.js';
import { LOOKUPS, requestsOf, routesOf } from './route-set.js';
import { checkRouter, ROUTE_COUNTS } from './router.js';
import type { Contender, Pace } from './stopwatch.js';
import type { Part, Subject, Track } from './subject.js';

const OPTIONS = { folder: '/', findSecrets: () => [] };
const REQUESTS = 20;
/** One figure has no range, and whatever a later one is looks as if it had moved. */
const LEAST_ROUNDS = 2;

/** A configuration of so many routes over four filters, in the YAML that people write. */
export function configOf(routes: number): string {
  const document = {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { api: { targets: [{ url: 'http://127.0.0.1:9' }] } },
    filters: {
      guard: { module: 'builtin:policy', config: { rules: [{ methods: ['GET', 'POST'], path: '/*' }] } },
      input: {
        module: 'builtin:validate',
        config: { schema: { type: 'object' } },
        grants: { schemas: true },
      },
      callbacks: {
        module: 'builtin:url-guard',
        config: { fields: [{ query: 'callback' }], allow: [{ hosts: ['hooks.example.com'] }] },
        grants: { idna: true },
      },
      clean: { module: 'builtin:sanitise', config: { json: { keys: ['passwordHash'] } } },
    },
    routes: routesOf(routes).map(({ id, hosts, path, methods }) => ({
      id,
      match: { ...(hosts === null ? {} : { hosts }), path, methods },
      filters: ['guard', 'input', 'callbacks', 'clean'],
      upstream: 'api',
      timeouts: { responseMs: 10_000 },
    })),
  };
  return writeYaml(document, ` ${routes} routes`);
}

export function readRevision(text: string): ConfigRevision {
  const { config, secrets, tls } = validateDocument(text, 'sluice.yaml', OPTIONS);
  return { id: 'bench', config, secrets, tls, modules: new Map(), places: async () => [] };
}

/** Has a builder whose filters run, since a first snapshot holds them: it builds as a reload of other routes does. */
export async function withBuilder<T>(
  first: ConfigRevision,
  use: (builder: SnapshotBuilder) => Promise<T>,
): Promise<T> {
  const dispatcher = new Dispatcher({ ...first.config.workers, count: 1, spare: 0, startMs: 60_000 });
  try {
    await dispatcher.start();
    const builder = new SnapshotBuilder(dispatcher);
    const snapshot = await builder.build(first);
    const result = await use(builder);
    snapshot.retire();
    return result;
  } finally {
    await dispatcher.close();
  }
}

/** A call takes from milliseconds to seconds: of the long ones, fewer say enough, and what they run is warm by then. */
const PACES: readonly ((pace: Pace) => Partial<Pace>)[] = [
  () => ({}),
  ({ rounds }) => ({ rounds: Math.min(rounds, 5), cycles: 1 }),
  ({ rounds }) => ({ rounds: Math.max(LEAST_ROUNDS, Math.ceil(rounds / 4)), cycles: 1, warmUpSeconds: 0 }),
];

/** @param counts numbers of routes, the fewest first */
export function configBuild(counts: readonly number[] = ROUTE_COUNTS): Subject {
  return {
    name: 'configuration',
    contests: counts.length,
    measure: (track) =>
      withBuilder(readRevision(configOf(counts[0]!)), async (builder) => {
        const all: Measured[] = [];
        for (const [index, routes] of counts.entries())
          all.push(await measureOne(track, builder, routes, PACES[index] ?? PACES.at(-1)!));
        return partOf(all);
      }),
  };
}

interface Measured {
  readonly routes: number;
  readonly kib: number;
  readonly yaml: readonly number[];
  readonly read: readonly number[];
  readonly build: readonly number[];
}

async function measureOne(
  track: Track,
  builder: SnapshotBuilder,
  routes: number,
  pace: (pace: Pace) => Partial<Pace>,
): Promise<Measured> {
  const text = configOf(routes);
  const revision = readRevision(text);
  await checkBuild(builder, revision);
  const isWhole = (found: { readonly length: number }): void => assert.equal(found.length, routes);
  const figures = await track.contest(
    `configuration of ${routes} routes`,
    {
      yaml: once(() => isWhole((parsePlainDocument(text) as { routes: unknown[] }).routes)),
      read: once(() => isWhole(readRevision(text).config.routes)),
      build: once(async () => (await builder.build(revision)).retire()),
    },
    pace,
  );
  return { routes, kib: Buffer.byteLength(text) / 1024, ...figures };
}

function once(call: () => unknown): Contender {
  return { operations: 1, isAwaited: true, call };
}

/** @throws AssertionError where the snapshot does not answer as its routes say */
export async function checkBuild(builder: SnapshotBuilder, revision: ConfigRevision): Promise<void> {
  const snapshot = await builder.build(revision);
  const { length } = revision.config.routes;
  for (const lookup of LOOKUPS) checkRouter(snapshot.router, lookup, requestsOf(lookup, length, REQUESTS));
  snapshot.retire();
}

function partOf(all: readonly Measured[]): Part {
  const ms = (ns: readonly number[]) => spreadOf(ns.map((value) => value / 1e6));
  const name = (routes: number): string => `${routes.toLocaleString('en-US')} routes`;
  const rows = all.map(({ routes, kib, yaml, read, build }): Table['rows'][number] => {
    return { name: name(routes), cells: [kib, ms(yaml), ms(read), ms(build)] };
  });
  const ratios = all.map(({ routes, yaml, read, build }): Ratio => {
    const whole = read.map((value, round) => value + build[round]!);
    return {
      id: `micro/config-${routes}/yaml`,
      name: `configuration of ${name(routes)}, read and built, next to its YAML alone`,
      value: pairwise(whole, yaml, (left, right) => left / right),
      atMost: null,
    };
  });
  return {
    tables: [
      {
        title: 'Configuration: from text to a snapshot that could serve',
        head: 'document',
        columns: [
          { name: 'text', unit: 'KiB', digits: 0 },
          { name: 'YAML alone', unit: 'ms', digits: 1 },
          { name: 'read and checked', unit: 'ms', digits: 1 },
          { name: 'built', unit: 'ms', digits: 1 },
        ],
        rows,
      },
    ],
    charts: [],
    ratios,
    notes: [
      'Configuration: what is read and checked is parsed first, by the same package and with the place of everything. Building is that of a reload whose filters are as before; it is CPU time, without the pauses that are left for requests.',
    ],
  };
}
