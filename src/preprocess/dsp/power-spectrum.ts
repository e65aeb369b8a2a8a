/** |X|² / N of the samples of a frame: what the spectra of all blocks are made of. */
import { makeRealFft } from './fft.js';

const { fround, sqrt } = Math;

export interface PowerSpectrum {
  /** fft_length / 2 + 1 */
  readonly bins: number;
  /** Samples beyond `count` count as 0; those beyond the length of the transform are left out. */
  compute(signal: Float32Array, start: number, count: number, out: Float32Array, at: number): void;
}

export function makePowerSpectrum(fftLength: number): PowerSpectrum {
  const fft = makeRealFft(fftLength);
  const spectrum = new Float32Array(2 * fft.bins);
  const share = 1 / fftLength;
  return {
    bins: fft.bins,
    compute(signal, start, count, out, at) {
      fft.transform(signal, start, count, spectrum);
      for (let bin = 0; bin < fft.bins; bin++) {
        const size = magnitude(spectrum, bin);
        out[at + bin] = share * fround(size * size);
      }
    },
  };
}

/** |X| of one bin of an interleaved spectrum. */
export function magnitude(spectrum: Float32Array, bin: number): number {
  const r = spectrum[2 * bin]!;
  const i = spectrum[2 * bin + 1]!;
  return fround(sqrt(fround(fround(r * r) + fround(i * i))));
}
