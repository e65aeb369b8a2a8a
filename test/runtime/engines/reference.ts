/** Runs of real models on the formula input, against the answers of a reference interpreter. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Engine } from '../../../src/runtime/session.js';
import type { Tensor, TensorData, TensorInfo } from '../../../src/tensor.js';
import { elementCount, tensorData } from '../../../src/tensor.js';
import type { ExpectedModel } from '../../support/expected.js';
import { expectedModels } from '../../support/expected.js';
import { openModel } from './engines.js';

interface ReferenceOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values?: readonly number[];
  /** Of large tensors the ten greatest elements are recorded instead. */
  readonly top10_index?: readonly number[];
  readonly top10_value?: readonly number[];
}

export interface ReferenceModel extends ExpectedModel {
  readonly runs: readonly { readonly input: string; readonly outputs: readonly ReferenceOutput[] }[];
}

export function referenceModels(sharedDir: string, format: 'tflite' | 'onnx'): readonly ReferenceModel[] {
  return expectedModels(sharedDir, format) as readonly ReferenceModel[];
}

/**
 * Runs the model and checks what it says of its tensors.
 *
 * @returns the largest difference from the reference: in quantised steps, or for float tensors relative to
 *   the value or to 0.01, whichever is greater
 */
export async function largestDifference(
  engine: Engine,
  sharedDir: string,
  { path, inputs, outputs, runs }: ReferenceModel,
): Promise<number> {
  const session = await openModel(engine, readFileSync(join(sharedDir, 'models', path)));
  try {
    expect(session.inputs.map(describeTensor)).toEqual(inputs.map(describeReference));
    const reference = runs.find(({ input }) => input === 'formula')?.outputs ?? [];
    expect(reference).toHaveLength(outputs.length);
    const result = await session.run(session.inputs.map(formulaInput));
    expect(result.outputs.map(describeTensor)).toEqual(
      reference.map((output, i) => describeReference({ ...outputs[i], ...output })),
    );
    expect(session.outputs.map(describeTensor)).toEqual(result.outputs.map(describeTensor));
    return Math.max(...result.outputs.map((tensor, i) => difference(tensor, reference[i])));
  } finally {
    await session.close();
  }
}

/** Element i = (i * 37 + 11) mod 256; minus 128 for int8; (v - 128) / 128 for float32. */
function formulaInput({ dataType, shape }: TensorInfo): TensorData {
  const data = tensorData(dataType, new ArrayBuffer(elementCount(shape) * (dataType === 'float32' ? 4 : 1)));
  for (let i = 0; i < data.length; i++) {
    const v = (i * 37 + 11) % 256;
    data[i] = dataType === 'uint8' ? v : dataType === 'int8' ? v - 128 : (v - 128) / 128;
  }
  return data;
}

function difference({ dataType, data }: Tensor, reference: ReferenceOutput | undefined): number {
  const expected = reference?.values ?? reference?.top10_value ?? [];
  const indices = reference?.values === undefined ? (reference?.top10_index ?? []) : expected.keys();
  const actual = Array.from(indices, (index) => Number(data[index]));
  return Math.max(
    ...expected.map((value, i) => {
      const distance = Math.abs((actual[i] ?? Number.NaN) - value);
      return dataType === 'float32' ? distance / Math.max(0.01, Math.abs(value)) : distance;
    }),
  );
}

function describeTensor({ name, shape, dataType, quantization }: TensorInfo): unknown {
  return { name, shape, dataType, quantization };
}

function describeReference(tensor: ExpectedModel['inputs'][number]): unknown {
  const { name, shape, dtype, scale, zero_point: zeroPoint } = tensor;
  const quantization = scale === undefined ? undefined : { scale, zeroPoint };
  return { name, shape, dataType: dtype, quantization };
}
