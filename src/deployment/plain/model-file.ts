/** A model, as far as it describes itself. */
import type { TensorInfo } from '../../tensor.js';
import type { ModelArtefact } from '../contents.js';
import { readOnnxOrOrtModel } from '../ort.js';
import { notADeployment, sniff } from '../sniff.js';
import type { TfliteModel } from '../tflite/model.js';
import { operatorName, readTfliteModel } from '../tflite/read.js';

export interface ModelFile {
  readonly artefact: ModelArtefact;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly operators: ReadonlySet<string>;
  /** The first output comes out of a softmax, or of a change of type after one; told for TFLite only. */
  readonly endsInSoftmax: boolean;
  /** What exporters note in ONNX files; empty for TFLite. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * A TFLite or ONNX model; ONNX Runtime's own format counts as ONNX.
 *
 * @throws {DeploymentError} `ERR_DEPLOYMENT_UNRECOGNISED`, `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`, `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function readModelFile(bytes: Uint8Array, name: string): ModelFile {
  const kind = sniff(bytes);
  if (kind === 'tflite') {
    const model = readTfliteModel(bytes, name);
    return {
      artefact: { format: 'tflite', name, bytes },
      inputs: model.inputs,
      outputs: model.outputs,
      operators: new Set(model.operatorCodes.map(operatorName)),
      endsInSoftmax: endsInSoftmax(model),
      notes: new Map(),
    };
  }
  if (kind !== 'onnx' && kind !== 'ort') throw notADeployment(kind, bytes, name);
  const model = readOnnxOrOrtModel(bytes, name);
  return {
    artefact: { format: 'onnx', name, bytes },
    inputs: model.inputs,
    outputs: model.outputs,
    operators: new Set(model.operators.map((operator) => operator.name)),
    endsInSoftmax: false,
    notes: model.metadata,
  };
}

/** One line a tensor, as messages show it. */
export function describeTensor({ name, shape, dataType, quantization }: TensorInfo): string {
  const real = quantization ? `, scale ${quantization.scale}, zero point ${quantization.zeroPoint}` : '';
  return `${name || '(no name)'} [${shape.join(', ')}] ${dataType}${real}`;
}

function endsInSoftmax({ subgraphs, operatorCodes }: TfliteModel): boolean {
  const [main] = subgraphs;
  let tensor = main?.outputs[0];
  // Models with float outputs have a DEQUANTIZE after it, those with another integer type a QUANTIZE.
  for (let steps = 0; steps < 3 && tensor !== undefined; steps++) {
    const wanted: number = tensor;
    const producer = main?.operators.find(({ outputs }) => outputs.includes(wanted));
    const code = producer === undefined ? undefined : operatorCodes[producer.opcodeIndex];
    if (code?.name === 'SOFTMAX') return true;
    if (code?.name !== 'DEQUANTIZE' && code?.name !== 'QUANTIZE') return false;
    tensor = producer?.inputs[0];
  }
  return false;
}
