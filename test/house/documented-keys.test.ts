// Keys of the configuration as pages and messages name them, held to its schema: who is told to set a key can set it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONFIG_SCHEMA } from '../../core/config/schema.js';
import { textsOf } from './import-scanner.js';
import { filesBelow, textOf } from './source-tree.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
}

const PAGES = ['README.md', 'ERRORS.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];
/** None that ends the name of a file. */
const STEP = String.raw`\.(?!js\b)[A-Za-z0-9]+(?:\[\])?`;
/** `routes[].limits`, `upstreams.NAME.tls.ca`: from the top, with a name or `[]` for any entry. */
const PATHS = [
  new RegExp(String.raw`\b(?:listeners|routes)\[\](?:${STEP})+`, 'g'),
  new RegExp(String.raw`\b(?:upstreams|filters)\.NAME(?:${STEP})+`, 'g'),
  new RegExp(String.raw`\b(?:workers|admin|shutdown|certificates|rollout)(?:${STEP})+`, 'g'),
];
/** `limits.memoryMb`: of whatever entry has it. */
const PARTS = new RegExp(String.raw`\b(?:timeouts|limits)(?:${STEP})+`, 'g');

describe('keys of the configuration', () => {
  for (const page of PAGES) {
    it(`that ${page} names are in its schema`, () => assert.deepEqual(strayKeys(codeOf(textOf(page))), []));
  }

  it('that messages of the gateway name are in its schema', () => {
    const stray = filesBelow('core', '.ts').flatMap((path) =>
      strayKeys(textsOf(textOf(path)).join('\n')).map((key) => `${path}: ${key}`),
    );
    assert.deepEqual(stray, []);
  });

  it('are missed where they are not', () => {
    assert.deepEqual(strayKeys('upstreams.NAME.tls.certificate, routes[].limits.bytes and limits.nothing'), [
      'routes[].limits.bytes',
      'upstreams.NAME.tls.certificate',
      'limits.nothing',
    ]);
  });
});

/** What stands in back-ticks outside of blocks. */
function codeOf(markdown: string): string {
  const prose = markdown.replace(/^\s*(`{3,}).*?^\s*\1`*\s*$/gms, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).join('\n');
}

function strayKeys(text: string): string[] {
  const fromTop = PATHS.flatMap((pattern) => [...text.matchAll(pattern)]).map(([path]) => path);
  const whole = fromTop.join(' ');
  const parts = [...text.matchAll(PARTS)].map(([path]) => path).filter((path) => !whole.includes(`.${path}`));
  const { routes, filters, listeners } = CONFIG_SCHEMA.properties as Record<string, Schema>;
  const entries = [routes!.items!, filters!.additionalProperties as Schema, listeners!.items!];
  return [
    ...fromTop.filter((path) => !leads(CONFIG_SCHEMA as Schema, path)),
    ...parts.filter((path) => !entries.some((entry) => leads(entry, path))),
  ];
}

function leads(schema: Schema, path: string): boolean {
  let at: Schema | undefined = schema;
  for (const step of path.split('.')) {
    const name = step.replace('[]', '');
    const open: false | Schema | undefined = at.additionalProperties;
    at = at.properties?.[name] ?? (open === false ? undefined : open);
    if (step.endsWith('[]')) at = at?.items;
    if (at === undefined) return false;
  }
  return true;
}
