/** From what the preprocessing gives to what each input of a model takes. */
import type { ImageInput, Impulse, LearnBlock } from '../deployment/impulse.js';
import { DeploymentError, InputError } from '../errors.js';
import { makePacking } from '../preprocess/make-packing.js';
import type { Packing } from '../preprocess/packing.js';
import { quantize } from '../preprocess/quantize.js';
import type { TensorData, TensorInfo } from '../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../tensor.js';
import type { SessionInput } from './session.js';

/** How the inputs of one model are filled. */
export interface InputPlan {
  /** Index of the input that takes the picture or the features. */
  readonly primary: number;
  readonly tensor: TensorInfo;
  /** For image impulses. */
  readonly packing?: Packing;
  /** Every other input (state of recurrent models and the like) is fed zeros; undefined at `primary`. */
  readonly zeros: readonly (TensorData | undefined)[];
}

/**
 * @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`: no input of the model has the size that the impulse gives
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function planInputs(impulse: Impulse, block: LearnBlock, inputs: readonly TensorInfo[]): InputPlan {
  const wanted = expectedElements(impulse, block);
  const primary = inputs.findIndex(({ shape }) => elementCount(shape) === wanted);
  const tensor = inputs[primary];
  if (tensor === undefined) {
    const found = inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join('; ');
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `Learn block ${block.id} (${block.name}): the impulse gives ${wanted} numbers, but the model's input is ${found}. ` +
        'Headers and model belong to different versions of the project: download the deployment again.',
    );
  }
  const zeros = inputs.map((input, index) => (index === primary ? undefined : zeroTensor(input)));
  if (impulse.input.inputType !== 'image') return { primary, tensor, zeros };
  return { primary, tensor, zeros, packing: imagePacking(impulse.input, block, tensor) };
}

/** A black picture, or zeros. */
export function emptyInput({ tensor, packing }: InputPlan): SessionInput {
  if (packing === undefined) return zeroTensor(tensor);
  return { pixels: new Uint8Array(packing.width * packing.height * 3), packing };
}

/** The model's inputs in order, with `value` at the place of the primary one. */
export function arrangeInputs(plan: InputPlan, value: SessionInput): SessionInput[] {
  return plan.zeros.map((zeros) => zeros ?? value);
}

/**
 * Model-ready features as the elements of the input tensor: quantised with the tensor's own parameters
 * where it is an integer tensor; an array of the tensor's own type is taken as it is.
 *
 * @throws {InputError} `ERR_INPUT_LENGTH`
 */
export function featureTensor(plan: InputPlan, features: ArrayLike<number> | TensorData): TensorData {
  const { tensor } = plan;
  const expected = elementCount(tensor.shape);
  if (features.length !== expected) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Expected ${expected} numbers for the model input '${tensor.name}' [${tensor.shape.join(', ')}] but received ${features.length}.`,
    );
  }
  const own = tensorData(tensor.dataType, new ArrayBuffer(0));
  if (ArrayBuffer.isView(features) && features.constructor === own.constructor) return features as TensorData;
  return quantize(features as ArrayLike<number>, tensor);
}

function expectedElements(impulse: Impulse, block: LearnBlock): number {
  const { input } = impulse;
  if (block.modelType === 'anomaly') return block.axes.length;
  if (input.inputType === 'image') return input.width * input.height * (input.channels === 'RGB' ? 3 : 1);
  if (impulse.dspBlocks.length === 0) return input.featureCount;
  const sources = impulse.dspBlocks.filter(
    ({ id }) => block.inputs.length === 0 || block.inputs.includes(id),
  );
  return sources.reduce((sum, { outputSize }) => sum + outputSize, 0);
}

function imagePacking(input: ImageInput, block: LearnBlock, tensor: TensorInfo): Packing {
  return makePacking({
    width: input.width,
    height: input.height,
    channels: input.channels,
    scaling: block.inputScaling,
    layout: imageLayout(input, tensor),
    tensor,
    ...(input.quantizePath !== undefined && { quantizePath: input.quantizePath }),
  });
}

/** One channel is the same memory in both layouts; with three, the place of the 3 tells. */
function imageLayout(input: ImageInput, { shape }: TensorInfo): 'NHWC' | 'NCHW' {
  const [a, b, c] = shape.slice(-3);
  const channelsFirst = a === 3 && b === input.height && c === input.width;
  const channelsLast = c === 3 && a === input.height && b === input.width;
  return channelsFirst && !channelsLast ? 'NCHW' : 'NHWC';
}

function zeroTensor({ dataType, shape }: TensorInfo): TensorData {
  return tensorData(dataType, new ArrayBuffer(Math.max(0, elementCount(shape)) * bytesPerElement(dataType)));
}
