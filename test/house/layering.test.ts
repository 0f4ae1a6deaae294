import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { breachesOf, packageName, type Rules } from './floor-rules.js';
import { importsOf } from './import-scanner.js';
import { filesBelow, importGraph, textOf } from './source-tree.js';

/** DESIGN §2, from the ground up, and §9. */
const RULES: Rules = {
  floors: [
    // Certificates are what they are, whoever looks at them.
    ['core/tls/'],
    [
      'core/error-table.ts',
      'core/errors.ts',
      'core/headers.ts',
      'core/exchange.ts',
      'core/path-pattern.ts',
      'core/special-range.ts',
      'core/json-schema.ts',
      'core/small-file.ts',
      'core/module-reference.ts',
      'core/target.ts',
      'core/bind-failure.ts',
      'core/network-set.ts',
      'core/ref-pool.ts',
      'core/session-ends.ts',
      'core/chunk-pool.ts',
      'core/garbage.ts',
      'core/optimiser.ts',
      'core/thread-priority.ts',
      'core/time-slices.ts',
      'core/json-records.ts',
      'core/text-index.ts',
      'core/path-place.ts',
      'core/url-allow-list.ts',
      'core/url-path.ts',
      'core/version.ts',
      'sdk/abi/',
    ],
    [
      'core/config/',
      'core/etcd/',
      'core/router/',
      'core/secrets/',
      'core/upstream/',
      'core/listener/',
      'core/wasm/',
      'core/telemetry/',
      'sdk/assembly/',
    ],
    ['core/dispatch/', 'sdk/testing/', 'sdk/tools/'],
    [
      'core/client-rule.ts',
      'core/egress.ts',
      'core/etcd-source.ts',
      'core/filter-secret.ts',
      'core/filter-places.ts',
      'core/filter-spec.ts',
      'core/release.ts',
      'core/route.ts',
      'core/snapshot.ts',
      'core/snapshot-builder.ts',
      'core/snapshot-routes.ts',
      'core/store.ts',
      'core/transport.ts',
      'core/upstream-headers.ts',
    ],
    // The phases are parts of the pipeline and know it as little as a room knows the floor above.
    ['core/phases/'],
    ['core/pipeline.ts'],
    [
      'core/certificate-monitor.ts',
      'core/admin-listener.ts',
      'core/listener-set.ts',
      'core/observer.ts',
      'core/gateway-report.ts',
      'core/revisions.ts',
      'core/rollout-watch.ts',
      'core/drain.ts',
      'core/fixed-parts.ts',
      'core/seat.ts',
      'core/gateway.ts',
    ],
    ['core/processes/'],
    ['core/cli/', 'core/index.ts'],
  ],
  packages: {
    'uWebSockets.js': ['core/listener/uws-listener.ts'],
    piscina: ['core/dispatch/pool.ts'],
    '@assemblyscript/loader': ['core/wasm/instance.ts'],
    asn1js: ['core/tls/distinguished-name.ts', 'core/tls/revocation-list.ts'],
    assemblyscript: ['sdk/tools/filter-builder.ts'],
    ajv: ['core/json-schema.ts'],
    '@eslint-community/regexpp': ['core/wasm/patterns/parser.ts'],
    refa: ['core/wasm/patterns/parser.ts'],
    'ajv-formats': ['core/json-schema.ts'],
    diff: ['core/cli/fleet/line-diff.ts'],
    etcd3: ['core/etcd/etcd-store.ts'],
    'find-my-way': ['core/router/radix-router.ts'],
    graphql: ['core/wasm/graphql/'],
    yaml: ['core/config/yaml/'],
    pino: ['core/telemetry/log.ts'],
    'prom-client': ['core/telemetry/metric-registry.ts'],
    typescript: ['sdk/tools/reference/source-reader.ts'],
  },
};

describe('the sources', () => {
  it('import downward only, no room another room, no package but in its place, and in no cycle', () => {
    const graph = importGraph(['core', 'sdk/abi', 'sdk/assembly', 'sdk/testing', 'sdk/tools']);
    assert.ok(graph.size > 10, `found ${graph.size} sources`);
    assert.deepEqual(breachesOf(graph, RULES), []);
  });

  it('depend on packages of the design only', () => {
    const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    // What only a build needs has its place too, and is no dependency of those who run the gateway.
    const used = Object.keys(RULES.packages).filter((name) => devDependencies[name] === undefined);
    assert.deepEqual(Object.keys(dependencies).sort(), used.sort());
  });
});

