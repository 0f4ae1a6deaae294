import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { MemoryFile } from '../../../core/listener/memory-file.js';

describe('MemoryFile', () => {
  const folders = ['/dev/shm', tmpdir()].filter(existsSync);
  const names = (): string[] =>
    folders.flatMap((folder) => readdirSync(folder)).filter((name) => /^sluice-/.test(name));

  it('is read by its path, as often as one likes, and gone when it is closed', () => {
    const text = `secret ${'é'.repeat(100_000)}`;
    const file = new MemoryFile(text);
    assert.equal(readFileSync(file.path, 'utf8'), text);
    assert.equal(readFileSync(file.path, 'utf8'), text);
    file.close();
    assert.throws(() => readFileSync(file.path), /ENOENT/);
  });

  it('stands in no folder and may be read by its owner only', () => {
    const before = names();
    const file = new MemoryFile('secret');
    assert.deepEqual(names(), before);
    const { mode, nlink } = statSync(file.path);
    assert.deepEqual([mode & 0o777, nlink], [0o600, 0]);
    assert.match(readlinkSync(file.path), / \(deleted\)$/);
    file.close();
  });
});
