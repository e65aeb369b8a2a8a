import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { ModelSession } from '../../../src/runtime/session.js';
import type { DataType, TensorData } from '../../../src/tensor.js';
import { elementCount, tensorData } from '../../../src/tensor.js';
import { describeWithShared } from '../../support/shared.js';

interface Expected {
  readonly models: readonly {
    readonly file: string;
    readonly embedded_symbol?: string;
    readonly runs: readonly {
      readonly input: string;
      readonly outputs: readonly {
        readonly shape: number[];
        readonly dtype: DataType;
        readonly values?: number[];
      }[];
    }[];
  }[];
}

/** element i = (i * 37 + 11) mod 256; int8: minus 128; float32: (v - 128) / 128 */
function formulaInput(dataType: DataType, count: number): TensorData {
  const bytes = Uint8Array.from({ length: count }, (_, i) => (i * 37 + 11) % 256);
  if (dataType === 'uint8') return bytes;
  if (dataType === 'int8') return Int8Array.from(bytes, (v) => v - 128);
  return Float32Array.from(bytes, (v) => (v - 128) / 128);
}

describeWithShared('real models on the TensorFlow Lite library', (sharedDir) => {
  const folderOf = (name: string): string => join(sharedDir, 'models', name);

  async function open(folder: string, file: string, threads = 1): Promise<ModelSession> {
    const bytes = readFileSync(join(folderOf(folder), file));
    return tfliteEngine.open({ format: 'tflite', name: file, bytes }, { threads });
  }

  function expectedOutputs(folder: string, file: string) {
    const { models }: Expected = JSON.parse(readFileSync(join(folderOf(folder), 'expected.json'), 'utf8'));
    const model = models.find((entry) => entry.file === file || `${entry.embedded_symbol}.tflite` === file);
    const outputs = model?.runs.find(({ input }) => input === 'formula')?.outputs;
    if (outputs === undefined) throw new Error(`${folder} has no reference for ${file}`);
    return outputs;
  }

  /** Steps are those of 8-bit outputs; float outputs may differ by 1e-4 of the larger value or of 1. */
  describe.each([
    ['ei-benchmark-keywords-i8', 'trained_tflite_keywords_i8.tflite', 'xnnpack (QS8)'],
    ['ei-benchmark-keywords', 'trained_tflite_keywords_f32.tflite', 'xnnpack'],
    [
      'ei-benchmark-image-96',
      'ei-benchmark-image-96x96-0.35-color-transfer-learning-tensorflow-lite-float32-model.lite',
      'xnnpack',
    ],
    ['ei-arduino-mask-classification', 'tflite_learn_5.tflite', 'xnnpack (QS8)'],
    ['fomo-balloon-openmv', 'trained.tflite', 'xnnpack (QS8)'],
    ['ei-cpp-fomo-face-inconsistent', 'trained_tflite.tflite', 'xnnpack'],
    ['mlperf-tiny-anomaly-autoencoder', 'ad01_int8.tflite', 'xnnpack (QS8)'],
    ['mobilenet-v1-025-imagenet-float-and-uint8', 'mobilenet_v1_0.25_224_1_default_1.tflite', 'xnnpack'],
    ['mobilenet-v2-imagenet-uint8', 'mobilenet_v2_1.0_224_quant.tflite', 'none'],
    ['ssd-mobilenet-v1-coco-uint8', 'coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite', 'xnnpack'],
  ])('%s/%s', (folder, file, delegate) => {
    it(`answers as the reference does, with the delegate '${delegate}'`, async () => {
      const session = await open(folder, file);
      const inputs = session.inputs.map(({ dataType, shape }) => formulaInput(dataType, elementCount(shape)));
      const { outputs } = await session.run(inputs);
      await session.close();
      expect(session.details.delegate).toBe(delegate);
      for (const [index, expected] of expectedOutputs(folder, file).entries()) {
        const output = outputs[index];
        expect(output).toMatchObject({ shape: expected.shape, dataType: expected.dtype });
        const values = Array.from(output?.data ?? [], Number);
        for (const [i, value] of (expected.values ?? []).flat().entries()) {
          const allowed = expected.dtype === 'float32' ? 1e-4 * Math.max(1, Math.abs(value)) : 2;
          expect(
            Math.abs((values[i] ?? Number.NaN) - value),
            `output ${index}, element ${i}`,
          ).toBeLessThanOrEqual(allowed);
        }
      }
    });
  });

  it('knows nothing of the outputs of a detector before the first run, and all of them after', async () => {
    const session = await open(
      'ssd-mobilenet-v1-coco-uint8',
      'coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite',
    );
    const input = tensorData('uint8', new ArrayBuffer(300 * 300 * 3));
    const { outputs } = await session.run([input]);
    await session.close();
    expect(outputs.map(({ shape }) => shape)).toEqual([[1, 10, 4], [1, 10], [1, 10], [1]]);
    for (const { shape, data } of outputs) expect(data).toHaveLength(elementCount(shape));
  });

  it('falls back to the built-in kernels for a model of unsigned 8-bit arithmetic, and says why', async () => {
    const session = await open('mobilenet-v2-imagenet-uint8', 'mobilenet_v2_1.0_224_quant.tflite', 2);
    await session.close();
    expect(session.details).toMatchObject({
      delegate: 'none',
      threads: 2,
      notes: [expect.stringMatching(/^xnnpack \(QU8\) failed: failed to delegate/)],
    });
  });
});
