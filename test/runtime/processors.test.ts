import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { processorQuota, usableProcessors } from '../../src/runtime/processors.js';
import { describeUnless, itUnless } from '../support/not-tested.js';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A system's files, as far as control groups are told of in them. */
function system(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'impulse-processors-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const missingGroups = process.platform === 'linux' ? undefined : 'only Linux has control groups';

describeUnless(missingGroups, 'the quota of processor time', () => {
  it('of a container with version 2 is what docker run --cpus said', () => {
    const root = system({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '150000 100000\n' });
    expect(processorQuota(root)).toBe(1.5);
  });

  it('of a service is the least of its own and those around it', () => {
    const root = system({
      'proc/self/cgroup': '0::/system.slice/impulse.service\n',
      'sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/system.slice/impulse.service/cpu.max': 'max 100000\n',
    });
    expect(processorQuota(root)).toBe(2);
  });

  it('is read from version 1, beside controllers that say nothing of it', () => {
    const root = system({
      'proc/self/cgroup': '12:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n',
      'sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us': '100000\n',
    });
    expect(processorQuota(root)).toBe(0.5);
  });

  it.each([
    ['no control groups', {}],
    ['no limit in version 2', { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' }],
    [
      'no limit in version 1',
      {
        'proc/self/cgroup': '4:cpu:/\n',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
    ],
    ['nonsense', { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'what?' }],
  ])('is none with %s', (_what, files) => {
    expect(processorQuota(system(files))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the usable processors', () => {
  it('are at least one and no more than the affinity mask allows', () => {
    expect(usableProcessors()).toBeGreaterThanOrEqual(1);
    expect(usableProcessors()).toBeLessThanOrEqual(availableParallelism());
  });

  const bound = 'are one where the process is bound to one';
  const taskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  itUnless(taskset ? undefined : 'taskset is not installed', bound)(bound, () => {
    const module = fileURLToPath(new URL('../../dist/runtime/processors.js', import.meta.url));
    const script = `import { usableProcessors } from ${JSON.stringify(module)}; console.log(usableProcessors());`;
    const { stdout } = spawnSync(
      'taskset',
      ['-c', '0', process.execPath, '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('1\n');
  });
});
