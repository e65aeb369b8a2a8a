/** What isolation leaves on the machine, as the system tells it: nothing here asks the code under test. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Only Linux shows processes and descriptors as files. */
export const canLook = process.platform === 'linux';

/** Processes of isolated models that `parent` has started; those that have ended and were not waited for count. */
export function isolatedChildren(parent: number = process.pid): number[] {
  // One that is ending has no command any more, but may still hold its channel open.
  return childrenOf(
    parent,
    (state, command) => state === 'Z' || command === '' || command.includes('isolated/child.js'),
  );
}

/** @param wanted tells by state (`Z`: ended, not waited for) and command line which are meant */
export function childrenOf(parent: number, wanted: (state: string, command: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state = '', ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(ppid) === parent && wanted(state, readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false;
      }
    });
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** Shared memory that still has a name. */
export function namedMemory(): string[] {
  const name = /^impulse-[0-9a-f]{8}-[0-9a-f-]{27}$/;
  return ['/dev/shm', tmpdir()].flatMap((folder) => readdirSync(folder).filter((entry) => name.test(entry)));
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Waits, for as long as the test may take, until it is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}
