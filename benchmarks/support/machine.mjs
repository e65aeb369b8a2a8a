/** What figures depend on: the machine and the versions. Nothing that names it. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { wantedPeers } from '../peers/install.mjs';

/** @returns {Readonly<Record<string, string>>} */
export function describeMachine() {
  return {
    Processor: cpus()[0]?.model.trim() ?? process.arch,
    Cores: String(availableParallelism()),
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${process.platform} ${release()}, ${process.arch}`,
    Governor: firstLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? 'not told by the system',
    'Node.js': process.versions.node,
    'impulse-runtime': JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
      .version,
    Peers: Object.entries(wantedPeers())
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  };
}

function firstLine(path) {
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch {
    return undefined;
  }
}
