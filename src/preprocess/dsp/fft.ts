/**
 * The Fourier transform of real float32 samples, in the order of operations of KissFFT, which the reference SDK uses: a
 * complex transform of half the length over (even, odd) pairs, decimation in time, mixed radix with 4 first, every
 * product and sum rounded to float32. So spectra are equal to the reference's to the last bit.
 */
const { fround } = Math;

export interface RealFft {
  /** Samples; even. */
  readonly length: number;
  /** Bins from 0 to half the sampling frequency: length / 2 + 1. */
  readonly bins: number;
  /**
   * @param start first sample of `signal`; what lies beyond its end counts as 0
   * @param count samples taken, at most `length`; the rest counts as 0
   * @param spectrum filled with `bins` complex numbers, real and imaginary parts interleaved
   */
  transform(signal: Float32Array, start: number, count: number, spectrum: Float32Array): void;
}

/** @param length even, at least 2 */
export function makeRealFft(length: number): RealFft {
  if (!Number.isInteger(length) || length < 2 || length % 2 !== 0) {
    throw new RangeError(`A real FFT has an even length of at least 2, not ${length}.`);
  }
  const half = length / 2;
  const complex = makeComplexFft(half);
  const { work, order } = complex;
  // From the spectrum of the pairs to that of the samples.
  const turns = unitCircle(Math.floor(half / 2), (index) => -Math.PI * ((index + 1) / half + 0.5));
  return {
    length,
    bins: half + 1,
    transform(signal, start, count, spectrum) {
      const end = Math.min(start + Math.min(count, length), signal.length);
      for (let pair = 0; pair < half; pair++) {
        const at = start + 2 * (order[pair] ?? 0);
        work[2 * pair] = at < end ? (signal[at] ?? 0) : 0;
        work[2 * pair + 1] = at + 1 < end ? (signal[at + 1] ?? 0) : 0;
      }
      complex.transform();
      separate(work, half, turns, spectrum);
    },
  };
}

function separate(work: Float32Array, half: number, turns: Float32Array, spectrum: Float32Array): void {
  const evenSum = work[0]!;
  const oddSum = work[1]!;
  spectrum[0] = evenSum + oddSum;
  spectrum[1] = 0;
  spectrum[2 * half] = evenSum - oddSum;
  spectrum[2 * half + 1] = 0;
  for (let k = 1; 2 * k <= half; k++) {
    const other = half - k;
    const ar = work[2 * k]!;
    const ai = work[2 * k + 1]!;
    const br = work[2 * other]!;
    const bi = -work[2 * other + 1]!;
    const sumR = fround(ar + br);
    const sumI = fround(ai + bi);
    const differenceR = fround(ar - br);
    const differenceI = fround(ai - bi);
    const wr = turns[2 * k - 2]!;
    const wi = turns[2 * k - 1]!;
    const tr = fround(fround(differenceR * wr) - fround(differenceI * wi));
    const ti = fround(fround(differenceR * wi) + fround(differenceI * wr));
    spectrum[2 * k] = fround(sumR + tr) * 0.5;
    spectrum[2 * k + 1] = fround(sumI + ti) * 0.5;
    spectrum[2 * other] = fround(sumR - tr) * 0.5;
    spectrum[2 * other + 1] = fround(ti - sumI) * 0.5;
  }
}

/** Rough count of float operations: lengths with large prime factors are slow. */
export function fftOperations(length: number): number {
  return 5 * length * stagesOf(length / 2).reduce((total, { radix }) => total + radix / 2, 1);
}

interface ComplexFft {
  /** Input in the order of `order`, output in natural order; interleaved. */
  readonly work: Float32Array;
  readonly order: Int32Array;
  transform(): void;
}

type Butterfly = (work: Float32Array, first: number, span: number, step: number, turns: Float32Array) => void;

/** One pass over the whole array: `groups` transforms of radix x span numbers each become from `radix` smaller ones. */
interface Stage {
  readonly radix: number;
  /** Length of the smaller transforms. */
  readonly span: number;
  /** Number of transforms side by side; also the step through the table of turns. */
  readonly groups: number;
  readonly butterfly: Butterfly;
}

function makeComplexFft(length: number): ComplexFft {
  const stages = stagesOf(length);
  const work = new Float32Array(2 * length);
  const turns = unitCircle(length, (index) => (-2 * Math.PI * index) / length);
  return {
    work,
    order: inputOrder(length, stages),
    transform() {
      for (let index = stages.length - 1; index >= 0; index--) {
        const { radix, span, groups, butterfly } = stages[index]!;
        for (let group = 0; group < groups; group++) {
          butterfly(work, group * radix * span, span, groups, turns);
        }
      }
    },
  };
}

