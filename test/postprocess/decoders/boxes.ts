import type { ObjectDetectionBlock } from '../../../src/deployment/impulse.js';
import { decodeOutputs } from '../../../src/postprocess/decode.js';
import type { InputSize, PixelBox } from '../../../src/postprocess/results.js';
import type { Tensor } from '../../../src/tensor.js';

export function boxesOf(
  block: ObjectDetectionBlock,
  outputs: readonly Tensor[],
  input: InputSize,
): readonly PixelBox[] {
  const decoded = decodeOutputs(block, outputs, input);
  if (decoded.modelType !== 'object-detection') throw new Error('decoded as something else');
  return decoded.boxes;
}
