/** Reads the reference vectors in test/golden/preprocess; their format is described in its README. */
import { readFileSync } from 'node:fs';
import type { ImageInputScaling, ResizeMode } from '../../src/deployment/impulse.js';

export interface GoldenArray {
  readonly dtype?: 'float32' | 'int8' | 'uint8' | 'uint32';
  readonly data: string;
}

export interface GoldenPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: string;
  /** A whole PNG or JPEG file, instead of the fields above. */
  readonly encoded?: string;
  readonly decodedWidth?: number;
  readonly decodedHeight?: number;
}

interface Named {
  readonly name: string;
  readonly op: string;
  readonly reference: string;
}

export interface Tolerance {
  readonly maxAbs: number;
  readonly meanAbs?: number;
}

export interface ResizeCase extends Named {
  readonly input: GoldenPicture;
  readonly mode: ResizeMode;
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly channels: 'RGB' | 'Grayscale';
  readonly expected: GoldenPicture;
  readonly tolerance?: Tolerance;
}

export interface ElementRule {
  readonly channels: 'RGB' | 'Grayscale';
  readonly scaling: ImageInputScaling;
  readonly quantization?: {
    readonly dtype: 'int8' | 'uint8';
    readonly scale: number;
    readonly zeroPoint: number;
    readonly path: 'float' | 'image-quantized';
  };
}

export interface ImageBlockCase extends Named, ElementRule {
  readonly input: { readonly width: number; readonly height: number; readonly features: string };
  readonly expected: GoldenArray;
}

export interface PipelineCase extends Named, ElementRule {
  readonly input: GoldenPicture;
  readonly mode: ResizeMode;
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly expected: { readonly features: string; readonly tensor: GoldenArray };
}

interface GoldenBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface BoxesCase extends Named {
  readonly mode: ResizeMode;
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly boxes: readonly GoldenBox[];
  readonly expected: readonly GoldenBox[];
}

export interface RawCase extends Named {
  readonly parameters: { readonly axes: number; readonly scale_axes: number };
  readonly input: GoldenArray;
  readonly expected: GoldenArray;
}

export function goldenCases<T extends Named>(file: string): readonly T[] {
  const url = new URL(`../golden/preprocess/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).cases;
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** The array in its own element type (uint8 where none is stated). */
export function arrayOf({ data, dtype = 'uint8' }: GoldenArray) {
  const { buffer } = bytesOf(data);
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
      return new Uint8Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
  }
}

/** Largest and mean absolute difference; another length is infinitely far away. */
export function difference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { largest: number; mean: number; at: number } {
  if (a.length !== b.length) return { largest: Infinity, mean: Infinity, at: -1 };
  let largest = 0;
  let sum = 0;
  let at = -1;
  for (let index = 0; index < a.length; index++) {
    const distance = Math.abs(a[index]! - b[index]!);
    if (Number.isNaN(distance)) return { largest: Infinity, mean: Infinity, at: index };
    sum += distance;
    if (distance > largest) [largest, at] = [distance, index];
  }
  return { largest, mean: sum / a.length, at };
}