/** Powers of 4, then 2, 3, 5, 7 ...; what remains when a factor would pass the root of the length is one factor. */
function stagesOf(length: number): Stage[] {
  const stages: Stage[] = [];
  const limit = Math.floor(Math.sqrt(length));
  let rest = length;
  let radix = 4;
  let groups = 1;
  do {
    while (rest % radix !== 0) {
      radix = radix === 4 ? 2 : radix === 2 ? 3 : radix + 2;
      if (radix > limit) radix = rest;
    }
    rest /= radix;
    stages.push({ radix, span: rest, groups, butterfly: BUTTERFLIES.get(radix) ?? anyRadix(radix) });
    groups *= radix;
  } while (rest > 1);
  return stages;
}

/** Which input stands at each place before the first stage. */
function inputOrder(length: number, stages: readonly Stage[]): Int32Array {
  const order = new Int32Array(length);
  for (let place = 0; place < length; place++) {
    let rest = place;
    let source = 0;
    for (const { span, groups } of stages) {
      source += Math.floor(rest / span) * groups;
      rest %= span;
    }
    order[place] = source;
  }
  return order;
}

function unitCircle(count: number, angle: (index: number) => number): Float32Array {
  const points = new Float32Array(2 * count);
  for (let index = 0; index < count; index++) {
    points[2 * index] = Math.cos(angle(index));
    points[2 * index + 1] = Math.sin(angle(index));
  }
  return points;
}

function radix2(work: Float32Array, first: number, span: number, step: number, turns: Float32Array): void {
  for (let k = 0; k < span; k++) {
    const a = 2 * (first + k);
    const b = a + 2 * span;
    const wr = turns[2 * k * step]!;
    const wi = turns[2 * k * step + 1]!;
    const br = work[b]!;
    const bi = work[b + 1]!;
    const tr = fround(fround(br * wr) - fround(bi * wi));
    const ti = fround(fround(br * wi) + fround(bi * wr));
    const ar = work[a]!;
    const ai = work[a + 1]!;
    work[b] = ar - tr;
    work[b + 1] = ai - ti;
    work[a] = ar + tr;
    work[a + 1] = ai + ti;
  }
}

function radix4(work: Float32Array, first: number, span: number, step: number, turns: Float32Array): void {
  for (let k = 0; k < span; k++) {
    const a = 2 * (first + k);
    const b = a + 2 * span;
    const c = b + 2 * span;
    const d = c + 2 * span;
    const t = 2 * k * step;
    const br = fround(fround(work[b]! * turns[t]!) - fround(work[b + 1]! * turns[t + 1]!));
    const bi = fround(fround(work[b]! * turns[t + 1]!) + fround(work[b + 1]! * turns[t]!));
    const cr = fround(fround(work[c]! * turns[2 * t]!) - fround(work[c + 1]! * turns[2 * t + 1]!));
    const ci = fround(fround(work[c]! * turns[2 * t + 1]!) + fround(work[c + 1]! * turns[2 * t]!));
    const dr = fround(fround(work[d]! * turns[3 * t]!) - fround(work[d + 1]! * turns[3 * t + 1]!));
    const di = fround(fround(work[d]! * turns[3 * t + 1]!) + fround(work[d + 1]! * turns[3 * t]!));
    const minusR = fround(work[a]! - cr);
    const minusI = fround(work[a + 1]! - ci);
    const plusR = fround(work[a]! + cr);
    const plusI = fround(work[a + 1]! + ci);
    const sumR = fround(br + dr);
    const sumI = fround(bi + di);
    const differenceR = fround(br - dr);
    const differenceI = fround(bi - di);
    work[c] = plusR - sumR;
    work[c + 1] = plusI - sumI;
    work[a] = plusR + sumR;
    work[a + 1] = plusI + sumI;
    work[b] = minusR + differenceI;
    work[b + 1] = minusI - differenceR;
    work[d] = minusR - differenceI;
    work[d + 1] = minusI + differenceR;
  }
}

function radix3(work: Float32Array, first: number, span: number, step: number, turns: Float32Array): void {
  const third = turns[2 * step * span + 1]!;
  for (let k = 0; k < span; k++) {
    const a = 2 * (first + k);
    const b = a + 2 * span;
    const c = b + 2 * span;
    const t = 2 * k * step;
    const br = fround(fround(work[b]! * turns[t]!) - fround(work[b + 1]! * turns[t + 1]!));
    const bi = fround(fround(work[b]! * turns[t + 1]!) + fround(work[b + 1]! * turns[t]!));
    const cr = fround(fround(work[c]! * turns[2 * t]!) - fround(work[c + 1]! * turns[2 * t + 1]!));
    const ci = fround(fround(work[c]! * turns[2 * t + 1]!) + fround(work[c + 1]! * turns[2 * t]!));
    const sumR = fround(br + cr);
    const sumI = fround(bi + ci);
    const turnedR = fround(fround(br - cr) * third);
    const turnedI = fround(fround(bi - ci) * third);
    const midR = fround(work[a]! - sumR * 0.5);
    const midI = fround(work[a + 1]! - sumI * 0.5);
    work[a] = work[a]! + sumR;
    work[a + 1] = work[a + 1]! + sumI;
    work[c] = midR + turnedI;
    work[c + 1] = midI - turnedR;
    work[b] = midR - turnedI;
    work[b + 1] = midI + turnedR;
  }
}

