/** A rebuilt model against the one that its code was made from. */
import type { TfliteModel } from '../../../src/deployment/tflite/model.js';
import { isKnownOperator, readOptions } from '../../../src/deployment/tflite/options.js';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { EngineStatus, ModelSession } from '../../../src/runtime/session.js';
import type { TensorData, TensorInfo } from '../../../src/tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../../src/tensor.js';
import { seededRandom } from '../../fixtures/layers.mjs';

/** Everything that EON keeps of a graph, in an order that tensors need not have in common. */
export function essence(model: TfliteModel): unknown {
  const graph = model.subgraphs[0];
  const tensors = (graph?.tensors ?? []).map(({ shape, dataType, quantization, isVariable, buffer }) =>
    JSON.stringify({
      shape,
      dataType,
      quantization,
      isVariable,
      data: Buffer.from(model.buffers[buffer] ?? []).toString('base64'),
    }),
  );
  return {
    tensors: tensors.sort(),
    inputs: graph?.inputs.map((index) => graph.tensors[index]?.shape),
    outputs: graph?.outputs.map((index) => graph.tensors[index]?.shape),
    operators: graph?.operators.map((operator) => {
      const code = model.operatorCodes[operator.opcodeIndex];
      const name = code?.name ?? '';
      return {
        name,
        version: code?.version,
        customCode: code?.customCode,
        customOptions: operator.customOptions && [...operator.customOptions],
        options: isKnownOperator(name) && readOptions(name, operator.options?.table),
        inputs: operator.inputs.map((index) => graph.tensors[index]?.shape),
        outputs: operator.outputs.map((index) => graph.tensors[index]?.shape),
      };
    }),
  };
}

/** Says aloud where answers can't be compared. */
export async function answersAvailable(): Promise<EngineStatus> {
  const status = await tfliteEngine.probe();
  if (!status.available) console.warn(`NOT TESTED: answers of rebuilt models. ${status.reason}`);
  return status;
}

/** Answers of TensorFlow Lite's own kernels to `count` seeded inputs. */
export async function answers(bytes: Uint8Array, count: number): Promise<TensorData[][]> {
  const session = await tfliteEngine.open(
    { format: 'tflite', name: 'model', bytes },
    { threads: 1, xnnpack: false },
  );
  try {
    return await runs(session, count);
  } finally {
    await session.close();
  }
}

async function runs(session: ModelSession, count: number): Promise<TensorData[][]> {
  const random = seededRandom(7);
  const results: TensorData[][] = [];
  for (let i = 0; i < count; i++) {
    const { outputs } = await session.run(session.inputs.map((input) => randomValues(input, random)));
    results.push(outputs.map(({ data }) => data.slice()));
  }
  return results;
}

function randomValues({ shape, dataType }: TensorInfo, random: () => number): TensorData {
  const count = elementCount(shape);
  const values = tensorData(dataType, new ArrayBuffer(count * bytesPerElement(dataType)));
  for (let i = 0; i < count; i++) values[i] = dataType === 'float32' ? random() : Math.floor(random() * 256);
  return values;
}

export function read(bytes: Uint8Array): TfliteModel {
  return readTfliteModel(bytes, 'model');
}
