/** The filter that a spectral-analysis block states, and the bins it leaves. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { Filter, FilterType } from './butterworth.js';
import { butterworth } from './butterworth.js';
import { choiceParameter, frequencyOf, realParameter, wholeParameter } from './parameters.js';

const { fround, max, min, trunc } = Math;

export interface SpectralFilter {
  readonly type: FilterType;
  /** Hz */
  readonly cutoff: number;
  readonly order: number;
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID` */
export function readFilter(block: DspBlock): SpectralFilter {
  const type = choiceParameter(block, 'filter_type', ['none', 'low', 'high'], 'none');
  if (type === 'none') return { type, cutoff: 0, order: 0 };
  return {
    type,
    cutoff: fround(realParameter(block, 'filter_cutoff', { min: 0 })),
    order: wholeParameter(block, 'filter_order', { min: 0, max: 255 }),
  };
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: the samples have no frequency */
export function makeFilter(block: DspBlock, filter: SpectralFilter, frequencyHz: number): Filter {
  const { type, order, cutoff } = filter;
  if (type === 'none' || order === 0) return () => {};
  return butterworth(type, order, frequencyOf(block, frequencyHz), cutoff);
}

/** From `start` to before `stop`; never the bin of 0 Hz. A filter of order 0 selects bins too. */
export interface BinRange {
  readonly start: number;
  readonly stop: number;
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: the samples have no frequency */
export function keptBins(
  block: DspBlock,
  { type, cutoff }: SpectralFilter,
  fftLength: number,
  frequencyHz: number,
): BinRange {
  const last = fftLength / 2 + 1;
  if (type === 'none') return { start: 1, stop: last };
  const frequency = fround(frequencyOf(block, frequencyHz));
  const bin = fround(fround(min(cutoff, fround(frequency / 2)) * fftLength) / frequency);
  if (type === 'low') return { start: 1, stop: trunc(bin + 0.5) + 1 };
  return { start: max(1, trunc(bin - 0.5) + 1), stop: last };
}
