/** The EXIF orientation of a JPEG: found, and taken out, so that a browser shows the pixels as they are stored. Knows no browser. */

const ORIENTATION = 0x0112;
const UPRIGHT = 1;

export interface StoredPicture {
  /** As given, but with the orientation "upright". */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** 1..8 as the file states it; 1 where it states none. */
  readonly orientation: number;
}

/** @param bytes of any file; one that is no JPEG is returned as it is */
export function asStored(bytes: Uint8Array<ArrayBuffer>): StoredPicture {
  const place = orientationPlace(bytes);
  if (place === undefined) return { bytes, orientation: UPRIGHT };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const orientation = view.getUint16(place.at, place.little);
  if (orientation < 2 || orientation > 8) return { bytes, orientation: UPRIGHT };
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint16(place.at, UPRIGHT, place.little);
  return { bytes: copy, orientation };
}

interface Place {
  readonly at: number;
  readonly little: boolean;
}

function orientationPlace(bytes: Uint8Array): Place | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = view.getUint16(at);
    // Pixels begin, or this is no marker.
    if (marker === 0xffda || marker < 0xff00) return undefined;
    const size = view.getUint16(at + 2);
    const isExif = marker === 0xffe1 && size >= 16 && text(bytes, at + 4, 6) === 'Exif\0\0';
    if (isExif) return inTiff(view, at + 10, Math.min(bytes.length, at + 2 + size));
    at += 2 + size;
  }
  return undefined;
}

function inTiff(view: DataView, start: number, end: number): Place | undefined {
  if (start + 8 > end) return undefined;
  const little = view.getUint16(start) === 0x4949;
  const directory = start + view.getUint32(start + 4, little);
  if (directory + 2 > end) return undefined;
  const count = view.getUint16(directory, little);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return undefined;
    if (view.getUint16(entry, little) === ORIENTATION) return { at: entry + 8, little };
  }
  return undefined;
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