function radix5(work: Float32Array, first: number, span: number, step: number, turns: Float32Array): void {
  const yar = turns[2 * step * span]!;
  const yai = turns[2 * step * span + 1]!;
  const ybr = turns[4 * step * span]!;
  const ybi = turns[4 * step * span + 1]!;
  for (let k = 0; k < span; k++) {
    const a = 2 * (first + k);
    const b = a + 2 * span;
    const c = b + 2 * span;
    const d = c + 2 * span;
    const e = d + 2 * span;
    const t = 2 * k * step;
    const ar = work[a]!;
    const ai = work[a + 1]!;
    const br = fround(fround(work[b]! * turns[t]!) - fround(work[b + 1]! * turns[t + 1]!));
    const bi = fround(fround(work[b]! * turns[t + 1]!) + fround(work[b + 1]! * turns[t]!));
    const cr = fround(fround(work[c]! * turns[2 * t]!) - fround(work[c + 1]! * turns[2 * t + 1]!));
    const ci = fround(fround(work[c]! * turns[2 * t + 1]!) + fround(work[c + 1]! * turns[2 * t]!));
    const dr = fround(fround(work[d]! * turns[3 * t]!) - fround(work[d + 1]! * turns[3 * t + 1]!));
    const di = fround(fround(work[d]! * turns[3 * t + 1]!) + fround(work[d + 1]! * turns[3 * t]!));
    const er = fround(fround(work[e]! * turns[4 * t]!) - fround(work[e + 1]! * turns[4 * t + 1]!));
    const ei = fround(fround(work[e]! * turns[4 * t + 1]!) + fround(work[e + 1]! * turns[4 * t]!));
    const outerR = fround(br + er);
    const outerI = fround(bi + ei);
    const outerDifferenceR = fround(br - er);
    const outerDifferenceI = fround(bi - ei);
    const innerR = fround(cr + dr);
    const innerI = fround(ci + di);
    const innerDifferenceR = fround(cr - dr);
    const innerDifferenceI = fround(ci - di);
    work[a] = ar + fround(outerR + innerR);
    work[a + 1] = ai + fround(outerI + innerI);
    const nearR = fround(fround(ar + fround(outerR * yar)) + fround(innerR * ybr));
    const nearI = fround(fround(ai + fround(outerI * yar)) + fround(innerI * ybr));
    const nearTurnR = fround(fround(outerDifferenceI * yai) + fround(innerDifferenceI * ybi));
    const nearTurnI = fround(-fround(outerDifferenceR * yai) - fround(innerDifferenceR * ybi));
    work[b] = nearR - nearTurnR;
    work[b + 1] = nearI - nearTurnI;
    work[e] = nearR + nearTurnR;
    work[e + 1] = nearI + nearTurnI;
    const farR = fround(fround(ar + fround(outerR * ybr)) + fround(innerR * yar));
    const farI = fround(fround(ai + fround(outerI * ybr)) + fround(innerI * yar));
    const farTurnR = fround(-fround(outerDifferenceI * ybi) + fround(innerDifferenceI * yai));
    const farTurnI = fround(fround(outerDifferenceR * ybi) - fround(innerDifferenceR * yai));
    work[c] = farR + farTurnR;
    work[c + 1] = farI + farTurnI;
    work[d] = farR - farTurnR;
    work[d + 1] = farI - farTurnI;
  }
}

function anyRadix(radix: number): Butterfly {
  const copy = new Float32Array(2 * radix);
  return (work, first, span, step, turns) => {
    const length = turns.length / 2;
    for (let k = 0; k < span; k++) {
      for (let q = 0; q < radix; q++) {
        copy[2 * q] = work[2 * (first + k + q * span)]!;
        copy[2 * q + 1] = work[2 * (first + k + q * span) + 1]!;
      }
      for (let p = 0; p < radix; p++) {
        const place = k + p * span;
        let r = copy[0]!;
        let i = copy[1]!;
        let turn = 0;
        for (let q = 1; q < radix; q++) {
          turn = (turn + step * place) % length;
          const wr = turns[2 * turn]!;
          const wi = turns[2 * turn + 1]!;
          r = fround(r + fround(fround(copy[2 * q]! * wr) - fround(copy[2 * q + 1]! * wi)));
          i = fround(i + fround(fround(copy[2 * q]! * wi) + fround(copy[2 * q + 1]! * wr)));
        }
        work[2 * (first + place)] = r;
        work[2 * (first + place) + 1] = i;
      }
    }
  };
}

const BUTTERFLIES: ReadonlyMap<number, Butterfly> = new Map([
  [2, radix2],
  [3, radix3],
  [4, radix4],
  [5, radix5],
]);
