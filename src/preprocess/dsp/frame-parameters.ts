/** The parameters that all blocks of frames state alike. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { FramedMode } from './framed.js';
import type { FramePlan } from './frames.js';
import { planFrames } from './frames.js';
import type { MelSpec } from './mel-filters.js';
import { invalid, realParameter, wholeParameter } from './parameters.js';

/**
 * @param samples in a window or slice, which a frame must not pass
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 */
export function readFrames(
  block: DspBlock,
  version: number,
  frequency: number,
  samples: number,
  mode: FramedMode,
): FramePlan & { readonly lengthSeconds: number; readonly strideSeconds: number } {
  const lengthSeconds = realParameter(block, 'frame_length', { min: 0 });
  const strideSeconds = realParameter(block, 'frame_stride', { min: 0 });
  const counting = mode === 'continuous' ? Math.max(2, version) : version;
  const frames = planFrames(counting, frequency, lengthSeconds, strideSeconds);
  if (frames.length > samples) {
    const whole = mode === 'window' ? 'window' : 'slice';
    throw invalid(block, 'frame_length', `at most the ${samples} samples of a ${whole}`);
  }
  if (frames.length < 1) throw invalid(block, 'frame_length', 'at least one sample');
  if (frames.stride < 1) throw invalid(block, 'frame_stride', 'at least one sample');
  return { ...frames, lengthSeconds, strideSeconds };
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: among others, filters above half the frequency */
export function readMelSpec(block: DspBlock, version: number, frequency: number, fftLength: number): MelSpec {
  const nyquist = Math.floor(frequency / 2);
  const filters = wholeParameter(block, 'num_filters', { min: 1, max: 10_000 });
  const low = wholeParameter(block, 'low_frequency', { min: 0 });
  const high = wholeParameter(block, 'high_frequency', { min: 0 });
  if (high > nyquist) throw invalid(block, 'high_frequency', `at most ${nyquist} Hz, half of the samples'`);
  const spec = {
    filters,
    fftLength,
    frequency,
    low: version < 4 && low === 0 ? 300 : low,
    high: high === 0 ? nyquist : high,
    version,
  };
  if (spec.low >= spec.high) throw invalid(block, 'low_frequency', `less than ${spec.high} Hz, the highest`);
  return spec;
}
