/** Which input of a model takes the picture, and of what size. */
import { DeploymentError } from '../../errors.js';
import type { TensorInfo } from '../../tensor.js';
import type { ImageInput } from '../impulse.js';
import { describeTensor } from './model-file.js';

export interface ImageTensor {
  readonly tensor: TensorInfo;
  readonly width: number;
  readonly height: number;
  readonly channels: ImageInput['channels'];
}

type Layout = Omit<ImageTensor, 'tensor'>;

/** The first input that has the shape of one picture; undefined if none has. */
export function findImageTensor(inputs: readonly TensorInfo[]): ImageTensor | undefined {
  for (const tensor of inputs) {
    const [layout, other] = layouts(tensor.shape);
    if (layout !== undefined && other === undefined) return { tensor, ...layout };
  }
  return undefined;
}

/** @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`: no input can take a picture, or its shape fits two layouts */
export function imageTensor(inputs: readonly TensorInfo[], where: string): ImageTensor {
  const found = findImageTensor(inputs);
  if (found !== undefined) return found;
  throw new DeploymentError('ERR_DEPLOYMENT_INCONSISTENT', `${where}: ${whyNot(inputs)}`);
}

/** NHWC and NCHW readings of a shape that make sense. A batch that is left open counts as one. */
function layouts(shape: readonly number[]): Layout[] {
  const [batch, a, b, c, ...more] = shape;
  if (
    a === undefined ||
    b === undefined ||
    c === undefined ||
    more.length > 0 ||
    Math.abs(batch ?? 0) !== 1
  ) {
    return [];
  }
  return [layout(b, a, c), layout(c, b, a)].filter((candidate) => candidate !== undefined);
}

function layout(width: number, height: number, channels: number): Layout | undefined {
  if (width < 1 || height < 1 || (channels !== 1 && channels !== 3)) return undefined;
  return { width, height, channels: channels === 3 ? 'RGB' : 'Grayscale' };
}

function whyNot(inputs: readonly TensorInfo[]): string {
  const found = `the model takes ${inputs.map(describeTensor).join('; ')}`;
  const open = inputs.find(({ shape }) => shape.length === 4 && shape.slice(1).some((size) => size < 0));
  if (open !== undefined) {
    return (
      `${found}, whose width or height is left open (-1). Export the model with a fixed size, ` +
      'for instance [1, 3, 320, 320].'
    );
  }
  if (inputs.some(({ shape }) => layouts(shape).length > 1)) {
    return (
      `${found}, which can be read as height x width x channels and as channels x height x width. ` +
      'Export it with a size other than 1 or 3.'
    );
  }
  return (
    `${found}, but a picture needs [1, height, width, channels] or [1, channels, height, width] with 1 or 3 channels. ` +
    "If the model takes something else, say so: input.inputType 'time-series', 'audio' or 'other'."
  );
}
