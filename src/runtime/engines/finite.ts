/** Finds NaN and infinity, which an engine would carry into its results without a word. */
import { loadAddon } from '../../native/addon.js';
import type { DataType, TensorData } from '../../tensor.js';

const FLOAT16_EXPONENT = 0x7c00;

/**
 * Copies elements to an array of the same type and length, natively where that is possible.
 *
 * @returns as {@link findNotFinite}; what was copied is of no use where it finds one
 */
export function copyFinite(elements: TensorData, dataType: DataType, target: TensorData): number {
  const native = loadAddon();
  if (native.loaded && elements instanceof Float32Array && target instanceof Float32Array) {
    if (native.addon.copyFinite(elements, target)) return -1;
    return findNotFinite(elements, dataType);
  }
  // Both are of one type.
  (target as Uint8Array).set(elements as Uint8Array);
  return findNotFinite(elements, dataType);
}

/** Index of the first element that is not finite; -1 if all are, or if the type has no such values. */
export function findNotFinite(elements: TensorData, dataType: DataType): number {
  if (elements instanceof Float32Array) {
    return isSumFinite(elements) ? -1 : elements.findIndex((value) => !Number.isFinite(value));
  }
  if (dataType === 'float16' && elements instanceof Uint16Array) {
    return elements.findIndex((bits) => (bits & FLOAT16_EXPONENT) === FLOAT16_EXPONENT);
  }
  return -1;
}

/** x * 0 is 0 for every finite x and NaN for the others; four sums at once, for speed. */
function isSumFinite(elements: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = elements.length - (elements.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += elements[i]! * 0;
    b += elements[i + 1]! * 0;
    c += elements[i + 2]! * 0;
    d += elements[i + 3]! * 0;
  }
  for (let i = whole; i < elements.length; i++) a += elements[i]! * 0;
  return a + b + c + d === 0;
}
