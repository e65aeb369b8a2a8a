const { fround } = Math;

/**
 * y[i] = x[i] - factor * x[i - shift], times `scale`. The first `shift` samples take from the signal's own end, as in the
 * SDK.
 *
 * @param out as long as `signal`, and not the same
 */
export function preEmphasis(
  signal: Float32Array,
  shift: number,
  factor: number,
  scale: number,
  out: Float32Array,
): void {
  const { length } = signal;
  for (let index = 0; index < length; index++) {
    const before = signal[index < shift ? length - shift + index : index - shift]!;
    out[index] = fround(signal[index]! - fround(factor * before)) * scale;
  }
}
