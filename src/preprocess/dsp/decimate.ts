/** Every third or tenth sample, after a low-pass filter: Chebyshev type I of order 8, ripple 0.05 dB, at 0.8 / ratio. */
const { ceil, fround } = Math;

/** Second-order sections b0 b1 b2 a1 a2, and the state in which each answers 1 with 1. */
interface Section {
  readonly coefficients: readonly [number, number, number, number, number];
  readonly state: readonly [number, number];
}

const BY_3: readonly Section[] = [
  section(
    [3.47995474e-5, 6.95990948e-5, 3.47995474e-5, -1.41690742264, 0.52045529557],
    [1.30948871e-3, -6.64842395e-4],
  ),
  section([1, 2, 1, -1.33427482487, 0.59463195308], [0.0193087012128, -0.0109366392085]),
  section([1, 2, 1, -1.2376751626, 0.72593266112], [0.14854453055, -0.10217301649]),
  section([1, 2, 1, -1.2180861263, 0.89878335813], [0.82506255394, -0.7244268881]),
];

const BY_10: readonly Section[] = [
  section(
    [3.58632432e-9, 7.17264864e-9, 3.58632432e-9, -1.82049686448, 0.8308597403796],
    [1.3807106e-6, -1.14657026e-6],
  ),
  section([1, 2, 1, -1.82895056202, 0.85531737104], [2.0862168863e-4, -1.7823747054e-4]),
  section([1, 2, 1, -1.85173344826, 0.90151610557], [0.01666382091812, -0.01500202073]),
  section([1, 2, 1, -1.8965395962, 0.9644245584643], [0.9773862470493, -0.9420150059171]),
];

/** The ratios that a block can have, each by its stages. */
export const DECIMATION_STAGES: ReadonlyMap<number, readonly (3 | 10)[]> = new Map([
  [1, []],
  [3, [3]],
  [10, [10]],
  [30, [3, 10]],
  [100, [10, 10]],
  [1000, [10, 10, 10]],
]);

/** Samples that remain. */
export function decimatedLength(samples: number, ratio: number): number {
  return ceil(samples / ratio);
}

/**
 * @param source filtered as a whole
 * @param target the first `decimatedLength` places are written; may be `source`
 * @param scratch as long as `source`
 */
export function decimate(
  source: Float32Array,
  ratio: 3 | 10,
  target: Float32Array,
  scratch: Float32Array,
): void {
  scratch.set(source);
  const start = source[0] ?? 0;
  for (const { coefficients, state } of ratio === 3 ? BY_3 : BY_10) {
    const [b0, b1, b2, a1, a2] = coefficients;
    let z0 = fround(state[0] * start);
    let z1 = fround(state[1] * start);
    for (let index = 0; index < scratch.length; index++) {
      const x = scratch[index]!;
      const y = fround(fround(b0 * x) + z0);
      z0 = fround(fround(fround(b1 * x) - fround(a1 * y)) + z1);
      z1 = fround(fround(b2 * x) - fround(a2 * y));
      scratch[index] = y;
    }
  }
  for (let from = 0, to = 0; from < scratch.length; from += ratio, to++) target[to] = scratch[from]!;
}

function section(coefficients: Section['coefficients'], state: Section['state']): Section {
  const [b0, b1, b2, a1, a2] = coefficients;
  return {
    coefficients: [fround(b0), fround(b1), fround(b2), fround(a1), fround(a2)],
    state: [fround(state[0]), fround(state[1])],
  };
}
