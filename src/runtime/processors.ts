/** How many processors this process may really use: in a container, seldom all that the machine has. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Those that the affinity mask allows, and no more than the quota of processor time of the process's control groups,
 * rounded up. At least 1.
 */
export function usableProcessors(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(processorQuota())));
}

/**
 * Processors' worth of time that the process's control groups, of version 1 or 2, may spend; `Infinity` without a
 * limit.
 *
 * @param root where the system's files are
 */
export function processorQuota(root = '/'): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  const groups = readText(join(root, 'proc/self/cgroup')).split('\n');
  const quotas = groups.flatMap((line) => {
    const [, controllers = '', path = ''] = line.split(':');
    if (controllers === '') return quotasUp(join(root, 'sys/fs/cgroup'), path, quotaV2);
    const isCpu = controllers.split(',').includes('cpu');
    return isCpu ? quotasUp(join(root, 'sys/fs/cgroup', 'cpu'), path, quotaV1) : [];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...quotas);
}

/** The group's own quota and those of the groups around it. In a container its own folder may be the root. */
function quotasUp(mount: string, path: string, read: (folder: string) => number): number[] {
  const folders = [mount];
  for (let group = path; group.length > 1; group = dirname(group)) folders.push(join(mount, group));
  return folders.map(read);
}

/** `200000 100000`, or `max 100000`: microseconds that may be spent in each period. */
function quotaV2(folder: string): number {
  const [quota = '', period = ''] = readText(join(folder, 'cpu.max')).split(/\s+/);
  return ratio(quota, period);
}

/** -1 is no limit. */
function quotaV1(folder: string): number {
  return ratio(
    readText(join(folder, 'cpu.cfs_quota_us')).trim(),
    readText(join(folder, 'cpu.cfs_period_us')).trim(),
  );
}

function ratio(quota: string, period: string): number {
  const processors = Number(quota) / Number(period);
  return quota !== '' && processors > 0 ? processors : Number.POSITIVE_INFINITY;
}

/** Empty where there is no such file. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
