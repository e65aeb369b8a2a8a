/** Mel-frequency cepstral coefficients. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { BlockInput } from './block.js';
import { makeDct } from './dct.js';
import { fftOperations } from './fft.js';
import { readFrames, readMelSpec } from './frame-parameters.js';
import type { FramedBlock, FramedMode } from './framed.js';
import { checkOneAxis, rowsOf } from './framed.js';
import { fastLn } from './logarithms.js';
import { applyFilters, melFilters } from './mel-filters.js';
import { localNormalisation } from './normalisation.js';
import {
  fftLengthParameter,
  frequencyOf,
  invalid,
  realParameter,
  versionOf,
  wholeParameter,
} from './parameters.js';
import { makePowerSpectrum } from './power-spectrum.js';
import { preEmphasis } from './pre-emphasis.js';
import { sum } from './statistics.js';

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeMfcc(block: DspBlock, input: BlockInput, mode: FramedMode): FramedBlock {
  const version = versionOf(block, 4);
  checkOneAxis(block, input.axes);
  const frequency = Math.floor(frequencyOf(block, input.frequencyHz));
  const frames = readFrames(block, version, frequency, input.samples, mode);
  const fftLength = fftLengthParameter(block);
  const spec = readMelSpec(block, version, frequency, fftLength);
  if (spec.filters % 2 !== 0) throw invalid(block, 'num_filters', 'an even number');
  const columns = wholeParameter(block, 'num_cepstral', { min: 1, max: spec.filters });
  const windowRows = wholeParameter(block, 'win_size', { min: 0, max: 65535 });
  const factor = Math.fround(realParameter(block, 'pre_cof'));
  const shift = wholeParameter(block, 'pre_shift', { min: 1, max: input.samples });
  const rows = rowsOf(block, columns);

  const filters = melFilters(spec);
  const dct = makeDct(spec.filters);
  const spectrum = makePowerSpectrum(fftLength);
  const power = new Float32Array(spectrum.bins);
  const bands = new Float32Array(spec.filters);
  return {
    frames,
    columns,
    frameOperations:
      fftOperations(fftLength) + fftOperations(spec.filters) + 8 * fftLength + 20 * spec.filters,
    normaliseOperations: 4 * rows * windowRows * columns,
    emphasise: (signal, out) => preEmphasis(signal, shift, factor, 1, out),
    row(samples, start, out, at) {
      spectrum.compute(samples, start, frames.length, power, 0);
      const energy = sum(power, power.length);
      applyFilters(filters, power, bands, 0);
      for (let band = 0; band < bands.length; band++) bands[band] = fastLn(bands[band]!);
      dct.transform(bands);
      bands[0] = fastLn(energy === 0 ? 1e-10 : energy);
      for (let column = 0; column < columns; column++) out[at + column] = bands[column]!;
    },
    normalise: localNormalisation(rows, columns, windowRows, true),
  };
}
