/** Numbers that a model gives, as the whole pixels and thresholds that decoders compare. */
import type { ObjectDetectionBlock } from '../deployment/impulse.js';
import { DeploymentError } from '../errors.js';

const f = Math.fround;

/** Coordinates are unsigned 32-bit integers in the SDK. */
const MAX_PIXEL = 0xffffffff;

/**
 * Drops the fraction. Negative numbers, for which the SDK's result is not defined, become 0; NaN must be
 * dropped before.
 */
export function toPixel(value: number): number {
  return value > 0 ? Math.min(Math.trunc(value), MAX_PIXEL) : 0;
}

/** NaN stays NaN. */
export function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}

/** A threshold of the block as the float32 that scores are compared with. */
export function threshold(block: ObjectDetectionBlock, key: string): number {
  const value = block.thresholds[key];
  if (value !== undefined) return f(value);
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `Learn block ${block.id} (${block.name}, ${block.lastLayer}) has no threshold '${key}': add it to the description.`,
  );
}
