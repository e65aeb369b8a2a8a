/** Parameters of a processing block as its header states them, checked when they are read. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError, UnsupportedError } from '../../errors.js';

interface Range {
  readonly min?: number;
  readonly max?: number;
  /** Where the header does not state it; without one it must. */
  readonly fallback?: number;
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: it is missing, no finite number, or out of range */
export function realParameter(block: DspBlock, name: string, range: Range = {}): number {
  const { min = -Infinity, max = Infinity, fallback } = range;
  const value = block.parameters[name] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) return value;
  throw invalid(block, name, `a number${inRange(min, max)}`);
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: as {@link realParameter}, and not whole */
export function wholeParameter(block: DspBlock, name: string, range: Range = {}): number {
  const value = realParameter(block, name, range);
  if (Number.isInteger(value)) return value;
  throw invalid(block, name, 'a whole number');
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID` */
export function flagParameter(block: DspBlock, name: string, fallback?: boolean): boolean {
  const value = block.parameters[name] ?? fallback;
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1) return value === 1;
  throw invalid(block, name, 'true or false');
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: none of `values` */
export function choiceParameter<T extends string>(
  block: DspBlock,
  name: string,
  values: readonly T[],
  fallback?: T,
): T {
  const stated = block.parameters[name] ?? fallback;
  const value = values.find((candidate) => candidate === stated);
  if (value !== undefined) return value;
  throw invalid(block, name, `one of ${values.map((candidate) => `'${candidate}'`).join(', ')}`);
}

/** Comma-separated numbers. @throws {DeploymentError} `ERR_METADATA_INVALID` */
export function listParameter(block: DspBlock, name: string): number[] {
  const stated = block.parameters[name];
  const numbers =
    typeof stated === 'string' ? stated.split(',').map(Number) : typeof stated === 'number' ? [stated] : [];
  if (numbers.length > 0 && numbers.every(Number.isFinite)) return numbers;
  throw invalid(block, name, 'numbers, separated by commas');
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: odd, or beyond what headers can state */
export function fftLengthParameter(block: DspBlock): number {
  const length = wholeParameter(block, 'fft_length', { min: 2, max: 65534 });
  if (length % 2 === 0) return length;
  throw invalid(block, 'fft_length', 'an even number');
}

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a version that is not known here */
export function versionOf({ id, type, implementationVersion: version }: DspBlock, newest: number): number {
  if (Number.isInteger(version) && version >= 1 && version <= newest) return version;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    `Version ${version} of the '${type}' block (id ${id}) is not known here; known are 1 to ${newest}. ` +
      'Update impulse-runtime, or compute the features elsewhere and pass them as { tensor }.',
  );
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: the block works on samples in time, and the input has none */
export function frequencyOf({ id, type }: DspBlock, frequencyHz: number): number {
  if (frequencyHz > 0) return frequencyHz;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The '${type}' block ${id} needs the frequency of the samples, but the headers state ${frequencyHz} Hz.`,
  );
}

/** @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT` the parameters give another number of features */
export function checkOutputSize({ id, type, outputSize }: DspBlock, computed: number): void {
  if (computed === outputSize) return;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The ${type} block ${id} promises ${outputSize} features, but its parameters and the window give ${computed}. ` +
      'Download the deployment again.',
  );
}

/** What `name` should be; says what it is. */
export function invalid({ id, type, parameters }: DspBlock, name: string, expected: string): DeploymentError {
  const value = parameters[name];
  const found = value === undefined ? 'missing' : typeof value === 'string' ? `'${value}'` : value;
  return new DeploymentError(
    'ERR_METADATA_INVALID',
    `The '${type}' block ${id}: ${name} is ${found}; expected ${expected}.`,
  );
}

function inRange(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return '';
  if (max === Infinity) return ` of at least ${min}`;
  return min === -Infinity ? ` of at most ${max}` : ` from ${min} to ${max}`;
}
