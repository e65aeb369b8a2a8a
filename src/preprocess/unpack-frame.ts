/** A whole frame as interleaved bytes, with the native rows where there are any. */
import { loadAddon } from '../native/addon.js';
import type { Bands, Frame } from './frame-format.js';
import { bandsOf, minStride, rgbRows } from './frame-format.js';

/** Interleaved bytes, rows from the top, without padding. */
export interface Interleaved {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: Bands;
}

/**
 * Gray, gray and alpha, RGB or RGBA, on the calling thread. A frame that is so already is returned as it is: the same
 * memory, not a copy.
 */
export function unpackFrame(frame: Frame): Interleaved {
  const { width, height } = frame;
  const channels = bandsOf(frame.format);
  const data = isInterleaved(frame)
    ? frame.data.subarray(0, width * height * channels)
    : unpack(frame, new Uint8Array(width * height * channels));
  return { data, width, height, channels };
}

/** Its rows need no conversion and have no padding between them. */
function isInterleaved({ format, width, stride }: Frame): boolean {
  const plain = format === 'RGB' || format === 'RGBA' || format === 'GRAY' || format === 'GRAYA';
  return plain && stride === minStride(format, width);
}

function unpack(frame: Frame, out: Uint8Array): Uint8Array {
  const native = loadAddon();
  return native.loaded ? native.addon.unpackFrame(frame, out) : unpackFramePortable(frame, out);
}

/** @param out width x height x bands bytes */
export function unpackFramePortable(frame: Frame, out: Uint8Array): Uint8Array {
  const { bands, row } = rgbRows(frame);
  const rowBytes = frame.width * bands;
  for (let y = 0; y < frame.height; y++) {
    const target = out.subarray(y * rowBytes, (y + 1) * rowBytes);
    const bytes = row(y, target);
    if (bytes !== target) target.set(bytes);
  }
  return out;
}
