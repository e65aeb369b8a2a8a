/** Layouts of raw frames, and their rows as interleaved bytes: the oracle of `native/frame_rows.cc`. */

/**
 * Names as in FourCC and FFmpeg; rows from the top. One plane: `RGB`, `BGR` (3 bytes a pixel), `RGBA`, `BGRA` (4), `GRAY`
 * (1), `RGB565` (2, little-endian, red in the high bits), `YUYV`, `UYVY` (4 bytes for two pixels). Several planes:
 * `NV12` (luma, then U and V in turn), `I420` (luma, U, V), with one pair of chroma samples for 2 x 2 pixels.
 */
export const FRAME_FORMATS = [
  'RGB',
  'RGBA',
  'BGR',
  'BGRA',
  'GRAY',
  'YUYV',
  'UYVY',
  'NV12',
  'I420',
  'RGB565',
] as const;
export type FrameFormat = (typeof FRAME_FORMATS)[number];

/** Other names in use. */
export const FRAME_FORMAT_ALIASES = { YUY2: 'YUYV' } as const satisfies Record<string, FrameFormat>;
export type FrameFormatAlias = keyof typeof FRAME_FORMAT_ALIASES;

/** `GRAYA`, gray and alpha, is what `channels: 2` means. */
export type FrameLayout = FrameFormat | 'GRAYA';

/** Bytes per pixel of unpacked rows: gray, gray and alpha, RGB, RGBA. */
export type Bands = 1 | 2 | 3 | 4;

/** Where the samples of a frame lie. */
export interface FrameShape {
  readonly format: FrameLayout;
  /** Pixels, from 1 on. */
  readonly width: number;
  readonly height: number;
  /**
   * Bytes from one row of the first plane to the next. Chroma planes follow the first plane without a gap: the rows of
   * NV12's take as many bytes (an odd number: one more), those of I420's the half, rounded up.
   */
  readonly stride: number;
}

/** A frame that was checked: `data` holds at least `frameBytes(frame).needed` bytes. */
export interface Frame extends FrameShape {
  readonly data: Uint8Array;
}

export function bandsOf(format: FrameLayout): Bands {
  switch (format) {
    case 'GRAY':
      return 1;
    case 'GRAYA':
      return 2;
    case 'RGBA':
    case 'BGRA':
      return 4;
    default:
      return 3;
  }
}

/** Bytes of one row of the first plane without padding: the least that `stride` may be. */
export function minStride(format: FrameLayout, width: number): number {
  switch (format) {
    case 'GRAY':
    case 'NV12':
    case 'I420':
      return width;
    case 'GRAYA':
    case 'RGB565':
      return width * 2;
    case 'RGB':
    case 'BGR':
      return width * 3;
    case 'RGBA':
    case 'BGRA':
      return width * 4;
    case 'YUYV':
    case 'UYVY':
      return half(width) * 4;
  }
}

/** Bytes of a frame with all rows padded, and the least it needs: the last row of the last plane without padding. */
export function frameBytes({ format, width, height, stride }: FrameShape): {
  readonly full: number;
  readonly needed: number;
} {
  const luma = stride * height;
  if (format !== 'NV12' && format !== 'I420') {
    return { full: luma, needed: luma - stride + minStride(format, width) };
  }
  const chroma = chromaStride(format, stride);
  const full = luma + chroma * half(height) * (format === 'I420' ? 2 : 1);
  return { full, needed: full - chroma + half(width) * (format === 'NV12' ? 2 : 1) };
}

/** Rows of a frame as `bands` interleaved bytes a pixel. */
export interface FrameRows {
  readonly bands: Bands;
  /**
   * Row `y` (0 is the top): width x bands bytes, either the frame's own memory or `scratch`.
   *
   * @param scratch width x bands bytes, overwritten
   */
  row(y: number, scratch: Uint8Array): Uint8Array;
}

