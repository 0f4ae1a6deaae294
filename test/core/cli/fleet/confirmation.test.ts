import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { Arguments } from '../../../../core/cli/arguments.js';
import { isConfirmed, requireAnswer, type Terminal } from '../../../../core/cli/fleet/confirmation.js';
import { UsageError } from '../../../../core/cli/usage-error.js';

function flags(...names: string[]): Arguments {
  return { texts: new Map(), flags: new Set(names), positionals: [] };
}

function terminal(isTTY: boolean): Terminal & { input: PassThrough; output: PassThrough } {
  return { input: Object.assign(new PassThrough(), { isTTY }), output: new PassThrough() };
}

describe('a question', () => {
  const answers: [string, boolean][] = [
    ['y\n', true],
    ['YES\n', true],
    ['\n', false],
    ['n\n', false],
    ['yesterday\n', false],
    ['', false],
  ];
  for (const [answer, expected] of answers) {
    it(`that ${JSON.stringify(answer)} answers is ${expected ? '' : 'not '}confirmed`, async () => {
      const on = terminal(true);
      const asked = isConfirmed('Really?', flags(), on);
      on.input.end(answer);
      assert.equal(await asked, expected);
      assert.match(String(on.output.read()), /^Really\? \[y\/N\] /);
    });
  }

  it('is not asked with --yes', async () => {
    const on = terminal(false);
    assert.equal(await isConfirmed('Really?', flags('yes'), on), true);
    assert.equal(on.output.read(), null);
  });

  it('that nobody could answer is wrong usage', () => {
    assert.throws(() => requireAnswer(flags(), terminal(false)), UsageError);
    assert.throws(() => requireAnswer(flags('json'), terminal(true)), UsageError);
    for (const fine of ['yes', 'dry-run']) requireAnswer(flags(fine), terminal(false));
    requireAnswer(flags(), terminal(true));
  });
});
