/** How much memory the values between a model's operators need at least. */
import { bytesPerElement, elementCount, isDataType } from '../../tensor.js';
import type { TfliteModel, TfliteTensor } from './model.js';

/**
 * The most bytes of tensors that are needed at the same time, operators taken in the file's order: each tensor that is no
 * constant counts with elements x bytes, from the operator that writes it to the last that reads it; inputs count from the
 * beginning, outputs to the end, variables always. No arena can be smaller; a real one also holds what its kernels need for
 * themselves, and gaps.
 *
 * @returns undefined where the file does not say: a size that only a run decides, several subgraphs, foreign types
 */
export function peakActivationBytes({ subgraphs, buffers }: TfliteModel): number | undefined {
  const [main, ...others] = subgraphs;
  if (main === undefined || others.length > 0) return undefined;
  const { operators, tensors, inputs, outputs } = main;
  const last = operators.length;
  const spans = new Map<number, { from: number; to: number }>();
  const touch = (tensor: number, step: number): void => {
    if (tensor < 0) return;
    const span = spans.get(tensor);
    if (span === undefined) spans.set(tensor, { from: step, to: step });
    else spans.set(tensor, { from: Math.min(span.from, step), to: Math.max(span.to, step) });
  };
  for (const input of inputs) touch(input, 0);
  for (const [step, operator] of operators.entries()) {
    for (const tensor of [...operator.inputs, ...operator.outputs]) touch(tensor, step);
  }
  for (const output of outputs) touch(output, last);

  const changes = new Float64Array(last + 2);
  for (const [index, { from, to }] of spans) {
    const tensor = tensors[index];
    if (tensor === undefined) return undefined;
    if ((buffers[tensor.buffer]?.length ?? 0) > 0) continue;
    const bytes = bytesOf(tensor);
    if (bytes === undefined) return undefined;
    const [start, end] = tensor.isVariable ? [0, last] : [from, to];
    changes[start] = (changes[start] ?? 0) + bytes;
    changes[end + 1] = (changes[end + 1] ?? 0) - bytes;
  }
  let [alive, most] = [0, 0];
  for (const change of changes) {
    alive += change;
    most = Math.max(most, alive);
  }
  return most;
}

function bytesOf({ shape, shapeSignature, dataType }: TfliteTensor): number | undefined {
  const isOpen = shapeSignature?.slice(1).some((size) => size < 0) ?? false;
  if (isOpen || !isDataType(dataType)) return undefined;
  const elements = elementCount(shape);
  return elements < 0 ? undefined : elements * bytesPerElement(dataType);
}
