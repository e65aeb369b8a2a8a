/** What is classified: a file of the user, or something made for the purpose. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ImpulseInput } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { parseFeatures } from '../preprocess/index.js';
import { kibibytes } from './figure.js';
import { generatedFrame, generatedInput } from './generated-input.js';
import type { TrialInput } from './protocol.js';

export interface BenchInput {
  /** In words. */
  readonly description: string;
  /** As it is handed over. */
  readonly bytes: number;
  readonly input: TrialInput;
}

export type InputChoice =
  | { readonly kind: 'generated' }
  /** A ready raw frame of the model's size. */
  | { readonly kind: 'frame' }
  | { readonly kind: 'file'; readonly input: BenchInput };

/** Raw features are text that begins with a number, with or without brackets; no picture does. */
const FEATURES = /^\ufeff?\s*[[{]*\s*("features"\s*:\s*\[)?\s*[+-]?(0x[0-9a-f]|\.?\d)/i;
/** Bytes that tell which it is. */
const HEAD = 256;

/**
 * A picture, or raw features. It is read once: the disk is not part of what is measured.
 *
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`: it can't be read; and as `parseFeatures()`
 */
export async function fileInput(path: string): Promise<BenchInput> {
  const bytes = await read(path);
  if (!FEATURES.test(bytes.toString('utf8', 0, HEAD))) {
    const description = `${basename(path)}, ${kibibytes(bytes.length)}`;
    return { description, bytes: bytes.length, input: { kind: 'picture', base64: bytes.toString('base64') } };
  }
  const features = parseFeatures(bytes.toString('utf8'));
  const size = features.length * Float32Array.BYTES_PER_ELEMENT;
  const description = `${basename(path)}, ${features.length} numbers`;
  return { description, bytes: size, input: { kind: 'features', features } };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('ERR_INPUT_NOT_FOUND', `No input can be read at '${path}': ${reason}.`, { cause });
  }
}

/** @throws {InputError} `ERR_OPTION_INVALID`: a frame for an impulse that takes no pictures */
export async function inputFor(choice: InputChoice, input: ImpulseInput): Promise<BenchInput> {
  if (choice.kind === 'file') return choice.input;
  if (choice.kind === 'generated') return generatedInput(input);
  if (input.inputType === 'image') return generatedFrame(input);
  throw new InputError(
    'ERR_OPTION_INVALID',
    `A raw frame is a picture, but this impulse takes ${input.inputType} data: leave --frame away.`,
  );
}
