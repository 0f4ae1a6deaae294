import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ReleaseCache, type StoredRelease } from '../../../core/etcd/release-cache.js';
import { ReleaseKeeper } from '../../../core/etcd/release-keeper.js';
import { until } from '../../support/gateway.js';

function releaseOf(id: string): StoredRelease {
  const text = Buffer.from(`# ${id}\n`);
  const digests = { text: createHash('sha256').update(text).digest('hex'), value: null };
  const document = { text, value: null, digests };
  return { id, document, secrets: new Map(), modules: new Map() };
}

/** A path below a file, which is no folder until the file is taken away. */
function blocked(test: TestContext): { folder: string; unblock: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'sluice-keeper-'));
  test.after(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'state');
  writeFileSync(path, 'no folder');
  return { folder: join(path, 'cache'), unblock: () => rmSync(path) };
}

describe('the keeper of the release that runs', () => {
  test('tries again until it can write, and says once why it cannot', async (t) => {
    const { folder, unblock } = blocked(t);
    const told: string[] = [];
    let tries = 0;
    class CountingCache extends ReleaseCache {
      override save(release: StoredRelease): Promise<void> {
        tries += 1;
        return super.save(release);
      }
    }
    const keeper = new ReleaseKeeper({
      cache: new CountingCache(folder),
      failed: (why) => void told.push(why),
      retryMs: 10,
    });
    t.after(() => keeper.close());
    keeper.keep(releaseOf('a'));
    await until(() => tries > 3);
    assert.equal(told.length, 1);
    assert.match(told[0]!, /ENOTDIR/);
    assert.match(keeper.fault!, /ENOTDIR/);
    unblock();
    await until(() => keeper.fault === null);
    assert.equal((await new ReleaseCache(folder).load())?.id, 'a');
  });

  test('says it again of the next release', async (t) => {
    const { folder } = blocked(t);
    const told: string[] = [];
    const keeper = new ReleaseKeeper({
      cache: new ReleaseCache(folder),
      failed: (why) => void told.push(why),
    });
    t.after(() => keeper.close());
    keeper.keep(releaseOf('a'));
    await until(() => told.length === 1);
    keeper.keep(releaseOf('b'));
    await until(() => told.length === 2);
  });

  test('keeps the last of those that come at once', async (t) => {
    const { folder, unblock } = blocked(t);
    unblock();
    const keeper = new ReleaseKeeper({ cache: new ReleaseCache(folder), failed: assert.fail });
    keeper.keep(releaseOf('a'));
    keeper.keep(releaseOf('b'));
    await keeper.close();
    assert.equal((await new ReleaseCache(folder).load())?.id, 'b');
  });
});
