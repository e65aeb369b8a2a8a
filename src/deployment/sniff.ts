/** What bytes are, told from the bytes alone: extensions lie (`.lite`, `.pack`, a web page named `model.tflite`). */
import { DeploymentError, UnsupportedError } from '../errors.js';
import { isTflite } from './tflite/read.js';

export type ContentKind =
  | 'zip'
  | 'tflite'
  | 'onnx'
  | 'json'
  | 'eim'
  | 'elf'
  | 'mach-o'
  | 'wasm'
  | 'hdf5'
  | 'gzip'
  | 'lfs-pointer'
  | 'html'
  | 'text'
  | 'empty'
  | 'unknown';

const RUNNER_MARKS = ['Edge Impulse Linux impulse runner', 'classify_continuous'];
/** Fields of an ONNX ModelProto: number to protobuf wire type. */
const ONNX_FIELDS: Readonly<Record<number, number>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
};
const ONNX_GRAPH = 7;
const MAX_ONNX_VERSION = 100;

export function sniff(bytes: Uint8Array): ContentKind {
  if (bytes.length === 0) return 'empty';
  if (isTflite(bytes)) return 'tflite';
  if (startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')) return 'zip';
  if (startsWith(bytes, '\x7fELF')) return isRunner(bytes) ? 'eim' : 'elf';
  if (startsWith(bytes, '\xcf\xfa\xed\xfe')) return isRunner(bytes) ? 'eim' : 'mach-o';
  if (startsWith(bytes, '\0asm')) return 'wasm';
  if (startsWith(bytes, '\x89HDF')) return 'hdf5';
  if (startsWith(bytes, '\x1f\x8b')) return 'gzip';
  if (startsWith(bytes, 'version https://git-lfs')) return 'lfs-pointer';
  return sniffText(bytes) ?? (isOnnx(bytes) ? 'onnx' : 'unknown');
}

/**
 * Why a file that should be a model or a download is neither.
 *
 * @param where what people call the file
 */
export function notADeployment(kind: ContentKind, bytes: Uint8Array, where: string): Error {
  const unrecognised = (text: string): Error =>
    new DeploymentError('ERR_DEPLOYMENT_UNRECOGNISED', `${where} ${text}`);
  const unsupported = (text: string): Error =>
    new UnsupportedError('ERR_UNSUPPORTED_FORMAT', `${where} ${text} ${WHAT_TO_DOWNLOAD}`);
  switch (kind) {
    case 'empty':
      return unrecognised('is empty: 0 bytes. Download it again.');
    case 'lfs-pointer':
      return unrecognised(
        "is a Git LFS pointer, not the file itself: run 'git lfs pull' in its repository, or download it again.",
      );
    case 'html':
      return unrecognised(
        `is a web page (${excerpt(bytes)}): the download failed, or needs a login. Download it again.`,
      );
    case 'json':
      return unrecognised(
        'is JSON. If it describes a model, open the model: the description is found beside it.',
      );
    case 'text':
      return unrecognised(
        `is text (${excerpt(bytes)}). Expected a zip, a folder, a .tflite or an .onnx model.`,
      );
    case 'eim':
      return unsupported('is a Linux or macOS runner (.eim), a program with the model inside.');
    case 'elf':
      return unsupported('is an executable (ELF).');
    case 'mach-o':
      return unsupported('is an executable of macOS (Mach-O).');
    case 'wasm':
      return unsupported('is a WebAssembly module.');
    case 'hdf5':
      return unsupported('is a Keras model (HDF5).');
    case 'gzip':
      return unsupported('is compressed with gzip: unpack it first.');
    default:
      return unrecognised(
        `is of no known format (it begins with ${[...bytes.subarray(0, 8)].map(hex).join(' ')}). ` +
          'Expected a zip, a folder, a .tflite or an .onnx model.',
      );
  }
}

/** The advice that ends most refusals. */
export const WHAT_TO_DOWNLOAD =
  'In the Studio, under Deployment, choose "C++ library" with the inferencing engine "TensorFlow Lite" (not EON), ' +
  'or download the float32 or int8 model from the Dashboard.';

function sniffText(bytes: Uint8Array): ContentKind | undefined {
  const start = bytes.subarray(0, 1024);
  if (start.some(isControl)) return undefined;
  const text = Buffer.from(start).toString('latin1').trimStart();
  if (/^(<!doctype html|<html|<\?xml|<head|<body)/i.test(text) || /^404\b/.test(text)) return 'html';
  if (!isUtf8(start)) return undefined;
  return /^[{[]/.test(text) ? 'json' : 'text';
}

/** Control characters that no text holds: all but tab, line ends and the like. */
function isControl(byte: number): boolean {
  return byte < 0x09 || (byte > 0x0d && byte < 0x20);
}

/** The bytes may be cut within a character. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function isRunner(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return RUNNER_MARKS.some((mark) => buffer.includes(mark));
}

/** Walks over the fields of a protobuf message: version first, and a graph among them. */
function isOnnx(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x08) return false;
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (tag === undefined) return false;
    const field = tag.value >>> 3;
    if (ONNX_FIELDS[field] !== (tag.value & 7)) return false;
    const value = readVarint(bytes, tag.end);
    if (value === undefined) return false;
    if (field === 1 && (value.value === 0 || value.value > MAX_ONNX_VERSION)) return false;
    if (field === ONNX_GRAPH) return true;
    at = value.end + ((tag.value & 7) === 2 ? value.value : 0);
  }
  return false;
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, latin1: string): boolean {
  return bytes.length >= latin1.length && [...latin1].every((char, i) => bytes[i] === char.charCodeAt(0));
}

function excerpt(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, 200)).replace(/\s+/g, ' ').trim();
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
