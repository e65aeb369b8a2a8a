/** Run-length compressed BMP (RLE8 and RLE4): unpacked to one palette index per pixel. */
import type { BmpHeader } from './bmp-header.js';
import { bmpError } from './bmp-header.js';
import type { EncodedImage } from './image-source.js';

/** Codes that follow a zero byte; from 3 on it is a count of literal pixels. */
const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const MOVE = 2;

/**
 * Pixels that the data skips have index 0. Rows are in the file's order.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE`: the data leaves the picture or ends too early
 */
export function unpackRunLengths(
  { bytes, name }: EncodedImage,
  { width, height, bitsPerPixel, dataOffset }: BmpHeader,
): Uint8Array {
  const perByte = 8 / bitsPerPixel;
  const out = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  let at = dataOffset;

  const take = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw bmpError(name, `is incomplete: its data ends in row ${y} of ${height}`);
    return byte;
  };
  /** Pixel `index` of bytes that hold one or two each. */
  const nibble = (byte: number, index: number): number =>
    perByte === 1 ? byte : index % 2 === 0 ? byte >> 4 : byte & 15;
  const put = (count: number, value: (index: number) => number): void => {
    if (y >= height || x + count > width)
      throw bmpError(name, `is damaged: row ${y} holds more than ${width} pixels`);
    for (let index = 0; index < count; index++) out[y * width + x + index] = value(index);
    x += count;
  };

  for (;;) {
    const count = take();
    const code = take();
    if (count > 0) {
      put(count, (index) => nibble(code, index));
    } else if (code === END_OF_BITMAP) {
      return out;
    } else if (code === END_OF_LINE) {
      x = 0;
      y++;
    } else if (code === MOVE) {
      x += take();
      y += take();
    } else {
      const length = Math.ceil(code / perByte);
      const literal = bytes.subarray(at, at + length);
      at += length + (length % 2);
      if (literal.length < length)
        throw bmpError(name, `is incomplete: its data ends in row ${y} of ${height}`);
      put(code, (index) => nibble(literal[Math.floor(index / perByte)]!, index));
    }
  }
}
