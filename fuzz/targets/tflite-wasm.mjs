import { litertWasmEngine } from '../../dist/runtime/engines/litert-wasm.js';
import { runSession } from './support.mjs';
import tflite from './tflite.mjs';

export default {
  ...tflite,
  async run({ bytes }) {
    await runSession(
      await litertWasmEngine.open(
        { format: 'tflite', name: 'fuzzed.tflite', bytes },
        { threads: 1, xnnpack: true },
      ),
    );
  },
};
