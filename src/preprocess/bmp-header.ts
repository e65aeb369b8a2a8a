/** The headers of a BMP file: OS/2 1.x and 2.x, and all Windows versions. */
import { InputError } from '../errors.js';
import type { EncodedImage } from './image-source.js';
import { checkPixelCount } from './input-limits.js';

/** Bits of one pixel that hold each channel; 0 for a channel that is not there. */
export interface BmpMasks {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Rows are stored from the top; usually they are from the bottom. */
  readonly topDown: boolean;
  readonly bitsPerPixel: 1 | 4 | 8 | 16 | 24 | 32;
  readonly runLength: boolean;
  /** Where pixel data begins. */
  readonly dataOffset: number;
  /** R G B per colour; for 1, 4 and 8 bits. */
  readonly palette: Uint8Array;
  /** For 16 and 32 bits. */
  readonly masks: BmpMasks;
}

/** Lengths of the known headers: OS/2 1.x; OS/2 2.x short; Windows 3, with masks, NT; OS/2 2.x; Windows 4 and 5. */
const HEADER_SIZES = [12, 16, 40, 52, 56, 64, 108, 124];
const OS2_2_SIZE = 64;
const FILE_HEADER_SIZE = 14;

const COMPRESSION = { none: 0, rle8: 1, rle4: 2, bitfields: 3, alphaBitfields: 6 } as const;

export function isBmp(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 18 &&
    bytes[0] === 0x42 &&
    bytes[1] === 0x4d &&
    HEADER_SIZES.includes(viewOf(bytes).getUint32(FILE_HEADER_SIZE, true))
  );
}

/** @throws {InputError} `ERR_INPUT_IMAGE`, `ERR_INPUT_LIMIT` */
export function readBmpHeader({ bytes, name, maxPixels }: EncodedImage): BmpHeader {
  const view = viewOf(bytes);
  const size = view.getUint32(FILE_HEADER_SIZE, true);
  if (bytes.length < FILE_HEADER_SIZE + size) throw bmpError(name, 'ends within its header');
  const { width, height: signedHeight, bitsPerPixel, compression } = readSizes(view, size);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw bmpError(name, `states a size of ${width}x${signedHeight} pixels`);
  checkPixelCount(width, height, `The image ${name}`, maxPixels);
  const bits = checkFormat(bitsPerPixel, compression, size, name);
  const masks = readMasks(view, size, bits, compression, name);
  const dataOffset = view.getUint32(10, true);
  const tables = FILE_HEADER_SIZE + size + masks.bytes;
  if (dataOffset < tables || dataOffset >= bytes.length) {
    throw bmpError(name, `states that its pixels begin at byte ${dataOffset} of ${bytes.length}`);
  }
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bitsPerPixel: bits,
    runLength: compression === COMPRESSION.rle8 || compression === COMPRESSION.rle4,
    dataOffset,
    palette: bits <= 8 ? readPalette(view, size, tables, dataOffset, bits) : new Uint8Array(0),
    masks,
  };
}

/** @param problem continues "The BMP image 'x' ..." */
export function bmpError(name: string, problem: string): InputError {
  return new InputError(
    'ERR_INPUT_IMAGE',
    `The BMP image ${name} ${problem}. Save it again, for example as PNG.`,
  );
}

function readSizes(view: DataView, size: number) {
  if (size === 12) {
    return {
      width: view.getUint16(18, true),
      height: view.getInt16(20, true),
      bitsPerPixel: view.getUint16(24, true),
      compression: COMPRESSION.none,
    };
  }
  return {
    width: view.getInt32(18, true),
    height: view.getInt32(22, true),
    bitsPerPixel: view.getUint16(28, true),
    compression: size >= 40 ? view.getUint32(30, true) : COMPRESSION.none,
  };
}

/** In OS/2 files, compression 3 and 4 mean something else than in Windows files. */
function checkFormat(
  bits: number,
  compression: number,
  size: number,
  name: string,
): BmpHeader['bitsPerPixel'] {
  const { none, rle8, rle4, bitfields, alphaBitfields } = COMPRESSION;
  const withMasks = compression === bitfields || compression === alphaBitfields;
  if (compression === rle8 && bits === 8) return 8;
  if (compression === rle4 && bits === 4) return 4;
  if (withMasks && size !== OS2_2_SIZE && (bits === 16 || bits === 32)) return bits;
  if (compression === none && (bits === 1 || bits === 4 || bits === 8)) return bits;
  if (compression === none && (bits === 16 || bits === 24 || bits === 32)) return bits;
  throw bmpError(name, `has ${bits} bits per pixel with compression ${compression}, which is not supported`);
}

/** `bytes`: how many the masks take between the header and the palette or pixels. */
function readMasks(
  view: DataView,
  size: number,
  bits: number,
  compression: number,
  name: string,
): BmpMasks & { readonly bytes: number } {
  if (compression !== COMPRESSION.bitfields && compression !== COMPRESSION.alphaBitfields) {
    const [red, green, blue] = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
    return { red, green, blue, alpha: 0, bytes: 0 };
  }
  const start = FILE_HEADER_SIZE + 40;
  const hasAlpha = size >= 56 || compression === COMPRESSION.alphaBitfields;
  const count = hasAlpha ? 4 : 3;
  if (view.byteLength < start + count * 4) throw bmpError(name, 'ends within its header');
  const masks = {
    red: view.getUint32(start, true),
    green: view.getUint32(start + 4, true),
    blue: view.getUint32(start + 8, true),
    alpha: hasAlpha ? view.getUint32(start + 12, true) : 0,
  };
  const limit = 2 ** bits;
  const usable = (mask: number): boolean => mask < limit && isContiguous(mask);
  if (!Object.values(masks).every(usable) || masks.red * masks.green * masks.blue === 0) {
    throw bmpError(name, 'states colour masks that are empty or have gaps');
  }
  return { ...masks, bytes: size === 40 ? count * 4 : 0 };
}

/** One run of set bits, or none. */
function isContiguous(mask: number): boolean {
  const low = mask >>> trailingZeros(mask);
  return (low & (low + 1)) === 0;
}

export function trailingZeros(mask: number): number {
  return mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
}

/** R G B of as many colours as the header states and the file holds, at most one per index. */
function readPalette(view: DataView, size: number, start: number, end: number, bits: number): Uint8Array {
  const entry = size === 12 ? 3 : 4;
  const stated = size >= 40 ? view.getUint32(46, true) : 0;
  const room = Math.floor((end - start) / entry);
  const count = Math.min(stated === 0 ? 2 ** bits : stated, 2 ** bits, room);
  const palette = new Uint8Array(count * 3);
  for (let index = 0; index < count; index++) {
    const at = start + index * entry;
    palette[index * 3] = view.getUint8(at + 2);
    palette[index * 3 + 1] = view.getUint8(at + 1);
    palette[index * 3 + 2] = view.getUint8(at);
  }
  return palette;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
