import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Arguments,
  onlyPositional,
  optionalPositional,
  readArguments,
  refusePositionals,
} from '../../../core/cli/arguments.js';

const HELP = 'sluice trial FILE\n';

function read(...args: string[]): Arguments {
  const parsed = readArguments(args, { config: 'string', json: 'boolean' }, HELP);
  assert.ok(parsed !== null);
  return parsed;
}

function refusal(message: string): object {
  return { name: 'UsageError', message: `${message}\n\n${HELP}` };
}

describe('the arguments of a command', () => {
  it('are options with a text, flags, and the rest, in any order', () => {
    const { texts, flags, positionals } = read('a', '--json', '--config', 'b', 'c');
    assert.deepEqual([[...texts], [...flags], positionals], [[['config', 'b']], ['json'], ['a', 'c']]);
  });

  it('are refused, with the help, where an option is unknown or lacks its text', () => {
    for (const args of [['--jsno'], ['--config'], ['--json=1']])
      assert.throws(
        () => read(...args),
        (error: Error) => error.name === 'UsageError' && error.message.endsWith(`\n\n${HELP}`),
      );
  });

  it('have one beside the options where a command takes one', () => {
    assert.equal(onlyPositional(read('a', '--json'), 'FILE', HELP), 'a');
    for (const args of [[], ['a', 'b']])
      assert.throws(() => onlyPositional(read(...args), 'FILE', HELP), refusal('one FILE is needed'));
  });

  it('have one or none where a command can do without', () => {
    assert.equal(optionalPositional(read('a'), 'ID', HELP), 'a');
    assert.equal(optionalPositional(read(), 'ID', HELP), undefined);
    assert.throws(() => optionalPositional(read('a', 'b'), 'ID', HELP), refusal('one ID at most'));
  });

  it('have none where a command takes none', () => {
    refusePositionals(read('--json'), HELP);
    assert.throws(() => refusePositionals(read('a'), HELP), refusal('nothing but options is taken'));
  });
});
