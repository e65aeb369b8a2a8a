/** Gray in linear light, as the Node SDK takes it for grayscale models; all arithmetic is float32. */
import { roundHalfEven } from './weighted.js';

const { fround } = Math;

export interface LinearGray {
  /** Light of each byte, 0..1. */
  readonly light: Float32Array;
  /** Shares of R, G and B. */
  readonly shares: Float64Array;
  /** In which their sum is taken; all else is float32. */
  readonly precision: 'float32' | 'float64';
  /** The byte of each 255th of light; the last stands twice. */
  readonly bytes: Uint8Array;
}

/** libvips from 8.16 on. */
export const LINEAR_GRAY: LinearGray = {
  ...tables(fround),
  shares: Float64Array.of(0.2126, 0.7152, 0.0722).map(fround),
  precision: 'float32',
};

/** libvips up to 8.15. */
export const LINEAR_GRAY_8_14: LinearGray = {
  ...tables((value) => value),
  shares: Float64Array.of(0.2, 0.7, 0.1),
  precision: 'float64',
};

/** R G B becomes R = G = B, in place. */
export function toLinearGray({ light, shares, precision, bytes }: LinearGray, pixels: Uint8Array): void {
  const round = precision === 'float32' ? fround : (value: number): number => value;
  const [red, green, blue] = [shares[0]!, shares[1]!, shares[2]!];
  for (let i = 0; i < pixels.length; i += 3) {
    const some = round(round(red * light[pixels[i]!]!) + round(green * light[pixels[i + 1]!]!));
    const y = fround(some + round(blue * light[pixels[i + 2]!]!));
    const p = Math.min(255, fround(y * 255));
    const whole = Math.trunc(p);
    const from = bytes[whole]!;
    const step = fround((bytes[whole + 1]! - from) * fround(p - whole));
    pixels.fill(roundHalfEven(fround(from + step)), i, i + 3);
  }
}

/** @param round applied to every constant and step: the library computes in float32 now, and did in float64 once */
function tables(round: (value: number) => number): Pick<LinearGray, 'light' | 'bytes'> {
  const power = (base: number, exponent: number): number => round(round(base) ** round(exponent));
  const offset = round(0.055);
  const whole = round(1 + offset);
  const light = (x: number): number =>
    x <= 0.04045 ? x / round(12.92) : power(round(x + offset) / whole, 2.4);
  const encoded = (x: number): number =>
    x <= 0.0031308 ? round(12.92) * x : round(whole * power(x, round(1 / round(2.4)))) - offset;
  return {
    light: Float32Array.from({ length: 256 }, (_, byte) => light(fround(byte / 255))),
    bytes: Uint8Array.from({ length: 257 }, (_, index) =>
      roundHalfEven(fround(255 * fround(encoded(fround(Math.min(index, 255) / 255))))),
    ),
  };
}
