import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { FileWatch } from '../../../core/config/file-watch.js';

describe('FileWatch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-file-watch-'));
  const events = new EventEmitter();
  const watch = new FileWatch(() => events.emit('changed'), 20);
  const path = (name: string): string => join(folder, name);
  // A watch alone keeps no process alive.
  const awake = setInterval(() => undefined, 1000);
  after(() => {
    clearInterval(awake);
    watch.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => assert.equal(events.listenerCount('changed'), 0));

  /** Follows files as somebody does who has just read them. */
  const follow = (...names: string[]) => watch.follow(new Set(names.map(path)), Date.now() + 60_000);

  it('tells of a file that is written, replaced, removed and made', async () => {
    writeFileSync(path('a'), '1');
    await follow('a');
    for (const change of [
      () => writeFileSync(path('a'), 'longer'),
      () => {
        writeFileSync(path('b'), '2');
        renameSync(path('b'), path('a'));
      },
      () => rmSync(path('a')),
      () => writeFileSync(path('a'), '3'),
    ]) {
      const changed = once(events, 'changed');
      change();
      await changed;
    }
  });

  it('follows links, as platforms swap them', async () => {
    writeFileSync(path('old'), '1');
    writeFileSync(path('new'), '1');
    symlinkSync('old', path('link'));
    await follow('link');
    const changed = once(events, 'changed');
    symlinkSync('new', path('next'));
    renameSync(path('next'), path('link'));
    await changed;
  });

  it('tells of a file that changed while it was read', async () => {
    writeFileSync(path('c'), '1');
    const changed = once(events, 'changed');
    await watch.follow(new Set([path('c')]), 0);
    await changed;
  });
});
