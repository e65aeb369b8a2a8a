/** Writes a zip whose bytes depend on nothing but its files. */
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** So that the same files give the same bytes. */
const MADE = new Date(Date.UTC(1980, 0, 1));
/** Weights hardly shrink, and a file that is stored opens faster. */
const STORED = /\.(tflite|onnx)$/;

/** @returns the bytes of a zip; the same entries give the same bytes */
export async function writeZip(entries: readonly ZipEntry[]): Promise<Uint8Array> {
  const zip = new yazl.ZipFile();
  for (const { name, bytes } of entries) {
    const options = { mtime: MADE, forceDosTimestamp: true, compress: !STORED.test(name) };
    zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), name, options);
  }
  zip.end();
  return buffer(zip.outputStream);
}
