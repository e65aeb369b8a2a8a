/** Spectral analysis, version 1: level, peaks of the spectrum, and power between edges. */
import type { DspBlock } from '../../deployment/impulse.js';
import { copyAxis } from './axes.js';
import type { BlockInput, DspComputation } from './block.js';
import { fftOperations, makeRealFft } from './fft.js';
import {
  checkOutputSize,
  fftLengthParameter,
  frequencyOf,
  listParameter,
  realParameter,
  wholeParameter,
} from './parameters.js';
import { magnitude } from './power-spectrum.js';
import { makeFilter, readFilter } from './spectral-filter.js';
import { rootMeanSquare, subtractMean } from './statistics.js';

const { fround, min } = Math;

/** So many times the peaks wanted are looked at, from the lowest frequency on. */
const CANDIDATES = 10;

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 */
export function makeSpectralPeaks(
  block: DspBlock,
  { samples, axes, frequencyHz }: BlockInput,
): DspComputation {
  const scale = fround(realParameter(block, 'scale_axes', { fallback: 1 }));
  const frequency = fround(frequencyOf(block, frequencyHz));
  const filter = makeFilter(block, readFilter(block), frequencyHz);
  const fftLength = fftLengthParameter(block);
  const peakCount = wholeParameter(block, 'spectral_peaks_count', { min: 0, max: 255 });
  const threshold = fround(realParameter(block, 'spectral_peaks_threshold'));
  const edges = Float32Array.from(listParameter(block, 'spectral_power_edges'));
  const perAxis = 1 + 2 * peakCount + edges.length - 1;
  checkOutputSize(block, perAxis * axes);

  const fft = makeRealFft(fftLength);
  const spectrum = new Float32Array(2 * fft.bins);
  const sizes = new Float32Array(fft.bins);
  const values = new Float32Array(samples);
  const segment = min(fftLength, samples);
  const head = values.subarray(0, segment);
  const findPeaks = makePeakFinder(peakCount, threshold, binFrequencies(fftLength, frequency));
  const findPower = makePowerBuckets(edges, fftLength, frequency, segment);

  return {
    outputSize: block.outputSize,
    operations: axes * (samples * 30 + 2 * fftOperations(fftLength) + 20 * fftLength),
    compute(signal, out) {
      for (let axis = 0; axis < axes; axis++) {
        const at = axis * perAxis;
        copyAxis(signal, axis, axes, scale, values);
        subtractMean(values, samples);
        filter(values);
        out[at] = rootMeanSquare(values, samples);

        fft.transform(values, 0, samples, spectrum);
        const share = fround(2 / fftLength);
        for (let bin = 0; bin < fft.bins; bin++) sizes[bin] = magnitude(spectrum, bin) * share;
        findPeaks(sizes, out, at + 1);

        subtractMean(head, segment);
        fft.transform(head, 0, segment, spectrum);
        findPower(spectrum, out, at + 1 + 2 * peakCount);
      }
    },
  };
}

/** Bins as this version numbers them: the last one but one stands at half the sampling frequency. */
function binFrequencies(fftLength: number, frequency: number): Float32Array {
  const count = fftLength / 2;
  const stop = fround(1 / fround(2 * fround(1 / frequency)));
  const step = fround(stop / (count - 1));
  return Float32Array.from({ length: count + 1 }, (_, bin) =>
    bin < count - 1 ? fround(bin * step) : bin === count - 1 ? (count === 1 ? 0 : stop) : 0,
  );
}

/** Pairs of frequency and size, the largest first; zeros where there are too few, or for those below the threshold. */
function makePeakFinder(
  count: number,
  threshold: number,
  frequencies: Float32Array,
): (sizes: Float32Array, out: Float32Array, at: number) => void {
  const room = count * CANDIDATES;
  const found = new Float32Array(2 * room);
  return (sizes, out, at) => {
    let peaks = 0;
    for (let bin = 1; bin < sizes.length - 1 && peaks < room; bin++) {
      const size = sizes[bin]!;
      if (size <= sizes[bin - 1]! || size <= sizes[bin + 1]!) continue;
      const counts = size >= threshold;
      insert(found, peaks++, counts ? frequencies[bin]! : 0, counts ? size : 0);
    }
    for (let place = 0; place < count; place++) {
      const there = place < peaks;
      out[at + 2 * place] = there ? found[2 * place]! : 0;
      out[at + 2 * place + 1] = there ? found[2 * place + 1]! : 0;
    }
  };
}

/** Into pairs that descend by size; behind those of the same size. */
function insert(pairs: Float32Array, count: number, frequency: number, size: number): void {
  let place = count;
  for (; place > 0 && pairs[2 * place - 1]! < size; place--) {
    pairs[2 * place] = pairs[2 * place - 2]!;
    pairs[2 * place + 1] = pairs[2 * place - 1]!;
  }
  pairs[2 * place] = frequency;
  pairs[2 * place + 1] = size;
}

/** Mean power density of the bins between neighbouring edges, divided by 10; 0 where no bin lies. */
function makePowerBuckets(
  edges: Float32Array,
  fftLength: number,
  frequency: number,
  segment: number,
): (spectrum: Float32Array, out: Float32Array, at: number) => void {
  const scale = fround(1 / fround(frequency * segment));
  const spacing = fround(1 / fround(fftLength * fround(1 / frequency)));
  const last = fftLength / 2;
  const bucketOf = Int32Array.from({ length: last + 1 }, (_, bin) => {
    const hertz = fround(bin * spacing);
    return edges.findIndex((edge, index) => hertz >= edge && hertz < (edges[index + 1] ?? -Infinity));
  });
  const buckets = edges.length - 1;
  const counts = Array.from(
    { length: buckets },
    (_, bucket) => bucketOf.filter((of) => of === bucket).length,
  );
  return (spectrum, out, at) => {
    for (let bucket = 0; bucket < buckets; bucket++) {
      let total = 0;
      for (let bin = 0; bin <= last; bin++) {
        if (bucketOf[bin] !== bucket) continue;
        const power = fround(squaredMagnitude(spectrum, bin) * scale);
        total = fround(total + (bin === last ? power : 2 * power));
      }
      const count = counts[bucket]!;
      out[at + bucket] = count === 0 ? 0 : fround(total / count) / 10;
    }
  };
}

function squaredMagnitude(spectrum: Float32Array, bin: number): number {
  const r = spectrum[2 * bin]!;
  const i = spectrum[2 * bin + 1]!;
  return fround(fround(r * r) + fround(i * i));
}
