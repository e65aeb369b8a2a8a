/**
 * The logarithms of the reference: polynomials in float32, whose errors (up to 1e-3 in `log10`) models have been trained
 * with.
 */
const { abs, fround } = Math;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const [R1, R0, T1, T0] = [0.230836749, -0.279208571, 0.331826031, -0.498910338].map(fround) as Four;
const LN_2 = fround(0.693147182);
const [P3, P2, P1, P0] = [1.23149591368684, -4.11852516267426, 6.02197014179219, -3.13396450166353].map(
  fround,
) as Four;
const LOG10_2 = fround(0.3010299956639812);
type Four = [number, number, number, number];

/** Natural logarithm of a positive float32; NaN of what is none, where the reference gives some number. Products and sums are fused in the reference: a double holds them exactly. */
export function fastLn(value: number): number {
  if (!(value < Infinity)) return Number.NaN;
  float[0] = value;
  const exponent = (bits[0]! - 0x3f2aaaab) & 0xff800000;
  bits[0] = bits[0]! - exponent;
  const f = fround(float[0]! - 1);
  const s = fround(f * f);
  const t = fround(T1 * f + T0);
  const r = fround(fround(fround(R1 * f + R0) * s + t) * s + f);
  return fround(fround(exponent * 2 ** -23) * LN_2 + r);
}

/** Logarithm to base 10 of the size of a float32 other than 0; NaN as {@link fastLn}. */
export function fastLog10(value: number): number {
  if (!(value < Infinity)) return Number.NaN;
  return fround(fastLog2(value) * LOG10_2);
}

function fastLog2(value: number): number {
  float[0] = abs(value);
  let exponent = -126;
  if (bits[0]! < 0x00800000) {
    // Below the normal numbers: 24 places up.
    float[0] = float[0]! * 2 ** 24;
    exponent -= 24;
  }
  exponent += bits[0]! >>> 23;
  bits[0] = (bits[0]! & 0x007fffff) | 0x3f000000;
  const f = float[0]!;
  let y = fround(fround(P3 * f) + P2);
  y = fround(fround(y * f) + P1);
  y = fround(fround(y * f) + P0);
  return fround(y + exponent);
}
