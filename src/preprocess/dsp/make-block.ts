/** From a block of the headers to what computes it. */
import type { DspBlock, SignalInput } from '../../deployment/impulse.js';
import { UnsupportedError } from '../../errors.js';
import { pickAxes } from './axes.js';
import type { BlockInput, DspComputation } from './block.js';
import { blockInput } from './block.js';
import { makeFlattenBlock } from './flatten.js';
import type { FramedBlock, FramedMode } from './framed.js';
import { framedComputation } from './framed.js';
import { makeMfcc } from './mfcc.js';
import { makeMfe } from './mfe.js';
import { makeRawBlock } from './raw.js';
import { makeSpectralAnalysisBlock } from './spectral-analysis.js';
import { makeSpectrogram } from './spectrogram.js';

type FramedMaker = (block: DspBlock, input: BlockInput, mode: FramedMode) => FramedBlock;
type BlockMaker = (block: DspBlock, input: BlockInput) => DspComputation;

const FRAMED: ReadonlyMap<string, FramedMaker> = new Map([
  ['mfcc', makeMfcc],
  ['mfe', makeMfe],
  ['spectrogram', makeSpectrogram],
]);

const OTHERS: ReadonlyMap<string, BlockMaker> = new Map([
  ['raw', makeRawBlock],
  ['flatten', makeFlattenBlock],
  ['spectral-analysis', makeSpectralAnalysisBlock],
]);

const COMPUTED = [...OTHERS.keys(), ...FRAMED.keys()].map((type) => `'${type}'`).join(', ');

/** Blocks that are known and can't be computed, and why. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['hr', 'its code is licensed and not published'],
  ['eeg', 'its code is licensed and not published'],
  ['audio-syntiant', 'its results depend on the code of the chip it is made for'],
  ['syntiant-imu', 'its results depend on the code of the chip it is made for'],
  ['tflite', 'it is a model of its own'],
  ['tflite-eon', 'it is a model of its own'],
]);

/**
 * One block, ready: its tables are made, its parameters are checked. Flatten with a moving average remembers windows.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a block or version that is not computed here
 * @throws {DeploymentError} `ERR_METADATA_INVALID`: a parameter that no block has; `ERR_DEPLOYMENT_INCONSISTENT`: another
 *   number of features than promised, or an axis that the input does not have
 */
export function makeDspBlock(block: DspBlock, input: SignalInput): DspComputation {
  const { axes, pick } = pickAxes(block, input);
  const seen = blockInput(input, axes);
  const computation = makeComputation(block, seen);
  return { ...computation, compute: (signal, out) => computation.compute(pick(signal), out) };
}

function makeComputation(block: DspBlock, input: BlockInput): DspComputation {
  const framed = FRAMED.get(block.type);
  if (framed !== undefined) return framedComputation(block, input, framed(block, input, 'window'));
  const other = OTHERS.get(block.type);
  if (other !== undefined) return other(block, input);
  throw unsupported(block);
}

/**
 * A block of frames, for signals that come slice by slice.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: another block; also the first version of MFE and spectrogram, whose
 *   frames depend on what ran before
 * @throws {DeploymentError} as {@link makeDspBlock}
 */
export function makeContinuousBlock(block: DspBlock, input: BlockInput): FramedBlock {
  const framed = FRAMED.get(block.type);
  if (framed === undefined) {
    if (!OTHERS.has(block.type)) throw unsupported(block);
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `The '${block.type}' block (id ${block.id}) needs whole windows: only MFCC, MFE and spectrogram can be computed ` +
        'slice by slice.',
    );
  }
  if (block.type !== 'mfcc' && block.implementationVersion === 1) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `Version 1 of the '${block.type}' block (id ${block.id}) is computed in whole windows only. ` +
        'Train again with the newest version of the block.',
    );
  }
  return framed(block, input, 'continuous');
}

function unsupported({ id, type }: DspBlock): UnsupportedError {
  const reason = REASONS.get(type);
  return new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    `The '${type}' block (id ${id}) is not computed here${reason === undefined ? '' : `: ${reason}`}. Computed are ` +
      `${COMPUTED} and 'image'. Compute the processed features elsewhere (the studio shows them) and pass them as ` +
      '{ tensor }.',
  );
}
