/** Gray in linear light, as the Node SDK takes it for grayscale models; all arithmetic is float32. */
import { roundHalfEven } from './weighted.js';

const { fround } = Math;

export interface LinearGray {
  /** Light of each byte, 0..1. */
  readonly light: Float32Array;
  /** Shares of R, G and B. */
  readonly shares: Float32Array;
  /** The byte of each 255th of light; the last stands twice. */
  readonly bytes: Uint8Array;
}

const LIGHT = Float32Array.from({ length: 256 }, (_, byte) => lightOf(byte / 255));
const BYTES = Uint8Array.from({ length: 257 }, (_, light) =>
  roundHalfEven(255 * encode(Math.min(light, 255) / 255)),
);

/** libvips from 8.16 on. */
export const LINEAR_GRAY: LinearGray = {
  light: LIGHT,
  shares: Float32Array.of(0.2126, 0.7152, 0.0722),
  bytes: BYTES,
};

/** libvips up to 8.15. */
export const LINEAR_GRAY_8_14: LinearGray = { ...LINEAR_GRAY, shares: Float32Array.of(0.2, 0.7, 0.1) };

/** R G B becomes R = G = B, in place. */
export function toLinearGray({ light, shares, bytes }: LinearGray, pixels: Uint8Array): void {
  const [red, green, blue] = [shares[0]!, shares[1]!, shares[2]!];
  for (let i = 0; i < pixels.length; i += 3) {
    const some = fround(fround(red * light[pixels[i]!]!) + fround(green * light[pixels[i + 1]!]!));
    const y = fround(some + fround(blue * light[pixels[i + 2]!]!));
    const p = Math.min(255, fround(y * 255));
    const whole = Math.trunc(p);
    const from = bytes[whole]!;
    const step = fround((bytes[whole + 1]! - from) * fround(p - whole));
    pixels.fill(roundHalfEven(fround(from + step)), i, i + 3);
  }
}

function lightOf(x: number): number {
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
}

function encode(x: number): number {
  return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
}
