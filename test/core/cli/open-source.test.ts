import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { defaultCache } from '../../../core/cli/open-source.js';

const LOCATION = 'etcd://127.0.0.1:2379/fleet';
const { XDG_STATE_HOME: before } = process.env;
after(() => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
});

describe('the folder of the cache, when none is named', () => {
  it('is another one for each fleet, channel and gateway with a name, and the same at each start', () => {
    process.env['XDG_STATE_HOME'] = '/state';
    const folders = [
      defaultCache(LOCATION, 'stable', 'one'),
      defaultCache(LOCATION, 'stable', 'two'),
      defaultCache(LOCATION, 'canary', 'one'),
      defaultCache(`${LOCATION}-2`, 'stable', 'one'),
      defaultCache(LOCATION, 'stable', undefined),
    ];
    assert.equal(new Set(folders).size, folders.length);
    assert.equal(defaultCache(LOCATION, 'stable', 'one'), folders[0]);
    for (const folder of folders) assert.match(folder, /^\/state\/sluice\/[0-9a-f]{16}$/);
  });

  it('is below the home folder where XDG_STATE_HOME says nothing, or no absolute path', () => {
    for (const value of ['', 'state', './state']) {
      process.env['XDG_STATE_HOME'] = value;
      assert.ok(
        defaultCache(LOCATION, 'stable', 'one').startsWith(join(homedir(), '.local/state/sluice/')),
        value,
      );
    }
  });
});
