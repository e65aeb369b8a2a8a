/** What one run of a model takes: measured in a process of its own, which may die. */
import { describe, expect, it } from 'vitest';
import { profileModel } from '../../src/runtime/profile-model.js';
import { customOperatorModel, slowModel, tinyClassifier } from '../fixtures/models.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { itUnless, missingProc } from '../support/not-tested.js';
import { refusalOf } from './support.js';

const options = { threads: 1, xnnpack: true };
const profile = (format: 'tflite' | 'onnx', bytes: Uint8Array, signal?: AbortSignal) =>
  profileModel({
    model: { format, name: `model.${format}`, bytes },
    engine: 'auto',
    options,
    ...(signal !== undefined && { signal }),
  });

describe('a profile', () => {
  it('says what ran the model, how often, and how long one run took', async () => {
    const { engine, threads, runs, timePerInferenceMs, activationBytes } = await profile(
      'tflite',
      tinyClassifier(),
    );
    expect(['tflite', 'litert-wasm']).toContain(engine);
    expect(threads).toBe(1);
    expect(runs).toBeGreaterThanOrEqual(3);
    expect(timePerInferenceMs).toBeGreaterThanOrEqual(0);
    // A picture of 8 x 8 x 3, and its mean colour.
    expect(activationBytes).toBe((8 * 8 * 3 + 3) * Float32Array.BYTES_PER_ELEMENT);
  });

  it('of an ONNX model has no activations, which only TFLite files tell', async () => {
    const measured = await profile('onnx', tinyOnnxClassifier());
    expect(measured.engine).toBe('onnx');
    expect(measured).not.toHaveProperty('activationBytes');
  });

  const test = itUnless(missingProc, 'the memory that a model takes');
  test('counts the memory by which the process grew, weights included', async () => {
    const constant = (elements: number) =>
      encodeOnnxModel({
        inputs: [{ name: 'x', shape: [1, 4] }],
        outputs: [{ name: 'y', shape: [4, elements] }],
        initializers: [{ name: 'w', shape: [1, elements], data: new Float32Array(elements).fill(1) }],
        nodes: [
          { type: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [1, 0] } },
          { type: 'MatMul', inputs: ['t', 'w'], outputs: ['y'] },
        ],
      });
    const small = await profile('onnx', constant(4));
    const large = await profile('onnx', constant(2 ** 22));
    // 16 MiB of weights and 64 MiB of output.
    expect((large.grownBytes ?? 0) - (small.grownBytes ?? 0)).toBeGreaterThan(64 * 2 ** 20);
  });

  it('is refused where no engine runs the model, or where its input leaves sizes open', async () => {
    expect((await refusalOf(profile('tflite', customOperatorModel()))).code).toBe('ERR_UNSUPPORTED_OPERATOR');
    const open = encodeOnnxModel({
      inputs: [{ name: 'x', shape: [1, 'n'] }],
      outputs: [{ name: 'y', shape: [1, 'n'] }],
      nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
    });
    await expect(profile('onnx', open)).rejects.toThrow(/fixed/);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const measuring = profile('tflite', slowModel(), controller.signal);
    setTimeout(() => controller.abort(), 400);
    await expect(measuring).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});
