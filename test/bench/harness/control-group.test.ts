import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { controlGroupLimits } from '../../../bench/harness/control-group.js';

describe('the limits of control groups', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function systemWith(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), 'sluice-groups-'));
    folders.push(root);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    return root;
  }

  it('are the tightest of all groups above, in version 2', () => {
    const root = systemWith({
      'proc/self/cgroup': '0::/jobs/bench\n',
      'sys/fs/cgroup/jobs/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/jobs/bench/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/jobs/bench/memory.max': '536870912\n',
      'sys/fs/cgroup/jobs/memory.max': 'max\n',
    });
    assert.deepEqual(controlGroupLimits(root), { processors: 1.5, memoryMiB: 512 });
  });

  it('are found in version 1, where a container sees its own group as the root', () => {
    const root = systemWith({
      'proc/self/cgroup': '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '1073741824\n',
    });
    assert.deepEqual(controlGroupLimits(root), { processors: 0.5, memoryMiB: 1024 });
  });

  it('are none where no group has one, and where there are no groups', () => {
    const root = systemWith({
      'proc/self/cgroup': '4:memory:/\n3:cpu:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    assert.deepEqual(controlGroupLimits(root), { processors: null, memoryMiB: null });
    assert.deepEqual(controlGroupLimits(systemWith({})), { processors: null, memoryMiB: null });
  });
});
