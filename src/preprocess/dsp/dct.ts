/** Orthonormal DCT-II in float32, by way of the FFT as in the reference, since another way rounds differently. */
import { makeRealFft } from './fft.js';

const { cos, fround, PI, sin, sqrt } = Math;

export interface Dct {
  /** In place, on the first `length` values. */
  transform(values: Float32Array): void;
}

/** @param length even */
export function makeDct(length: number): Dct {
  const fft = makeRealFft(length);
  const input = new Float32Array(length);
  const spectrum = new Float32Array(2 * fft.bins);
  const angles = Array.from({ length }, (_, index) => fround((index * PI) / (length * 2)));
  const cosines = Float32Array.from(angles, cos);
  const sines = Float32Array.from(angles, sin);
  const firstFactor = fround(sqrt(fround(1 / (4 * length))));
  const factor = fround(sqrt(fround(1 / (2 * length))));
  return {
    transform(values) {
      // Even samples forwards, odd ones backwards.
      for (let index = 0; 2 * index < length; index++) {
        input[index] = values[2 * index]!;
        input[length - 1 - index] = values[2 * index + 1]!;
      }
      fft.transform(input, 0, length, spectrum);
      for (let index = 0; index < length; index++) {
        const mirrored = index >= fft.bins;
        const bin = mirrored ? length - index : index;
        const real = fround(spectrum[2 * bin]! * cosines[index]!);
        const imaginary = fround(spectrum[2 * bin + 1]! * sines[index]!);
        const twice = 2 * fround(mirrored ? real - imaginary : real + imaginary);
        values[index] = twice * (index === 0 ? firstFactor : factor);
      }
    },
  };
}
