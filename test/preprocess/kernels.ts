import { describe, it } from 'vitest';
import { loadAddon, type NativeAddon } from '../../src/native/addon.js';

/** A suite for the native kernel. Where the addon is not built it says so, aloud and in the report. */
export function describeWithAddon(name: string, body: (addon: NativeAddon) => void): void {
  const outcome = loadAddon();
  if (outcome.loaded) {
    describe(name, () => body(outcome.addon));
    return;
  }
  const tried = outcome.attempts.map(({ place, reason }) => `${place}: ${reason}`).join('; ');
  console.warn(`NOT TESTED: "${name}" needs the native addon (${tried}). ${outcome.remedy}`);
  describe(name, () => {
    it.skip('skipped: the native addon is not built on this machine', () => {});
  });
}
