/** What decoders ask of tensor shapes, and how they say what they found instead. */
import type { TensorInfo } from '../tensor.js';

/**
 * True before the first run of a model whose outputs have no fixed size (detection operators): a dimension
 * is -1, or there is none at all.
 */
export function isDynamic({ shape }: TensorInfo): boolean {
  return shape.length === 0 || shape.some((dimension) => dimension < 0);
}

/** `[1, 25200, 85]` */
export function describeShape({ shape }: TensorInfo): string {
  return `[${shape.join(', ')}]`;
}

/** `'scores' [1, 10], 'boxes' [1, 10, 4]` */
export function describeTensors(tensors: readonly TensorInfo[]): string {
  if (tensors.length === 0) return 'none';
  return tensors.map((tensor) => `'${tensor.name}' ${describeShape(tensor)}`).join(', ');
}

/**
 * Whether a tensor is a table of rows with `columns` numbers: `[1, rows, columns]` with any number of
 * dimensions of size 1 before the last.
 */
export function isTable({ shape }: TensorInfo, columns: number): boolean {
  return (
    shape.length >= 2 &&
    shape.at(-1) === columns &&
    shape.slice(0, -1).filter((dimension) => dimension !== 1).length <= 1
  );
}
