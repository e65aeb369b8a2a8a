/** Reference vectors of processing blocks, as blocks of a deployment. */
import { readFileSync } from 'node:fs';
import type { DspBlock, SignalInput } from '../../../src/deployment/impulse.js';

interface GoldenArray {
  readonly dtype: 'float32' | 'int16';
  readonly length: number;
  readonly data: string;
}

interface Parameters {
  readonly implementation_version?: number;
  readonly axes?: number;
  readonly frequency: number;
  readonly slice_size?: number;
}

export interface DspCase {
  readonly name: string;
  readonly block: string;
  readonly parameters: Parameters & DspBlock['parameters'];
  /** Consecutive windows in the input. */
  readonly windows?: number;
  readonly input: GoldenArray;
  readonly expected: GoldenArray | { readonly error: true; readonly code: number };
}

export interface ContinuousCase extends Omit<DspCase, 'expected'> {
  readonly outputLength: number;
  readonly expected: {
    readonly slices: readonly {
      readonly rowsWritten: number;
      readonly cols: number;
      readonly data: string;
    }[];
  };
}

export interface ScalerCase {
  readonly name: string;
  readonly input: GoldenArray;
  readonly mean: string;
  readonly scale: string;
  readonly expected: GoldenArray;
}

export function casesOf<T>(file: string): readonly T[] {
  const url = new URL(`../../golden/preprocess/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).cases;
}

export function samplesOf({ dtype, data }: GoldenArray): Float32Array {
  return dtype === 'int16' ? Float32Array.from(new Int16Array(bufferOf(data))) : floatsOf(data);
}

export function floatsOf(data: string): Float32Array {
  return new Float32Array(bufferOf(data));
}

function bufferOf(data: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(data, 'base64')).buffer;
}

/** The block of a case, and an input that gives it windows (or slices) of its size. */
export function blockOf(
  { block: type, parameters, input, windows = 1 }: Omit<DspCase, 'expected'>,
  outputSize: number,
): { readonly block: DspBlock; readonly input: SignalInput } {
  const { implementation_version = 1, axes = 1, frequency, slice_size, ...own } = parameters;
  return {
    block: {
      id: 7,
      type,
      implementationVersion: implementation_version,
      axes: Array.from({ length: axes }, (_, index) => index),
      outputSize,
      parameters: own as DspBlock['parameters'],
    },
    input: {
      inputType: 'time-series',
      featureCount: input.length / windows,
      axes: Array.from({ length: axes }, (_, index) => `axis${index}`),
      frequencyHz: frequency,
      ...(slice_size !== undefined && { sliceSize: slice_size }),
    },
  };
}

/** Largest difference relative to the larger of the value and a tenth of the largest, as the tolerances are stated. */
export function largestError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  const top = Array.from(want).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Array.from(want).reduce((largest, value, index) => {
    const error = Math.abs(got[index]! - value) / Math.max(Math.abs(value), 0.1 * top, 1e-30);
    return Number.isNaN(error) ? Infinity : Math.max(largest, error);
  }, 0);
}

export function differing(got: ArrayLike<number>, want: ArrayLike<number>): number {
  return Array.from(want).filter((value, index) => !Object.is(got[index]! + 0, value + 0)).length;
}
