import { tfliteEngine } from '../../dist/runtime/engines/tflite.js';
import { runSession } from './support.mjs';
import tflite from './tflite.mjs';

/** Opened as `openDeployment()` does: what the checks let through is the library's, and must not end the process. */
export default {
  ...tflite,
  make(random, seeds) {
    const file = tflite.make(random, seeds);
    return { ...file, xnnpack: random.chance(0.7) };
  },
  async run({ bytes, xnnpack }) {
    await runSession(
      await tfliteEngine.open({ format: 'tflite', name: 'fuzzed.tflite', bytes }, { threads: 1, xnnpack }),
    );
  },
};
