// docs/configuration.md, held to the schema of the configuration, key for key.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KeyFacts, keysBelow, keysOf } from '../../core/config/key-reference.js';
import { textOf } from './source-tree.js';

describe('docs/configuration.md', () => {
  it('has every key under its heading, in order, with type, default and meaning as the schema has them', () => {
    const sections = textOf('docs/configuration.md').split(/^### /m).slice(1);
    const shown = sections.map((section) => ({
      heading: /^.*/.exec(section)![0],
      rows: section.split('\n').filter((line) => line.startsWith('| `')),
    }));
    const known = keysOf('').map((key) => ({
      heading: key.path,
      rows: [key, ...keysBelow(key.path)].map(rowOf),
    }));
    assert.deepEqual(shown, known);
  });
});

function rowOf({ path, type, required, default: value, description }: KeyFacts): string {
  const fallback = required ? 'required' : value === null ? '' : `\`${value}\``;
  const cells = [`\`${path}\``, type, fallback, description].map((cell) => cell.replaceAll('|', '\\|'));
  return `| ${cells.join(' | ')} |`;
}
