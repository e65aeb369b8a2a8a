/** The most memory that this process ever had resident, as the system counts it. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes; undefined where the system does not tell. `VmHWM:     54321 kB` */
export function highWaterMark(): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Lets the count begin anew, from what is resident now: that many bytes, or undefined where the system can't do it. */
export function resetHighWaterMark(): number | undefined {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return undefined;
  }
  return highWaterMark();
}
