// The reference of the SDK, read from the sources as they are and from sources that were changed.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { undocumented } from '../../sdk/tools/reference/api-model.js';
import { formatReference } from '../../sdk/tools/reference/reference-page.js';
import { readApi } from '../../sdk/tools/reference/source-reader.js';
import { readParts, referenceOf } from '../../sdk/tools/reference/write-reference.js';
import { ROOT, textOf } from '../house/source-tree.js';

const SDK = join(ROOT, 'sdk');

/** Names of the export lists of a file. */
function exportsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap((match) =>
    match[1]!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
}

/** Lines of a page that are no code. */
function prose(page: string): string {
  return page.replaceAll(/^```ts\n.*?^```$/gms, '');
}

function headingsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
}

describe('the reference of the SDK', () => {
  const parts = readParts(SDK);
  const page = referenceOf(SDK);

  it('has every name that filters and tests can import, each once', () => {
    for (const [index, path] of ['sdk/assembly/index.ts', 'sdk/testing/index.ts'].entries()) {
      const names = parts[index]!.topics.flatMap(({ entries }) => entries).map(({ name }) => name);
      assert.ok(names.length > 10, path);
      assert.deepEqual(names, exportsOf(path));
    }
    const headings = headingsOf(page);
    for (const { topics } of parts) {
      for (const { name } of topics.flatMap(({ entries }) => entries)) {
        assert.equal(headings.filter((heading) => heading.split(' ')[1] === name).length, 1, name);
      }
    }
  });

  it('has something to say of every name and of every public member', () => {
    assert.deepEqual(
      parts.flatMap(({ topics }) => undocumented(topics)),
      [],
    );
  });

  it('groups the names in the order of the entry points', () => {
    const topics = parts.map((part) => part.topics.map(({ title }) => title));
    assert.equal(topics[0]![0], 'The exchange');
    assert.equal(topics[1]![0], 'Running filters in tests');
    const shown = headingsOf(page);
    const places = topics.flat().map((title) => shown.indexOf(title));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.ok(!places.includes(-1));
  });

  it('links to headings and files that are there', async () => {
    const anchors = headingsOf(page).map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
    assert.equal(new Set(anchors).size, anchors.length);
    const targets = [...prose(page).matchAll(/\]\(([^)]*)\)/g)].map((match) => match[1]!);
    assert.ok(targets.length > 100);
    for (const target of targets) {
      if (target.startsWith('#')) assert.ok(anchors.includes(target.slice(1)), target);
      else await readFile(join(SDK, target));
    }
  });

  it('shows declarations without bodies, modifiers and comments of their parameters', () => {
    for (const shown of [
      'indexOf(text: string, from: i32 = 0): i32',
      'readonly address: usize',
      'constructor(address: usize, length: i32)',
      'static from(text: string): Bytes',
      'class Answer extends Decision',
      'function respond(code: i32): Answer',
      'function now(): f64',
      'const ABSENT = new Bytes(0, 0)',
      'enum Padding {\n  Required = 0,\n  Forbidden,\n  Optional,\n}',
      "type CalloutAnswer = (callout: TestCallout) => TestResponse | 'failed' | 'timeout' | 'too-large'",
      'readonly memoryMb?: number',
    ]) {
      assert.ok(page.includes(`\`\`\`ts\n${shown}\n\`\`\``), shown);
    }
    for (const [, code] of page.matchAll(/^```ts\n(.*?)\n```$/gms)) {
      assert.doesNotMatch(code!, /\/\*|private|protected|@|#/, code);
    }
  });

  it('leaves out what is not for authors', () => {
    const members = new Set(
      parts.flatMap(({ topics }) =>
        topics.flatMap(({ entries }) =>
          entries.flatMap((entry) => entry.members.map(({ name }) => `${entry.name}.${name}`)),
        ),
      ),
    );
    assert.ok(members.has('Headers.get') && members.has('TestChain.exchange'));
    for (const hidden of [
      'Headers.constructor',
      'Headers.table',
      'Outcome.open',
      'Matches.note',
      'TestChain.#run',
    ]) {
      assert.ok(!members.has(hidden), hidden);
    }
  });

  it('names the members that a class inherits, and where they are told', () => {
    const base = '[`JsonValueAtHand`](#class-jsonvalueathand)';
    const members = parts[0]!.topics
      .flatMap(({ entries }) => entries)
      .find(({ name }) => name === 'JsonValueAtHand')!
      .members.map(({ name }) => `\`${name}\``);
    assert.ok(members.includes('`replaceText`') && members.includes('`problem`'));
    for (const heir of ['JsonEditor', 'JsonStream']) {
      const section = page.slice(page.indexOf(`\n### class ${heir}\n`));
      assert.ok(
        section
          .slice(0, section.indexOf('\n### ', 1))
          .includes(`\nInherited from ${base}: ${members.join(' ')}\n`),
        heir,
      );
    }
  });

  it('is what the build wrote', () => {
    assert.equal(textOf('sdk/REFERENCE.md'), page);
  });
});

describe('the reference of changed sources', () => {
  let folder: string;
  const reference = (): string => {
    const topics = readApi(join(folder, 'assembly'), join(folder, 'assembly/index.ts'));
    return formatReference('# Head', [{ title: 'Filters', introduction: '', topics, sources: null }]);
  };
  const change = async (file: string, from: string, to: string): Promise<void> => {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    assert.ok(text.includes(from), from);
    await writeFile(path, text.replace(from, to));
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-reference-'));
    for (const name of ['assembly', 'abi']) {
      await cp(join(SDK, name), join(folder, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('has the new text of a doc comment, and nothing else that is new', async () => {
    const old = reference();
    await change(
      'assembly/bytes.ts',
      'The view without spaces and tabs at both ends.',
      'Trims <both> `Json` ends.\n *\n *     if (`Json` < 1)\n',
    );
    assert.equal(
      reference(),
      old.replace(
        'The view without spaces and tabs at both ends.',
        'Trims &lt;both> [`Json`](#class-json) ends.\n\n    if (`Json` < 1)',
      ),
    );
  });

  it('says which names have no doc comment', async () => {
    await change('assembly/headers.ts', '  /** Removes every field of this name. */\n', '');
    await change('assembly/hash.ts', '/**', '/*');
    const topics = readApi(join(folder, 'assembly'), join(folder, 'assembly/index.ts'));
    assert.deepEqual(undocumented(topics), ['Headers.remove', 'sha256']);
  });

  it('refuses an export that stands below no heading, and two headings that come to one anchor', async () => {
    await change('assembly/index.ts', '// JSON\n', '// The exchange\n');
    assert.throws(reference, /two headings come to #the-exchange/);
    await change('assembly/index.ts', '// The exchange\n', '');
    await change('assembly/index.ts', '// What filter authors', '/// What filter authors');
    assert.throws(reference, /Request stands below no topic/);
  });
});
