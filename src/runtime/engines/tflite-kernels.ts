/** Which of the TFLite library's kernels to ask for. */
import type { TfliteModel } from '../../deployment/tflite/model.js';

/** The library's own kernels, without a delegate. */
const BUILT_IN = -1;
/** Flags of the XNNPACK delegate: signed and unsigned 8-bit kernels are used only when asked for. */
const QS8 = 1;
const QU8 = 2;

/**
 * What to try, in order. 8-bit kernels are asked for where the model computes with 8 bits: they are worth
 * up to eight times the speed, and a model that they do not fit makes the whole delegate fail.
 *
 * @param xnnpack whether the delegate may be used at all
 * @returns -1 for the built-in kernels, otherwise the flags of the XNNPACK delegate
 */
export function kernelChoices(model: TfliteModel, xnnpack = true): readonly number[] {
  if (!xnnpack || reshapesConstant(model) || computesInVain(model)) return [BUILT_IN];
  const types = computedTypes(model);
  const flags = (types.has('int8') ? QS8 : 0) | (types.has('uint8') ? QU8 : 0);
  const quantized = flags === (QS8 | QU8) ? [flags, QS8] : flags > 0 ? [flags] : [];
  const float = types.has('float32') ? [0] : [];
  return [...quantized, ...float, BUILT_IN];
}

/** How people call a choice: `xnnpack (QS8, QU8)`, `xnnpack`, `none`. */
export function kernelName(choice: number | undefined = BUILT_IN): string {
  if (choice === BUILT_IN) return 'none';
  const flags = [...((choice & QS8) !== 0 ? ['QS8'] : []), ...((choice & QU8) !== 0 ? ['QU8'] : [])];
  return flags.length === 0 ? 'xnnpack' : `xnnpack (${flags.join(', ')})`;
}

/** The XNNPACK of TFLite 2.9 ends the process at a reshape whose input is a constant; unoptimised graphs may have one. */
function reshapesConstant({ operatorCodes, subgraphs, buffers }: TfliteModel): boolean {
  return subgraphs.some(({ tensors, operators }) =>
    operators.some(({ opcodeIndex, inputs: [input = -1] }) => {
      const buffer = tensors[input]?.buffer ?? 0;
      return operatorCodes[opcodeIndex]?.name === 'RESHAPE' && (buffers[buffer]?.length ?? 0) > 0;
    }),
  );
}

/** It also ends the process where nobody reads what an operator computes; converters leave no such operators behind. */
function computesInVain({ subgraphs }: TfliteModel): boolean {
  return subgraphs.some(({ operators, outputs }) => {
    const read = new Set([...outputs, ...operators.flatMap(({ inputs }) => inputs)]);
    return operators.some((operator) => operator.outputs.some((tensor) => !read.has(tensor)));
  });
}

/** Types of what is computed; constants (8-bit weights of float layers) say nothing. */
function computedTypes({ subgraphs, buffers }: TfliteModel): ReadonlySet<string> {
  const computed = subgraphs.flatMap(({ tensors }) =>
    tensors.filter(({ buffer }) => (buffers[buffer]?.length ?? 0) === 0),
  );
  return new Set(computed.map(({ dataType }) => dataType));
}