describe('ARCHITECTURE.md', () => {
  it('names only files that there are', () => {
    const files = ['bench', 'core', 'filters', 'sdk', 'test'].flatMap((folder) => filesBelow(folder, '.ts'));
    const named = [...textOf('ARCHITECTURE.md').matchAll(/`([a-z0-9/.-]+\.ts)`/g)].map(([, name]) => name!);
    assert.ok(named.length > 100);
    assert.deepEqual(
      named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`))),
      [],
    );
  });
});

describe('the floors in ARCHITECTURE.md', () => {
  const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| \d \| (.*) \|$/gm)].map(([, row]) =>
    [...row!.matchAll(/`([a-z/-]+)`/g)].map(([, name]) => entryOf(name!)),
  );

  it('are those that the imports are held to', () => {
    assert.deepEqual(rows.flat().sort(), RULES.floors.flat().sort());
  });

  it('stand in the same order', () => {
    const floorOf = (entry: string): number => RULES.floors.findIndex((floor) => floor.includes(entry));
    const floors = rows.map((entries) => entries.map(floorOf));
    for (const [row, above] of floors.slice(1).entries())
      assert.ok(Math.max(...floors[row]!) < Math.min(...above), `floors ${row} and ${row + 1}`);
  });
});

/** `gateway` means `core/gateway.ts`, `wasm/` means `core/wasm/`, and what is of the SDK says so. */
function entryOf(name: string): string {
  const path = name.startsWith('sdk/') ? name : `core/${name}`;
  return path.endsWith('/') ? path : `${path}.ts`;
}

describe('the rules of the floors', () => {
  const rules: Rules = {
    floors: [
      ['core/errors.ts'],
      ['core/a/', 'core/b/'],
      ['core/x.ts', 'core/y.ts'],
      ['core/cli/', 'core/index.ts'],
    ],
    packages: { yaml: ['core/a/document.ts'], '@scope/lib': ['core/b/'] },
  };
  const breaches = (edges: Record<string, string[]>): string[] => {
    const graph = new Map(Object.entries(edges));
    for (const targets of Object.values(edges)) {
      for (const target of targets) if (target.endsWith('.ts') && !graph.has(target)) graph.set(target, []);
    }
    return breachesOf(graph, rules);
  };

  it('allow what lies below, what is in the same room, and node itself', () => {
    assert.deepEqual(
      breaches({
        'core/cli/main.ts': ['core/x.ts', 'core/cli/run.ts', 'node:fs'],
        'core/x.ts': ['core/y.ts', 'core/a/one.ts', 'core/b/two.ts'],
        'core/a/one.ts': ['core/a/deep/three.ts', 'core/errors.ts'],
      }),
      [],
    );
  });

  it('refuse an arrow upward', () => {
    assert.deepEqual(breaches({ 'core/errors.ts': ['core/a/one.ts'] }), [
      'core/errors.ts imports core/a/one.ts, which is on a floor above',
    ]);
  });

  it('refuse an arrow between two rooms of one floor', () => {
    assert.deepEqual(breaches({ 'core/a/one.ts': ['core/b/two.ts'] }), [
      'core/a/one.ts imports core/b/two.ts, which is another room of the same floor',
    ]);
    assert.deepEqual(breaches({ 'core/cli/main.ts': ['core/index.ts'] }), [
      'core/cli/main.ts imports core/index.ts, which is another room of the same floor',
    ]);
  });

  it('refuse a cycle, even inside a room', () => {
    assert.deepEqual(
      breaches({
        'core/a/one.ts': ['core/a/two.ts'],
        'core/a/two.ts': ['core/a/three.ts'],
        'core/a/three.ts': ['core/a/two.ts'],
      }),
      ['cycle: core/a/two.ts -> core/a/three.ts -> core/a/two.ts'],
    );
  });

  it('refuse a package outside of its place, and one that has none', () => {
    assert.deepEqual(
      breaches({
        'core/a/document.ts': ['yaml', '@scope/lib'],
        'core/b/two.ts': ['@scope/lib/part.js', 'yaml/deep', 'left-pad', 'constructor'],
      }),
      [
        'core/a/document.ts imports the package @scope/lib, which only core/b/ may',
        'core/b/two.ts imports the package yaml, which only core/a/document.ts may',
        'core/b/two.ts imports the package left-pad, which has no place in the design',
        'core/b/two.ts imports the package constructor, which has no place in the design',
      ],
    );
  });

  it('refuse a file that stands on no floor, and an import of a file that is not there', () => {
    assert.deepEqual(breaches({ 'core/stray.ts': [], 'core/x.ts': ['./gone.js'] }), [
      'core/stray.ts stands on no floor',
      'core/x.ts imports ./gone.js, which is not there',
    ]);
  });

  it('take the name of a package from a deep specifier', () => {
    assert.equal(packageName('ajv/dist/2020.js'), 'ajv');
    assert.equal(packageName('@assemblyscript/loader/umd'), '@assemblyscript/loader');
  });
});

describe('the import scanner', () => {
  const cases: [string, string, string[]][] = [
    ['a default import', "import a from 'a';", ['a']],
    ['named imports over lines', "import {\n  b,\n  type C as D,\n} from 'b'", ['b']],
    ['a namespace and a default', "import a, * as b from 'ab'", ['ab']],
    ['a type import', "import type { A } from './a.js'; import type B from 'b';", ['./a.js', 'b']],
    ['a side effect', 'import "side";', ['side']],
    ['a dynamic import', "const x = await import('dyn');", ['dyn']],
    ['an import type', "let x: import('types').X;", ['types']],
    ['a require', "import fs = require('old');", ['old']],
    ['re-exports', "export * from 'a'; export type { B } from 'b'; export { c } from 'c'", ['a', 'b', 'c']],
    ['an import in an interpolation', `const x = \`a \${await import('dyn')} b\`;`, ['dyn']],
    ['code after a nested template', `const x = \`\${\`\${1}\`}\`; import 'after';`, ['after']],
    ['code after a regular expression with a quote', "const r = /['\"`/]/; import 'after';", ['after']],
    ['code after a division', "const r = a / b; import 'after'; const s = c / d;", ['after']],
    ['nothing in comments', "// import 'a'\n/* import 'b' */", []],
    [
      'nothing in strings and templates',
      'const x = "import \'a\'"; const y = `import "b"\nexport * from "c"`;',
      [],
    ],
    ['nothing in exports that have no source', "export { a }; const from = 'x'; export type T = 'y';", []],
    ['nothing in meta and members', "import.meta.url; x.import('a'); export const from = 'b';", []],
  ];
  for (const [name, source, expected] of cases) {
    it(`finds ${name}`, () => assert.deepEqual(importsOf(source), expected));
  }
});
