/** Inputs made for the purpose, the same on every machine: a picture as a camera takes it, a frame, a window of a signal. */
import type { ImageInput, ImpulseInput, SignalInput } from '../deployment/impulse.js';
import { samplePhotograph, sampleWindow } from '../runtime/sample-input.js';
import { kibibytes } from './figure.js';
import type { BenchInput } from './input.js';

/** What cheap cameras send. */
const PHOTO = { width: 640, height: 480 } as const;
const JPEG_QUALITY = 85;

/** A JPEG for pictures, so that decoding and resizing are part of what is measured; a window of samples for signals. */
export async function generatedInput(input: ImpulseInput): Promise<BenchInput> {
  return input.inputType === 'image' ? generatedPhoto() : generatedWindow(input);
}

async function generatedPhoto(): Promise<BenchInput> {
  const { default: sharp } = await import('sharp');
  const { width, height } = PHOTO;
  const raw = { width, height, channels: 3 } as const;
  const jpeg = await sharp(samplePhotograph(width, height), { raw })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return {
    description: `generated photograph, JPEG of ${width} x ${height}, ${kibibytes(jpeg.length)}`,
    bytes: jpeg.length,
    input: { kind: 'picture', base64: jpeg.toString('base64') },
  };
}

/** A frame that needs no resizing. */
export function generatedFrame({ width, height }: ImageInput): BenchInput {
  const data = samplePhotograph(width, height);
  return {
    description: `raw RGB frame of ${width} x ${height}, the size of the model's input`,
    bytes: data.length,
    input: { kind: 'frame', width, height, base64: Buffer.from(data).toString('base64') },
  };
}

function generatedWindow(input: SignalInput): BenchInput {
  const features = sampleWindow(input);
  return {
    description: `generated window of ${features.length} numbers (${input.axes.join(', ')})`,
    bytes: features.length * Float32Array.BYTES_PER_ELEMENT,
    input: { kind: 'features', features },
  };
}
