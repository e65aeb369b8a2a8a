import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const path = fileURLToPath(new URL('../../../shared', import.meta.url));

/** The folder of real models, photos and reference answers beside the checkout, if it is there. */
export const sharedDir: string | undefined = existsSync(path) ? path : undefined;

/** A suite that needs real models. Without them it says so, aloud and in the report, instead of passing. */
export function describeWithShared(name: string, body: (sharedDir: string) => void): void {
  if (sharedDir !== undefined) {
    const dir = sharedDir;
    describe(name, () => body(dir));
    return;
  }
  console.warn(`NOT TESTED: "${name}" needs the real models in ../shared, which is missing here.`);
  describe(name, () => {
    it.skip('skipped: the real models in ../shared are missing on this machine', () => {});
  });
}
