/** Size and depth of JPEG and PNG pictures, read from their first bytes: asking libvips takes a thread hop of its own. */

export interface ImageHeader {
  readonly format: 'jpeg' | 'png';
  /** Pixels, as stored. */
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
}

/** Undefined for other formats, and for a header that is not as it should be: the decoder will say what is wrong with it. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = isPng(view) ? readPng(view) : readJpeg(view);
  return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
}

const PNG_SIGNATURE = 0x89504e470d0a1a0an;
const IHDR = 0x49484452;

function isPng(view: DataView): boolean {
  return view.byteLength >= 26 && view.getBigUint64(0) === PNG_SIGNATURE && view.getUint32(12) === IHDR;
}

function readPng(view: DataView): ImageHeader {
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitsPerSample: view.getUint8(24),
  };
}

const SOI = 0xffd8;

/** Segments follow one another up to the frame header, which states the size; those between are passed over. */
function readJpeg(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== SOI) return undefined;
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    if (isFrameHeader(marker)) {
      return {
        format: 'jpeg',
        width: view.getUint16(at + 7),
        height: view.getUint16(at + 5),
        bitsPerSample: view.getUint8(at + 4),
      };
    }
    if (!hasLength(marker)) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15 but for the tables that stand between them: DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Neither the picture itself (SOS, RST, EOI) nor a marker that stands alone. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && !(marker >= 0xd0 && marker <= 0xda);
}
