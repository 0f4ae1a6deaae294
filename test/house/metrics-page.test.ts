// docs/deploying.md has every metric of a gateway, and says of it what the gateway says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestGateway } from '../support/gateway.js';
import { textOf } from './source-tree.js';

describe('docs/deploying.md', () => {
  it('lists the metrics that a gateway serves, in its order', async (test) => {
    const gateway = await TestGateway.start(test, { routes: [] });
    const text = await (await gateway.admin('/metrics')).text();
    const rows = textOf('docs/deploying.md')
      .split('\n')
      .filter((line) => line.startsWith('| `sluice_'));
    assert.deepEqual(rows, rowsOf(text));
  });
});

/** A row for each metric of ours, of the text that Prometheus reads. */
function rowsOf(text: string): string[] {
  const kinds = new Map(
    [...text.matchAll(/^# TYPE (sluice_\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]),
  );
  return [...text.matchAll(/^# HELP (sluice_\w+) (.*)$/gm)].map(
    ([, name, help]) => `| \`${name}\` | ${kinds.get(name)} | ${help} |`,
  );
}