/**
 * YUV becomes RGB by the integer BT.601 formula of the C++ SDK, chroma is repeated, not interpolated; of RGB565 the high
 * bits of each colour fill its low ones. Gray stays one byte a pixel, and alpha stays.
 */
export function rgbRows(frame: Frame): FrameRows {
  const { format, width, data } = frame;
  const bands = bandsOf(format);
  const convert = rowConverter(frame);
  return {
    bands,
    row(y, scratch) {
      const start = y * frame.stride;
      if (convert === undefined) return data.subarray(start, start + width * bands);
      convert(start, y, scratch);
      return scratch;
    },
  };
}

/** Writes row `y`, whose first plane begins at `start`. */
type RowConverter = (start: number, y: number, out: Uint8Array) => void;

/** None where the frame's own memory is the row. */
function rowConverter({ format, data, width, height, stride }: Frame): RowConverter | undefined {
  const yuv = yuvRow(data, width);
  switch (format) {
    case 'GRAY':
    case 'GRAYA':
    case 'RGB':
    case 'RGBA':
      return undefined;
    case 'BGR':
      return (start, _y, out) => swapRow(data, start, width, 3, out);
    case 'BGRA':
      return (start, _y, out) => swapRow(data, start, width, 4, out);
    case 'RGB565':
      return (start, _y, out) => rgb565Row(data, start, width, out);
    case 'YUYV':
      return (start, _y, out) => yuv(start, 2, start + 1, start + 3, 4, out);
    case 'UYVY':
      return (start, _y, out) => yuv(start + 1, 2, start, start + 2, 4, out);
    case 'NV12':
      return (start, y, out) => {
        const uv = height * stride + (y >> 1) * chromaStride('NV12', stride);
        yuv(start, 1, uv, uv + 1, 2, out);
      };
    case 'I420': {
      const chroma = chromaStride('I420', stride);
      return (start, y, out) => {
        const u = height * stride + (y >> 1) * chroma;
        yuv(start, 1, u, u + half(height) * chroma, 1, out);
      };
    }
  }
}

/** Two pixels share one pair of chroma samples; in a row of odd width the last has one for itself. */
function yuvRow(data: Uint8Array, width: number) {
  return (y: number, lumaStep: number, u: number, v: number, chromaStep: number, out: Uint8Array): void => {
    for (let x = 0, target = 0; x < width; x++, target += 3) {
      const luma = 298 * (data[y + x * lumaStep]! - 16) + 128;
      const blue = data[u + (x >> 1) * chromaStep]! - 128;
      const red = data[v + (x >> 1) * chromaStep]! - 128;
      out[target] = clampByte((luma + 409 * red) >> 8);
      out[target + 1] = clampByte((luma - 100 * blue - 208 * red) >> 8);
      out[target + 2] = clampByte((luma + 516 * blue) >> 8);
    }
  };
}

function swapRow(data: Uint8Array, start: number, width: number, bands: 3 | 4, out: Uint8Array): void {
  for (let from = start, to = 0, end = width * bands; to < end; from += bands, to += bands) {
    out[to] = data[from + 2]!;
    out[to + 1] = data[from + 1]!;
    out[to + 2] = data[from]!;
    if (bands === 4) out[to + 3] = data[from + 3]!;
  }
}

function rgb565Row(data: Uint8Array, start: number, width: number, out: Uint8Array): void {
  for (let from = start, to = 0, end = width * 3; to < end; from += 2, to += 3) {
    const pixel = data[from]! | (data[from + 1]! << 8);
    const red = pixel >> 11;
    const green = (pixel >> 5) & 63;
    const blue = pixel & 31;
    out[to] = (red << 3) | (red >> 2);
    out[to + 1] = (green << 2) | (green >> 4);
    out[to + 2] = (blue << 3) | (blue >> 2);
  }
}

function chromaStride(format: 'NV12' | 'I420', stride: number): number {
  return format === 'NV12' ? half(stride) * 2 : half(stride);
}

/** Samples of a chroma plane along a side of `size` pixels. */
function half(size: number): number {
  return Math.ceil(size / 2);
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
