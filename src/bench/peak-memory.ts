/** The most memory that this process ever had resident. */
import { highWaterMark } from '../runtime/peak-memory.js';

/**
 * Bytes. Not `maxRSS` where there is a choice: on Linux that begins with what the parent had when it started this process.
 */
export function peakResidentBytes(): number {
  return highWaterMark() ?? process.resourceUsage().maxRSS * 1024;
}
