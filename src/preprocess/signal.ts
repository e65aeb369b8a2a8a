/** Time series, audio and other input: from the samples of one window to what the models take. */
import type { DspBlock, Impulse, SignalInput } from '../deployment/impulse.js';
import { DeploymentError, InputError, UnsupportedError } from '../errors.js';
import { checkFinite } from './quantize.js';

const { fround } = Math;

/**
 * The outputs of all DSP blocks of an impulse, one after the other. This version computes the `raw` block,
 * f32(x * scale_axes), and impulses without DSP blocks, whose values pass unchanged.
 *
 * @param values the samples of one window, axes interleaved: t0a0 t0a1 .. t1a0 ..
 * @returns float32 values; the blocks in the impulse's order
 * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE`, `ERR_INPUT_TYPE` (an image impulse)
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a block that this version does not compute
 * @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`: a block that wants more values than the window gives
 */
export function signalFeatures(
  values: ArrayLike<number>,
  { input, dspBlocks }: Pick<Impulse, 'input' | 'dspBlocks'>,
): Float32Array {
  if (input.inputType === 'image') {
    throw new InputError('ERR_INPUT_TYPE', 'This impulse takes pictures, not the samples of a signal.');
  }
  if (values.length !== input.featureCount) {
    const axes = input.axes.length > 1 ? `, axes interleaved (${input.axes.join(', ')})` : '';
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Expected ${input.featureCount} numbers (one window${axes}) but received ${values.length}.`,
    );
  }
  checkFinite(values);
  if (dspBlocks.length === 0) return Float32Array.from(values);
  const outputs = dspBlocks.map((block) => blockOutput(values, input, block));
  const all = new Float32Array(outputs.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const output of outputs) {
    all.set(output, offset);
    offset += output.length;
  }
  return all;
}

function blockOutput(values: ArrayLike<number>, input: SignalInput, block: DspBlock): Float32Array {
  switch (block.type) {
    case 'raw':
      return rawBlock(values, input, block);
    default:
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_BLOCK',
        `This version does not compute the '${block.type}' block (id ${block.id}); it computes 'raw' and 'image'. ` +
          'Compute the processed features elsewhere (the studio shows them) and pass them as { tensor }.',
      );
  }
}

function rawBlock(values: ArrayLike<number>, input: SignalInput, block: DspBlock): Float32Array {
  const seen = pickAxes(values, input, block);
  if (seen.length < block.outputSize) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `The raw block ${block.id} promises ${block.outputSize} features, but a window gives it ${seen.length}. ` +
        'Download the deployment again.',
    );
  }
  const scale = axesScale(block);
  const features = new Float32Array(block.outputSize);
  for (let index = 0; index < features.length; index++) features[index] = fround(seen[index] ?? 0) * scale;
  checkFinite(features);
  return features;
}

function axesScale({ id, parameters: { scale_axes: scale = 1 } }: DspBlock): number {
  if (typeof scale === 'number' && Number.isFinite(scale)) return fround(scale);
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `DSP block ${id}: scale_axes is ${scale}; expected a number.`,
  );
}

/** Only the columns of the interleaved samples that the block names, in its order. */
function pickAxes(values: ArrayLike<number>, input: SignalInput, { id, axes }: DspBlock): ArrayLike<number> {
  const columns = input.axes.length;
  const all = axes.length === columns && axes.every((axis, place) => axis === place);
  if (columns < 2 || axes.length === 0 || all) return values;
  if (axes.some((axis) => axis >= columns)) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `DSP block ${id} reads axis ${Math.max(...axes)}, but the input has only ${columns} (counted from 0).`,
    );
  }
  const picked = new Float32Array(Math.floor(values.length / columns) * axes.length);
  for (let target = 0, row = 0; target < picked.length; row += columns) {
    for (const axis of axes) picked[target++] = values[row + axis] ?? 0;
  }
  return picked;
}
