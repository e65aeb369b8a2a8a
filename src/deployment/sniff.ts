/** What bytes are, told from the bytes alone: extensions lie (`.lite`, `.pack`, a web page named `model.tflite`). */
import { DeploymentError, UnsupportedError } from '../errors.js';
import { isOrt } from './ort.js';
import { looksLikeTfjs } from './tensorflow/tfjs-model.js';
import { isTflite } from './tflite/read.js';

export type ContentKind =
  | 'zip'
  | 'tflite'
  | 'onnx'
  | 'ort'
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

/** Words that every `.eim` holds. */
export const RUNNER_MARKS = ['Edge Impulse Linux impulse runner', 'classify_continuous'];

/** Tags of the fields that can follow the version of an ONNX model: producer, domain, text, graph, ... */
const ONNX_SECOND_TAGS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];
const MAX_ONNX_VERSION = 64;

export function sniff(bytes: Uint8Array): ContentKind {
  if (bytes.length === 0) return 'empty';
  if (isTflite(bytes)) return 'tflite';
  if (isOrt(bytes)) return 'ort';
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
      if (looksLikeTfjs(bytes)) {
        return unrecognised(
          'is a TensorFlow.js model, whose weights lie in other files: open the folder or zip that holds all of them.',
        );
      }
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

/** Refuses what version control or a failed download leaves in place of a text file. */
export function refusePlaceholder(bytes: Uint8Array, where: string): void {
  const kind = sniff(bytes);
  if (kind === 'lfs-pointer' || kind === 'html') throw notADeployment(kind, bytes, where);
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

/** Begins with a small format version (protobuf field 1), then another field of a model. */
function isOnnx([tag, version = 0, next = 0]: Uint8Array): boolean {
  return tag === 0x08 && version > 0 && version <= MAX_ONNX_VERSION && ONNX_SECOND_TAGS.includes(next);
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
