import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fillConfig, PEERS, startConfigured } from '../../../bench/harness/configured.js';

const CONFIG = /(?:\.(?:conf|cfg|yaml)|Caddyfile)$/;
const configs = readdirSync(PEERS, { recursive: true, encoding: 'utf8' }).filter((path) => CONFIG.test(path));

/** A value for each name that a text asks for. */
function valuesFor(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, `<${name}>`]));
}

describe('the configurations of peers', () => {
  it('are filled in completely', () => {
    assert.ok(configs.length >= 8, configs.join());
    for (const config of configs) {
      const values = valuesFor(readFileSync(join(PEERS, config), 'utf8'));
      const text = fillConfig(config, values);
      // Comments say what a value in braces is.
      assert.doesNotMatch(text.replace(/^#.*/gm, ''), /\$\{/, config);
      assert.match(text, /<port>/, config);
    }
  });

  it('say which value they lack', () => {
    assert.throws(() => fillConfig('caddy/Caddyfile', { port: 1 }), /caddy\/Caddyfile.*"upstreamPort"/);
  });

  it('say what a program had against them', async () => {
    const program = 'console.error("line 3: no such word"); process.exitCode = 1';
    await assert.rejects(
      startConfigured({
        ...{ name: 'it', tool: { path: process.execPath, root: '/', env: {} }, upstreamPort: 1 },
        config: 'caddy/Caddyfile',
        args: () => ['-e', program],
      }),
      /^Error: it does not start: line 3: no such word$/,
    );
  });
});
