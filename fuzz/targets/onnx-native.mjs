import { onnxEngine } from '../../dist/runtime/engines/onnx.js';
import onnx from './onnx.mjs';
import { damagedFile, runSession } from './support.mjs';

export default {
  ...onnx,
  make: damagedFile,
  async run({ bytes }) {
    await runSession(
      await onnxEngine.open({ format: 'onnx', name: 'fuzzed.onnx', bytes }, { threads: 1, xnnpack: true }),
    );
  },
};
