/** Memory for resized pictures, used again from frame to frame. */

export interface PixelPool {
  /** `bytes` bytes without meaning. */
  take(bytes: number): Uint8Array;
  /** Nobody reads it any more. */
  give(pixels: Uint8Array): void;
}

/** As many as are in work at once in a stream, and a few; more come from overlapping calls, and are let go. */
const KEPT = 4;

export function makePixelPool(): PixelPool {
  const free: Uint8Array[] = [];
  return {
    take(bytes) {
      const pixels = free.pop();
      return pixels?.length === bytes ? pixels : new Uint8Array(bytes);
    },
    give(pixels) {
      if (free.length < KEPT) free.push(pixels);
    },
  };
}
