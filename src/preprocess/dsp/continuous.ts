/**
 * Slice by slice, as the SDK's continuous classification: frames go on over the borders of slices, the matrix of features
 * moves up, and its normalisation is computed anew from the whole of it.
 */
import type { DspBlock, SignalInput } from '../../deployment/impulse.js';
import { DeploymentError, UnsupportedError } from '../../errors.js';
import { pickAxes } from './axes.js';
import { blockInput } from './block.js';
import { makeContinuousBlock } from './make-block.js';
import { invalid, realParameter } from './parameters.js';
import type { SignalComputation, SignalImpulse } from './signal-computation.js';
import { checkFeatures } from './window.js';

const { floor, fround } = Math;

/**
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a block that needs whole windows, or no block at all
 * @throws {DeploymentError} as `makeDspBlock`; `ERR_METADATA_MISSING`: the headers state no slices
 */
export function makeContinuousComputation({ input, dspBlocks }: SignalImpulse): SignalComputation {
  if (dspBlocks.length === 0) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      'This impulse has no processing block: only MFCC, MFE and spectrogram can be computed slice by slice.',
    );
  }
  const samples = sliceSamples(input);
  const blocks = dspBlocks.map((block) => makeSlicedBlock(block, input, samples));
  const outputSize = blocks.reduce((total, { matrix }) => total + matrix.length, 0);
  let written = 0;
  return {
    inputSize: samples * Math.max(1, input.axes.length),
    operations: blocks.reduce((total, { operations }) => total + operations, outputSize),
    compute(slice) {
      for (const block of blocks) written += block.push(slice);
      if (written < outputSize) return undefined;
      const features = new Float32Array(outputSize);
      let offset = 0;
      for (const { matrix, normalise } of blocks) {
        const out = features.subarray(offset, offset + matrix.length);
        out.set(matrix);
        normalise(out);
        offset += matrix.length;
      }
      checkFeatures(features);
      return features;
    },
  };
}

/** Samples of each axis in a slice. */
function sliceSamples({ sliceSize }: SignalInput): number {
  if (sliceSize !== undefined && Number.isInteger(sliceSize) && sliceSize > 0) return sliceSize;
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    'The headers do not say how many samples a slice has (EI_CLASSIFIER_SLICE_SIZE).',
  );
}

export interface SlicedBlock {
  readonly operations: number;
  /** Features before normalisation, oldest first; zeros where none have come yet. */
  readonly matrix: Float32Array;
  normalise(matrix: Float32Array): void;
  /** @returns how many numbers were written to the end of the matrix */
  push(slice: Float32Array): number;
}

/**
 * @param samples of each axis in a slice
 * @throws as {@link makeContinuousComputation}
 */
export function makeSlicedBlock(block: DspBlock, input: SignalInput, samples: number): SlicedBlock {
  const { axes, pick } = pickAxes(block, input);
  const seen = { ...blockInput(input, axes), samples };
  const framed = makeContinuousBlock(block, seen);
  const { length, stride } = carriedFrame(block, seen.frequencyHz);
  const matrix = new Float32Array(block.outputSize);
  const most = framed.frames.count(samples);
  if (most * framed.columns > matrix.length) throw tooLong(block, samples);

  const emphasised = new Float32Array(framed.emphasise === undefined ? 0 : samples);
  const carried = new Float32Array(length);
  let carriedCount = 0;

  function write(source: Float32Array, from: number, count: number): number {
    const size = count * framed.columns;
    matrix.copyWithin(0, size);
    const at = matrix.length - size;
    for (let frame = 0; frame < count; frame++) {
      framed.row(source, from + frame * framed.frames.stride, matrix, at + frame * framed.columns);
    }
    return size;
  }

  return {
    matrix,
    normalise: framed.normalise,
    operations:
      2 * samples + (most + 1) * framed.frameOperations + framed.normaliseOperations + matrix.length,
    push(whole) {
      const slice = pick(whole);
      framed.emphasise?.(slice, emphasised);
      const signal = framed.emphasise === undefined ? slice : emphasised;
      let written = 0;
      while (carriedCount > 0) {
        carried.set(signal.subarray(0, length - carriedCount), carriedCount);
        written += write(carried, 0, framed.frames.count(length));
        carried.copyWithin(0, stride);
        carriedCount -= stride;
      }
      const offset = -carriedCount;
      carriedCount = 0;
      if (offset >= samples) return written;
      const count = framed.frames.count(samples - offset);
      written += write(signal, offset, count);
      const used = (count - 1) * framed.frames.stride + framed.frames.length;
      const left = samples - offset - used + length - stride;
      if (left > 0) {
        carried.set(signal.subarray(samples - left));
        carriedCount = left;
      }
      return written;
    },
  };
}

/**
 * The frame that goes on in the next slice has whole samples, rounded down whatever the frames are.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 */
function carriedFrame(block: DspBlock, frequencyHz: number): { length: number; stride: number } {
  const frequency = floor(frequencyHz);
  const length = floor(fround(frequency * fround(realParameter(block, 'frame_length'))));
  const stride = floor(fround(frequency * fround(realParameter(block, 'frame_stride'))));
  if (length < stride || stride < 1) {
    throw invalid(block, 'frame_length', 'at least the frame_stride, for slice by slice');
  }
  return { length, stride };
}

function tooLong({ id, type }: DspBlock, samples: number): DeploymentError {
  return new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The ${type} block ${id}: a slice of ${samples} samples gives more features than a window. ` +
      'Download the deployment again.',
  );
}
