/** What MFCC, MFE and spectrogram share: a row of features for each frame, then one normalisation of the whole matrix. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';
import type { BlockInput, DspComputation } from './block.js';
import type { FramePlan } from './frames.js';
import type { Normalise } from './normalisation.js';
import { checkOutputSize } from './parameters.js';

/** The two ways of a block differ in how frames are counted by its oldest version. */
export type FramedMode = 'window' | 'continuous';

export interface FramedBlock {
  readonly frames: FramePlan;
  /** Features of a frame. */
  readonly columns: number;
  /** Float operations of a frame, and of the normalisation. */
  readonly frameOperations: number;
  readonly normaliseOperations: number;
  /** What is done to the signal before it is cut; `out` is as long. */
  readonly emphasise?: (signal: Float32Array, out: Float32Array) => void;
  /** Features of the frame that begins at `start`, before normalisation, to `out[at ..]`. */
  row(samples: Float32Array, start: number, out: Float32Array, at: number): void;
  /** Of a matrix with all rows. */
  readonly normalise: Normalise;
}

/** @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT` the window gives another number of features */
export function framedComputation(
  block: DspBlock,
  { samples }: BlockInput,
  framed: FramedBlock,
): DspComputation {
  const { frames, columns } = framed;
  const rows = frames.count(samples);
  checkOutputSize(block, rows * columns);
  const emphasised = new Float32Array(framed.emphasise === undefined ? 0 : samples);
  return {
    outputSize: block.outputSize,
    operations: samples * 2 + rows * framed.frameOperations + framed.normaliseOperations,
    compute(signal, out) {
      framed.emphasise?.(signal, emphasised);
      const source = framed.emphasise === undefined ? signal : emphasised;
      for (let row = 0; row < rows; row++) framed.row(source, row * frames.stride, out, row * columns);
      framed.normalise(out);
    },
  };
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID` */
export function checkOneAxis({ id, type }: DspBlock, axes: number): void {
  if (axes === 1) return;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The '${type}' block ${id} takes one axis, but the headers give it ${axes}.`,
  );
}

/** Rows of the whole matrix. @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT` */
export function rowsOf({ id, type, outputSize }: DspBlock, columns: number): number {
  if (outputSize > 0 && outputSize % columns === 0) return outputSize / columns;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The ${type} block ${id} promises ${outputSize} features, which are no rows of ${columns}. ` +
      'Download the deployment again.',
  );
}
