/** Raw frames as callers give them, and the checks after which their rows can be read. */
import { InputError } from '../errors.js';
import { describe, suggest } from '../options.js';
import type { Frame, FrameFormat, FrameFormatAlias, FrameLayout, FrameShape } from './frame-format.js';
import { FRAME_FORMAT_ALIASES, FRAME_FORMATS, frameBytes, minStride } from './frame-format.js';
import { checkPixelCount } from './input-limits.js';

/** Size and layout of frames that say nothing of themselves. */
export type RawFormat = FrameSize & (InChannels | InFormat);

interface FrameSize {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Interleaved bytes, rows from the top, without padding. */
interface InChannels {
  /** 1 = gray, 2 = gray and alpha, 3 = R G B, 4 = R G B A. Alpha is dropped, not composited. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly format?: never;
  readonly stride?: never;
}

interface InFormat {
  /** As cameras and decoders name it: `RGB`, `BGRA`, `YUYV` (or `YUY2`), `NV12`, ... */
  readonly format: FrameFormat | FrameFormatAlias;
  /**
   * Bytes from one row of the first plane to the next. Chroma planes follow without a gap: rows of NV12's take as many
   * bytes (an odd number: one more), rows of I420's the half, rounded up.
   *
   * @default without padding
   */
  readonly stride?: number;
  readonly channels?: never;
}

/** A picture as plain samples, for example from a camera: its layout is `channels`, or `format` and `stride`. */
export type RawFrame = RawFormat & {
  /**
   * All rows; the padding of the last may be missing. Do not change the bytes before the result is there.
   */
  readonly data: Uint8Array | Uint8ClampedArray;
};

/** Strides beyond this are a mistake. */
const MAX_STRIDE = 2 ** 31;

const CHANNELS = { 1: 'GRAY', 2: 'GRAYA', 3: 'RGB', 4: 'RGBA' } as const satisfies Record<
  number,
  FrameLayout
>;

/** What is read of a frame, or of what may not be one. */
export type FrameLike = { readonly [Key in 'data' | keyof RawFrame]?: unknown };

/** Whose words they are: a frame that was given, or a description of frames to come. */
interface Speaker {
  /** As messages begin. */
  readonly where: string;
  readonly code: 'ERR_INPUT_IMAGE' | 'ERR_OPTION_INVALID';
}

const FRAME: Speaker = { where: 'Raw frame', code: 'ERR_INPUT_IMAGE' };

/**
 * @param maxPixels that it may have
 * @throws {InputError} `ERR_INPUT_TYPE`: no bytes; `ERR_INPUT_IMAGE`: size, layout and bytes do not fit; `ERR_INPUT_LIMIT`
 */
export function checkFrame(frame: FrameLike, maxPixels: number): Frame {
  const { data } = frame;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Raw frame: expected data to be a Uint8Array (or Uint8ClampedArray) but received ${describe(data)}.`,
    );
  }
  const shape = frameShape(frame, maxPixels);
  checkLength(shape, data.length);
  return { ...shape, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/**
 * As {@link checkFrame}, for frames whose bytes come later.
 *
 * @throws {InputError} the speaker's code, `ERR_INPUT_LIMIT`
 */
export function frameShape(
  { width, height, channels, format, stride }: Omit<FrameLike, 'data'>,
  maxPixels: number,
  speaker = FRAME,
): FrameShape {
  if (!isSide(width) || !isSide(height)) {
    throw failure(
      speaker,
      `expected width and height to be whole numbers of pixels from 1 on but received ${describe(width)} x ${describe(height)}.`,
    );
  }
  checkPixelCount(width, height, speaker.where, maxPixels);
  const layout = format === undefined ? layoutOf(channels, speaker) : namedLayout(format, channels, speaker);
  if (format === undefined && stride !== undefined) {
    throw failure(speaker, "stride goes with format: say format: 'RGB' (or another) in place of channels.");
  }
  return { format: layout, width, height, stride: strideOf(stride, layout, width, speaker) };
}

function layoutOf(channels: unknown, speaker: Speaker): FrameLayout {
  if (isChannels(channels)) return CHANNELS[channels];
  throw failure(
    speaker,
    'expected channels to be 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA), or else a format ' +
      `(${FRAME_FORMATS.join(', ')}), but received ${describe(channels)}.`,
  );
}

const NAMES: ReadonlyMap<unknown, FrameFormat> = new Map([
  ...FRAME_FORMATS.map((name): [string, FrameFormat] => [name, name]),
  ...Object.entries(FRAME_FORMAT_ALIASES),
]);

function namedLayout(format: unknown, channels: unknown, speaker: Speaker): FrameLayout {
  const layout = NAMES.get(format);
  if (layout === undefined) {
    const names = [...NAMES.keys()].map(String);
    const hint = typeof format === 'string' ? ` ${suggest(format, names)}` : '';
    throw failure(
      speaker,
      `expected format to be one of ${names.join(', ')} but received ${describe(format)}.${hint}`,
    );
  }
  if (channels === undefined || (isChannels(channels) && CHANNELS[channels] === layout)) return layout;
  throw failure(
    speaker,
    `format ${describe(format)} and channels ${describe(channels)} contradict each other: give format alone.`,
  );
}

function isChannels(channels: unknown): channels is keyof typeof CHANNELS {
  return channels === 1 || channels === 2 || channels === 3 || channels === 4;
}

function strideOf(stride: unknown, format: FrameLayout, width: number, speaker: Speaker): number {
  const least = minStride(format, width);
  if (stride === undefined) return least;
  if (typeof stride === 'number' && Number.isInteger(stride) && stride >= least && stride <= MAX_STRIDE) {
    return stride;
  }
  throw failure(
    speaker,
    `expected stride to be a whole number of bytes from ${least} (${width} pixels of ${format}) to ${MAX_STRIDE} ` +
      `but received ${describe(stride)}.`,
  );
}

/** Exact, but for the padding of the last row, which many drivers leave out: a frame of another format is found out. */
function checkLength(shape: FrameShape, length: number): void {
  const { full, needed } = frameBytes(shape);
  if (length >= needed && length <= full) return;
  const least = needed === full ? '' : ` (${needed} without the padding of the last row)`;
  const more = length > full ? ' Pass the part of a larger buffer with subarray().' : '';
  throw failure(
    FRAME,
    `expected ${describeShape(shape)} = ${full} bytes of data${least} but received ${length}.${more}`,
  );
}

/** `640 x 480 NV12`; with the stride where rows are padded. */
export function describeShape({ format, width, height, stride }: FrameShape): string {
  const padded = stride === minStride(format, width) ? '' : ` with a stride of ${stride}`;
  return `${width} x ${height} ${format}${padded}`;
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

function failure({ where, code }: Speaker, message: string): InputError {
  return new InputError(code, `${where}: ${message}`);
}
