/** Do headers and model belong together? */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import type { DeploymentWarning, ModelArtefact } from '../contents.js';
import { numberDefine } from '../headers/query.js';
import type { DspBlock, LearnBlock } from '../impulse.js';
import { DATA_TYPES } from '../sdk-constants.js';
import { WHAT_TO_DOWNLOAD } from '../sniff.js';
import type { TfliteModel } from '../tflite/model.js';
import { readTfliteModel } from '../tflite/read.js';
import type { ImpulseSource } from './impulse-source.js';
import { numberFact } from './impulse-source.js';

/** The one operator of a model that was compiled for an Ethos-U processor. */
const VELA_OPERATOR = 'ethos-u';

/**
 * @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`: the model takes another number of values than the
 *   blocks before it give; `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`: it is damaged
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_OPERATOR`: compiled for an Ethos-U processor
 */
export function checkModel(
  source: ImpulseSource,
  block: LearnBlock,
  dspBlocks: readonly DspBlock[],
  artefact: ModelArtefact,
  warn: (warning: DeploymentWarning) => void,
): void {
  const model = readTfliteModel(artefact.bytes, artefact.name);
  refuseVela(model, artefact);
  checkElements(model.inputs, expectedElements(source, block, dspBlocks), artefact);
  if (block.modelType !== 'anomaly') warnOfDataTypes(source, model, artefact, warn);
}

function refuseVela({ operatorCodes }: TfliteModel, { name }: ModelArtefact): void {
  if (!operatorCodes.some(({ customCode }) => customCode === VELA_OPERATOR)) return;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_OPERATOR',
    `${name} was compiled for an Arm Ethos-U processor (its operator is '${VELA_OPERATOR}'). ${WHAT_TO_DOWNLOAD}`,
  );
}

/** Numbers that reach the block; undefined if the headers leave it open. */
function expectedElements(
  source: ImpulseSource,
  block: LearnBlock,
  dspBlocks: readonly DspBlock[],
): number | undefined {
  if (block.modelType === 'anomaly') return block.axes.length;
  const inputs = dspBlocks.filter(({ id }) => block.inputs.includes(id));
  if (inputs.length > 0) return inputs.reduce((sum, { outputSize }) => sum + outputSize, 0);
  return numberFact(source, 'nn_input_frame_size', 'EI_CLASSIFIER_NN_INPUT_FRAME_SIZE');
}

function checkElements(
  inputs: readonly TensorInfo[],
  expected: number | undefined,
  { name }: ModelArtefact,
): void {
  const counts = inputs.map(({ shape }) => elementCount(shape));
  if (expected === undefined || counts.some((count) => count === expected || count < 0)) return;
  const found = inputs.map(({ shape, dataType }) => `[${shape.join(', ')}] ${dataType}`).join('; ');
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The headers say that the model takes ${expected} numbers, but the one in ${name} takes ${counts.join(', ')} (${found}). ` +
      'Headers and model belong to different versions of the project: download the deployment again.',
  );
}

/** The flatbuffer is the truth; the headers can be stale. */
function warnOfDataTypes(
  { headers }: ImpulseSource,
  { inputs, outputs }: TfliteModel,
  { name }: ModelArtefact,
  warn: (warning: DeploymentWarning) => void,
): void {
  const sides = [
    ['INPUT', inputs],
    ['OUTPUT', outputs],
  ] as const;
  for (const [side, tensors] of sides) {
    const stated = DATA_TYPES.get(numberDefine(headers, `EI_CLASSIFIER_TFLITE_${side}_DATATYPE`) ?? 0);
    const found = tensors[0]?.dataType;
    if (stated === undefined || found === undefined || tensors.some(({ dataType }) => dataType === stated))
      continue;
    warn({
      code: 'DATA_TYPE_MISMATCH',
      message: `The headers say that the model's ${side.toLowerCase()} is ${stated}; in ${name} it is ${found}, which counts.`,
    });
  }
}
