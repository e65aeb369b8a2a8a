/** The most memory that this process ever had resident. */
import { readFileSync } from 'node:fs';

/**
 * Bytes. Not `maxRSS` where there is a choice: on Linux that begins with what the parent had when it started this process.
 */
export function peakResidentBytes(): number {
  return highWaterMark() ?? process.resourceUsage().maxRSS * 1024;
}

/** `VmHWM:     54321 kB` */
function highWaterMark(): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
