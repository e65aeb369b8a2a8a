/** Power spectra of frames. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';
import type { BlockInput } from './block.js';
import { fftOperations } from './fft.js';
import { readFrames } from './frame-parameters.js';
import type { FramedBlock, FramedMode } from './framed.js';
import { checkOneAxis, rowsOf } from './framed.js';
import { planFrames } from './frames.js';
import { decibelScale, minMaxScale } from './normalisation.js';
import { fftLengthParameter, frequencyOf, realParameter, versionOf } from './parameters.js';
import { makePowerSpectrum } from './power-spectrum.js';

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeSpectrogram(block: DspBlock, input: BlockInput, mode: FramedMode): FramedBlock {
  const version = versionOf(block, 4);
  checkOneAxis(block, input.axes);
  const stated = frequencyOf(block, input.frequencyHz);
  const whole = Math.floor(stated);
  // The one block whose frames are cut at the frequency as it is stated.
  const frames = readFrames(block, version, mode === 'window' ? stated : whole, input.samples, mode);
  if (mode === 'window') {
    checkFrameCount(
      block,
      frames.count(input.samples),
      planFrames(version, whole, frames.lengthSeconds, frames.strideSeconds).count(input.samples),
    );
  }
  const fftLength = fftLengthParameter(block);
  const spectrum = makePowerSpectrum(fftLength);
  const { bins } = spectrum;
  const rows = rowsOf(block, bins);
  const frame = new Float32Array(frames.length);
  const limit = version === 3 ? 1 : Infinity;
  return {
    frames,
    columns: bins,
    frameOperations: fftOperations(fftLength) + 5 * fftLength,
    normaliseOperations: (version < 3 ? 4 : 20) * rows * bins,
    row(samples, start, out, at) {
      if (version === 3) {
        toUnitRange(samples, start, frame);
        spectrum.compute(frame, 0, frames.length, out, at);
      } else {
        spectrum.compute(samples, start, frames.length, out, at);
      }
      for (let bin = at; bin < at + bins; bin++) if (out[bin] === 0) out[bin] = 1e-10;
    },
    normalise:
      version < 3 ? minMaxScale : decibelScale(realParameter(block, 'noise_floor_db', { max: 11 }), 0, limit),
  };
}

/** Whole numbers of 16 bits become -1..1; a frame that is there already stays. */
function toUnitRange(samples: Float32Array, start: number, frame: Float32Array): void {
  let scale = 1;
  for (let index = 0; index < frame.length; index++) {
    const sample = samples[start + index]!;
    frame[index] = sample;
    if (sample < -1 || sample > 1) scale = 1 / 32768;
  }
  if (scale === 1) return;
  for (let index = 0; index < frame.length; index++) frame[index] = frame[index]! * scale;
}

/** The reference refuses a window whose frames at the whole frequency are others. */
function checkFrameCount({ id }: DspBlock, stated: number, whole: number): void {
  if (stated === whole) return;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The spectrogram block ${id}: the window holds ${stated} frames at the stated frequency, but ${whole} at the ` +
      'whole one, and the reference refuses that. Train with a whole frequency.',
  );
}
