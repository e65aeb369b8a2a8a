/** Butterworth low- and high-pass filters, as a chain of second-order sections. */
const { fround, PI, sin, tan } = Math;

export type FilterType = 'none' | 'low' | 'high';

/** Filters in place, from rest. */
export type Filter = (values: Float32Array) => void;

/**
 * Mixed precision, as in the reference: state and coefficients are float32, some of the sums double.
 *
 * @param order even; of an odd one the last half section is missing, and 0 filters nothing
 * @param frequency Hz
 * @param cutoff Hz
 */
export function butterworth(
  type: Exclude<FilterType, 'none'>,
  order: number,
  frequency: number,
  cutoff: number,
): Filter {
  const sections = Math.floor(order / 2);
  const a = fround(tan((PI * fround(cutoff)) / fround(frequency)));
  const a2 = fround(a * a);
  const gain = new Float32Array(sections);
  const d1 = new Float32Array(sections);
  const d2 = new Float32Array(sections);
  for (let index = 0; index < sections; index++) {
    const r = fround(sin((PI * (2 * index + 1)) / (2 * order)));
    const s = fround(a2 + 2 * a * r + 1);
    gain[index] = (type === 'low' ? a2 : 1) / s;
    d1[index] = (2 * fround(1 - a2)) / s;
    d2[index] = -(a2 - 2 * a * r + 1) / s;
  }
  const middle = type === 'low' ? 2 : -2;
  const w1 = new Float32Array(sections);
  const w2 = new Float32Array(sections);
  return (values) => {
    w1.fill(0);
    w2.fill(0);
    for (let at = 0; at < values.length; at++) {
      let value = values[at]!;
      for (let index = 0; index < sections; index++) {
        const first = w1[index]!;
        const second = w2[index]!;
        const w0 = fround(fround(fround(d1[index]! * first) + fround(d2[index]! * second)) + value);
        value = fround(gain[index]! * (w0 + middle * first + second));
        w2[index] = first;
        w1[index] = w0;
      }
      values[at] = value;
    }
  };
}
