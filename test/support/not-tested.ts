/** Tests that this machine can't run: each says what is missing, aloud when it is left out, and in the report. */
import { describe, it } from 'vitest';
import { loadAddon } from '../../src/native/addon.js';
import { onnxEngine } from '../../src/runtime/engines/onnx.js';

/** What is missing; undefined where nothing is. */
export type Missing = string | undefined;

export const missingAddon: Missing = addonMissing();
export const missingProc: Missing =
  process.platform === 'linux' ? undefined : 'only Linux shows processes and descriptors as files';

/** To be awaited once: what keeps ONNX models from being run here. */
export async function missingOnnxRuntime(): Promise<Missing> {
  const status = await onnxEngine.probe();
  return status.available ? undefined : status.reason;
}

/** A suite; where something is missing, one skipped test in its place, named after that. */
export function describeUnless(missing: Missing, name: string, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  sayNotTested(name, missing);
  describe(name, () => {
    it(`not tested: ${missing}`, ({ skip }) => skip(missing));
  });
}

/** `it`, or one whose tests are left out, with the reason beside their names in the report. */
export function itUnless(missing: Missing, name: string): Pick<typeof it, 'each'> & TestMaker {
  if (missing === undefined) return it;
  sayNotTested(name, missing);
  return it.extend<{ leftOut: undefined }>({ leftOut: [({ skip }) => skip(missing), { auto: true }] });
}

type TestMaker = (name: string, body: () => unknown, timeoutMs?: number) => void;

/** The report of a run tells that tests were skipped, but not their names. */
export function sayNotTested(name: string, missing: string): void {
  console.warn(`NOT TESTED: "${name}": ${missing}`);
}

function addonMissing(): Missing {
  const outcome = loadAddon();
  if (outcome.loaded) return undefined;
  const tried = outcome.attempts.map(({ place, reason }) => `${place}: ${reason}`).join('; ');
  return `the native addon is missing on this machine (${tried}). ${outcome.remedy}`;
}
