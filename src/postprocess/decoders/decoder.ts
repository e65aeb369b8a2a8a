/** What a decoder of an object-detection last layer is. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import type { InputSize, PixelBox } from '../results.js';
import { describeShape, isDynamic, isTable } from '../shapes.js';

/** One last layer. `decode` is called only with outputs in which `mismatch` finds nothing wrong. */
export interface DetectionDecoder {
  /** Output tensors it reads, at least; more are ignored. */
  readonly tensorCount: number;
  /**
   * Why these outputs do not fit the block, in words: what was expected and what was found. Shapes that are
   * not known yet fit.
   */
  mismatch(outputs: readonly TensorInfo[], block: ObjectDetectionBlock, input: InputSize): string | undefined;
  /** Boxes in the SDK's order, with the SDK's integers. */
  decode(outputs: readonly Tensor[], block: ObjectDetectionBlock, input: InputSize): PixelBox[];
}

/** The check of layers that read one `[1, rows, columns]` tensor. */
export function tableMismatch(
  tensor: TensorInfo | undefined,
  columns: number,
  columnsInWords: string,
): string | undefined {
  if (tensor === undefined || isDynamic(tensor) || isTable(tensor, columns)) return undefined;
  return `expected an output [1, rows, ${columns}] (${columnsInWords}) but found '${tensor.name}' ${describeShape(tensor)}`;
}

/** The first output; `decode` implementations call it after the count was checked. */
export function firstTensor(outputs: readonly Tensor[]): Tensor {
  const [tensor] = outputs;
  if (tensor === undefined) throw new TypeError('A decoder was called without output tensors.');
  return tensor;
}
