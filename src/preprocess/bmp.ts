/** Decodes BMP, which libvips does not read: all depths, palettes, masks and run lengths of the format. */
import { setImmediate } from 'node:timers/promises';
import type { BmpHeader, BmpMasks } from './bmp-header.js';
import { bmpError, readBmpHeader, trailingZeros } from './bmp-header.js';
import { unpackRunLengths } from './bmp-run-length.js';
import type { Frame } from './frame-format.js';
import type { EncodedImage } from './image-source.js';

export { isBmp } from './bmp-header.js';

/** Pixels between two breaths: about a millisecond, so that a large file does not hold up the event loop. */
const PIXELS_PER_TURN = 2 ** 17;

/** Writes the pixels of one stored row, which begins at `from`, to `to` on. */
type RowDecoder = (from: number, out: Uint8Array, to: number) => void;

/**
 * RGB, or RGBA where the file has an alpha channel that is not all 0.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE`: damaged, incomplete, or a variant that is not supported; `ERR_INPUT_LIMIT`
 */
export async function decodeBmp(image: EncodedImage): Promise<Frame> {
  const header = readBmpHeader(image);
  const { width, height, topDown } = header;
  const channels = header.masks.alpha === 0 ? 3 : 4;
  const { decodeRow, start, stride } = rowDecoder(image, header);
  const data = new Uint8Array(width * height * channels);
  const rowsPerTurn = Math.max(1, Math.floor(PIXELS_PER_TURN / width));
  for (let row = 0; row < height; row++) {
    const target = topDown ? row : height - 1 - row;
    decodeRow(start + row * stride, data, target * width * channels);
    if ((row + 1) % rowsPerTurn === 0) await setImmediate();
  }
  if (channels === 4) fillEmptyAlpha(data);
  return { data, width, height, format: channels === 3 ? 'RGB' : 'RGBA', stride: width * channels };
}

function rowDecoder(
  image: EncodedImage,
  header: BmpHeader,
): { decodeRow: RowDecoder; start: number; stride: number } {
  const { width, height, bitsPerPixel, dataOffset } = header;
  if (header.runLength) {
    const indices = unpackRunLengths(image, header);
    return { decodeRow: indexedRow(indices, width, 8, header.palette, image.name), start: 0, stride: width };
  }
  const stride = Math.ceil((width * bitsPerPixel) / 32) * 4;
  // Some writers leave out the padding of the last row.
  const needed = dataOffset + stride * (height - 1) + Math.ceil((width * bitsPerPixel) / 8);
  if (image.bytes.length < needed) {
    throw bmpError(image.name, `is incomplete: ${image.bytes.length} of ${needed} bytes`);
  }
  return { decodeRow: plainRow(image, header), start: dataOffset, stride };
}

function plainRow(
  { bytes, name }: EncodedImage,
  { width, bitsPerPixel, palette, masks }: BmpHeader,
): RowDecoder {
  switch (bitsPerPixel) {
    case 1:
    case 4:
    case 8:
      return indexedRow(bytes, width, bitsPerPixel, palette, name);
    case 24:
      return bgrRow(bytes, width);
    case 16:
    case 32:
      return maskedRow(bytes, width, bitsPerPixel, masks);
  }
}

function bgrRow(bytes: Uint8Array, width: number): RowDecoder {
  return (from, out, to) => {
    for (let at = from, end = from + width * 3, target = to; at < end; at += 3, target += 3) {
      out[target] = bytes[at + 2]!;
      out[target + 1] = bytes[at + 1]!;
      out[target + 2] = bytes[at]!;
    }
  };
}

function indexedRow(
  bytes: Uint8Array,
  width: number,
  bits: 1 | 4 | 8,
  palette: Uint8Array,
  name: string,
): RowDecoder {
  const mask = 2 ** bits - 1;
  const perByte = 8 / bits;
  return (from, out, to) => {
    for (let x = 0, target = to; x < width; x++, target += 3) {
      const byte = bytes[from + Math.floor(x / perByte)]!;
      const index = (byte >> (8 - bits - (x % perByte) * bits)) & mask;
      if (index * 3 >= palette.length) {
        throw bmpError(name, `uses colour ${index}, but its palette has only ${palette.length / 3}`);
      }
      out[target] = palette[index * 3]!;
      out[target + 1] = palette[index * 3 + 1]!;
      out[target + 2] = palette[index * 3 + 2]!;
    }
  };
}

function maskedRow(bytes: Uint8Array, width: number, bits: 16 | 32, masks: BmpMasks): RowDecoder {
  const { red, green, blue, alpha } = masks;
  const channels = [red, green, blue, ...(alpha === 0 ? [] : [alpha])].map(channelReader);
  return (from, out, to) => {
    for (let x = 0, at = from, target = to; x < width; x++, at += bits / 8) {
      const low = bytes[at]! | (bytes[at + 1]! << 8);
      const pixel = bits === 16 ? low : low | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      for (const read of channels) out[target++] = read(pixel);
    }
  };
}

/** The value under a mask, on a scale of 0..255. */
function channelReader(mask: number): (pixel: number) => number {
  const shift = trailingZeros(mask);
  const bits = 32 - Math.clz32(mask >>> shift);
  if (bits >= 8) return (pixel) => ((pixel & mask) >>> (shift + bits - 8)) & 255;
  const scale = Uint8Array.from({ length: 2 ** bits }, (_, value) =>
    Math.round((value * 255) / (2 ** bits - 1)),
  );
  return (pixel) => scale[(pixel & mask) >>> shift]!;
}

/** Many writers state an alpha channel and leave it 0: then it means nothing. */
function fillEmptyAlpha(data: Uint8Array): void {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return;
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
}
