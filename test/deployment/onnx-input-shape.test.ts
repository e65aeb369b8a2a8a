/** Sizes that an ONNX model leaves open, chosen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../src/deployment/onnx.js';
import { withInputShape } from '../../src/deployment/onnx-input-shape.js';
import { openDeployment } from '../../src/index.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { refusalOf, solid } from '../runtime/support.js';
import { describeWithShared } from '../support/shared.js';

/** As `tinyOnnxClassifier()`, of pictures of any size. */
function anySize(): Uint8Array {
  return encodeOnnxModel({
    inputs: [{ name: 'image', shape: ['batch', 3, 'height', 'width'] }],
    outputs: [{ name: 'scores', shape: ['batch', 3] }],
    initializers: [{ name: 'weights', shape: [3, 3], data: Float32Array.of(8, 0, 0, 0, 8, 0, 0, 0, 8) }],
    nodes: [
      { type: 'GlobalAveragePool', inputs: ['image'], outputs: ['mean'] },
      { type: 'Flatten', inputs: ['mean'], outputs: ['flat'], attributes: { axis: 1 } },
      { type: 'Gemm', inputs: ['flat', 'weights'], outputs: ['logits'] },
      { type: 'Softmax', inputs: ['logits'], outputs: ['scores'], attributes: { axis: 1 } },
    ],
    metadata: { note: 'kept' },
  });
}

const modelInfo = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
};

describe('an ONNX model that takes pictures of any size', () => {
  it('takes those of one size afterwards, and is the same otherwise', async () => {
    await expect(openDeployment(anySize(), { modelInfo })).rejects.toThrow(/left open/);
    const bytes = withInputShape(anySize(), [1, 3, 200, 12], 'any.onnx');
    const [before, after] = [readOnnxModel(anySize()), readOnnxModel(bytes)];
    expect(after).toEqual({ ...before, inputs: [{ ...before.inputs[0], shape: [1, 3, 200, 12] }] });
    await using deployment = await openDeployment(bytes, { modelInfo });
    const { result } = await deployment.classifyImage(solid(1, 12, 200));
    expect(result?.green).toBeGreaterThan(0.9);
  });

  it.each([
    ['another number of channels', [1, 1, 8, 8]],
    ['too few sizes', [3, 8, 8]],
  ])('refuses %s', async (_name, shape) => {
    const refusal = await refusalOf((async () => withInputShape(anySize(), shape, 'any.onnx'))());
    expect(refusal.code).toBe('ERR_UNSUPPORTED_FORMAT');
    expect(refusal.message).toContain('[-1, 3, -1, -1]');
  });
});

describe('an ONNX model that states its sizes', () => {
  it('stays as it is', () => {
    const bytes = tinyOnnxClassifier();
    expect(withInputShape(bytes, [1, 3, 8, 8], 'tiny.onnx')).toBe(bytes);
  });
});

describeWithShared('a real ONNX model', (sharedDir) => {
  it('is still one, its sizes written anew', () => {
    const bytes = readFileSync(join(sharedDir, 'models/mnist-onnx/mnist.onnx'));
    expect(withInputShape(bytes, [1, 1, 28, 28], 'mnist.onnx')).toBe(bytes);
    expect(() => withInputShape(bytes, [2, 1, 28, 28], 'mnist.onnx')).toThrow(/can't take/);
  });
});
