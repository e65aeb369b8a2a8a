import { loadAddon, type NativeAddon } from '../../src/native/addon.js';
import { describeUnless, missingAddon } from '../support/not-tested.js';

/** A suite for the native kernel. Where the addon is not built it says so, aloud and in the report. */
export function describeWithAddon(name: string, body: (addon: NativeAddon) => void): void {
  describeUnless(missingAddon, name, () => {
    const outcome = loadAddon();
    if (outcome.loaded) body(outcome.addon);
  });
}
