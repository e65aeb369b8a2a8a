/** Energies of mel bands. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { BlockInput } from './block.js';
import { fftOperations } from './fft.js';
import { readFrames, readMelSpec } from './frame-parameters.js';
import type { FramedBlock, FramedMode } from './framed.js';
import { checkOneAxis, rowsOf } from './framed.js';
import { applyFilters, coarseMelFilters, melFilters } from './mel-filters.js';
import type { Normalise } from './normalisation.js';
import { decibelScale, localNormalisation, minMaxScale } from './normalisation.js';
import { fftLengthParameter, frequencyOf, realParameter, versionOf, wholeParameter } from './parameters.js';
import { makePowerSpectrum } from './power-spectrum.js';
import { preEmphasis } from './pre-emphasis.js';

/** From version 3 on, whatever the header says. */
const EMPHASIS = Math.fround(0.98);
const STEPS = 256;

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeMfe(block: DspBlock, input: BlockInput, mode: FramedMode): FramedBlock {
  const version = versionOf(block, 4);
  checkOneAxis(block, input.axes);
  const frequency = Math.floor(frequencyOf(block, input.frequencyHz));
  const frames = readFrames(block, version, frequency, input.samples, mode);
  const fftLength = fftLengthParameter(block);
  const spec = readMelSpec(block, version, frequency, fftLength);
  const columns = spec.filters;
  const rows = rowsOf(block, columns);
  const filters = version < 3 ? coarseMelFilters(spec) : melFilters(spec);
  const spectrum = makePowerSpectrum(fftLength);
  const power = new Float32Array(spectrum.bins);
  return {
    frames,
    columns,
    frameOperations: fftOperations(fftLength) + 7 * fftLength,
    ...(version < 3 ? averaged(block, rows, columns) : decibels(block, rows * columns)),
    ...(version >= 3 && {
      emphasise: (signal: Float32Array, out: Float32Array) =>
        preEmphasis(signal, 1, EMPHASIS, 1 / 32768, out),
    }),
    row(samples, start, out, at) {
      spectrum.compute(samples, start, frames.length, power, 0);
      applyFilters(filters, power, out, at);
    },
  };
}

type Normalisation = Pick<FramedBlock, 'normalise' | 'normaliseOperations'>;

/** A window of no rows switches the scaling to 0..1 off, too. */
function averaged(block: DspBlock, rows: number, columns: number): Normalisation {
  const windowRows = wholeParameter(block, 'win_size', { min: 0, max: 65535 });
  const lessMean: Normalise = localNormalisation(rows, columns, windowRows, false);
  return {
    normaliseOperations: rows * windowRows * columns,
    normalise(matrix) {
      lessMean(matrix);
      if (windowRows > 0) minMaxScale(matrix);
    },
  };
}

function decibels(block: DspBlock, size: number): Normalisation {
  return {
    normaliseOperations: 20 * size,
    normalise: decibelScale(realParameter(block, 'noise_floor_db', { max: 11 }), STEPS, 1),
  };
}
