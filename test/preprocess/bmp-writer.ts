/** Writes BMP files of every variant, for the tests of the reader. */

export interface BmpSpec {
  readonly width: number;
  /** Negative: rows from the top. */
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** 12 = OS/2 1.x, 40 = Windows 3, 56 = with masks, 64 = OS/2 2.x, 108 and 124 = Windows 4 and 5. */
  readonly headerSize?: number;
  /** [R, G, B] per colour. */
  readonly palette?: readonly (readonly number[])[];
  /** Colours that the header states; absent: 0, which means all. */
  readonly statedColours?: number;
  /** R, G, B and perhaps A; in the header where it has room, behind it otherwise. */
  readonly masks?: readonly number[];
  /** Pixel data as it is stored. */
  readonly data: Uint8Array;
  /** Stated begin of the pixel data, if it is to be wrong. */
  readonly dataOffset?: number;
}

export function writeBmp(spec: BmpSpec): Buffer {
  const { headerSize = 40, palette = [], masks = [], data } = spec;
  const entry = headerSize === 12 ? 3 : 4;
  const masksBehind = headerSize === 40 ? masks.length * 4 : 0;
  const tables = 14 + headerSize + masksBehind;
  const offset = tables + palette.length * entry;
  const file = Buffer.alloc(offset + data.length);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(spec.dataOffset ?? offset, 10);
  file.writeUInt32LE(headerSize, 14);
  writeHeader(file, spec, headerSize);
  for (const [index, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + index * 4);
  for (const [index, [red = 0, green = 0, blue = 0]] of palette.entries()) {
    file.set([blue, green, red], tables + index * entry);
  }
  file.set(data, offset);
  return file;
}

function writeHeader(file: Buffer, spec: BmpSpec, headerSize: number): void {
  const { width, height, bits, compression = 0, statedColours = 0 } = spec;
  if (headerSize === 12) {
    file.writeUInt16LE(width, 18);
    file.writeInt16LE(height, 20);
    file.writeUInt16LE(1, 22);
    file.writeUInt16LE(bits, 24);
    return;
  }
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  if (headerSize < 40) return;
  file.writeUInt32LE(compression, 30);
  file.writeUInt32LE(statedColours, 46);
}

/** Rows of `bits` per pixel, each padded to four bytes; bottom row first. `pixel` gives the stored number. */
export function storedRows(
  width: number,
  height: number,
  bits: number,
  pixel: (x: number, y: number) => number,
): Uint8Array {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const start = (height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const value = pixel(x, y);
      if (bits < 8) data[start + Math.floor((x * bits) / 8)]! |= value << (8 - bits - ((x * bits) % 8));
      else
        for (let byte = 0; byte < bits / 8; byte++)
          data[start + (x * bits) / 8 + byte] = value >>> (byte * 8);
    }
  }
  return data;
}
