import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeUnless } from './not-tested.js';

const path = fileURLToPath(new URL('../../../shared', import.meta.url));

/** The folder of real models, photos and reference answers beside the checkout, if it is there. */
export const sharedDir: string | undefined = existsSync(path) ? path : undefined;

/** A suite that needs real models. Without them it says so, aloud and in the report, instead of passing. */
export function describeWithShared(name: string, body: (sharedDir: string) => void): void {
  const missing =
    sharedDir === undefined ? 'the real models in ../shared are missing on this machine' : undefined;
  describeUnless(missing, name, () => body(path));
}
