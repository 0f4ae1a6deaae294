// The built-in filters as `npm run build` left them, on the gateway's own runtime code.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadModule } from '../../core/wasm/module.js';
import { SchemaStore } from '../../core/wasm/schemas/schema-store.js';
import { TestChain } from '../../sdk/testing/index.js';

const ROOT = new URL('../../../', import.meta.url);

/** Path of a built-in filter's module. */
export function builtIn(name: string): string {
  return fileURLToPath(new URL(`dist/filters/${name}.wasm`, ROOT));
}

/** A chain of one built-in filter. */
export function chainOf(name: string, config: unknown): TestChain {
  return new TestChain([{ module: builtIn(name), config }]);
}

/** The first `json` block of a filter's README: its complete example; or the first with this word behind `json`. */
export function readmeExample(name: string, which = ''): unknown {
  const text = readFileSync(new URL(`filters/${name}/README.md`, ROOT), 'utf8');
  const info = `json ${which}`.trim();
  const block = new RegExp(`\`\`\`${info}\\n([\\s\\S]*?)\`\`\``).exec(text);
  if (block === null) throw new Error(`filters/${name}/README.md has no ${info} block`);
  return JSON.parse(block[1]!);
}

/**
 * Rows of the last table under `## Fixtures` of a filter's README, or under another heading, without the head; cells without their
 * backticks.
 */
export function readmeFixtures(name: string, heading = 'Fixtures'): string[][] {
  const text = readFileSync(new URL(`filters/${name}/README.md`, ROOT), 'utf8');
  const [, section = ''] = text.slice(text.indexOf(`## ${heading}\n`)).split(/^## /m);
  const rows = section
    .slice(section.lastIndexOf('\n\n|'))
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replace(/^`|`$/g, '').replaceAll('` `', '\n')),
  );
}

/** What a client sees, as the READMEs write it: the status, and the code of a problem or else the body. */
export function inShort(status: number, contentType: string | undefined, text: string): string {
  if (contentType !== 'application/problem+json') return text === '' ? `${status}` : `${status} ${text}`;
  const { code, findings } = JSON.parse(text) as {
    code: string;
    findings?: { in: string; pointer: string; rule: string }[];
  };
  const [first] = findings ?? [];
  return [status, code, ...(first ? [first.in + first.pointer, first.rule] : [])].join(' ');
}

/** Places in a config that the schema in the manifest refuses, as the gateway would at load. */
export function schemaFindings(name: string, config: unknown): string[] {
  const { manifest } = loadModule(readFileSync(builtIn(name)), name);
  const schema = new SchemaStore().compile(JSON.stringify(manifest.config), 0);
  const verdict = schema.check(Buffer.from(JSON.stringify(config)));
  if (verdict.kind !== 'mismatch') return [];
  return (JSON.parse(verdict.findings) as { pointer: string }[]).map(({ pointer }) => pointer);
}

/** Paths of properties in the manifest's config schema that have no description. */
export function undescribed(name: string): string[] {
  const { manifest } = loadModule(readFileSync(builtIn(name)), name);
  const missing: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key !== 'properties' && key !== '$defs') {
        visit(value, path);
        continue;
      }
      for (const [property, inner] of Object.entries(value as Record<string, Record<string, unknown>>)) {
        if (typeof inner['description'] !== 'string') missing.push(`${path}/${property}`);
        visit(inner, `${path}/${property}`);
      }
    }
  };
  visit(manifest.config, '');
  return missing;
}
