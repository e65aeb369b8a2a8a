/**
 * What the native library takes for granted of operators and what, where it is not so, ends the process: looked at before
 * a model is run, as a file that is only read may hold any graph.
 */
import { DeploymentError } from '../../errors.js';
import type { TfliteModel, TfliteOperator, TfliteOperatorCode, TfliteTensor } from './model.js';
import { wrongConstant } from './verify-constants.js';
import { wrongWindow } from './verify-windows.js';

/** @throws {DeploymentError} `ERR_MODEL_INVALID` */
export function checkOperators({ subgraphs, operatorCodes, buffers }: TfliteModel, name: string): void {
  for (const [graph, { tensors, operators, inputs }] of subgraphs.entries()) {
    const later = new Set(operators.flatMap(({ outputs }) => outputs));
    for (const given of inputs) later.delete(given);
    for (const [i, operator] of operators.entries()) {
      const code = operatorCodes[operator.opcodeIndex];
      if (code === undefined) continue;
      const wrong =
        missingInput(operator, code) ??
        tooEarly(operator, tensors, later) ??
        overwrites(operator, inputs) ??
        mixedTypes(operator, code, tensors) ??
        misfits(operator, code, tensors) ??
        otherType(operator, code, tensors) ??
        wrongConstant(operator, code, tensors, buffers) ??
        wrongWindow(operator, code, tensors);
      for (const computed of operator.outputs) later.delete(computed);
      if (wrong === undefined) continue;
      throw new DeploymentError(
        'ERR_MODEL_INVALID',
        `${name} is damaged: operator ${i} of graph ${graph} (${code.name}) ${wrong}. Download it again.`,
      );
    }
  }
}

/** Operators run in the order of the file, and what has not been computed has no memory yet. */
function tooEarly(
  { inputs }: TfliteOperator,
  tensors: readonly TfliteTensor[],
  later: ReadonlySet<number>,
): string | undefined {
  const early = inputs.find((tensor) => later.has(tensor) && tensors[tensor]?.isVariable === false);
  return early === undefined ? undefined : `reads tensor ${early} before it is computed`;
}

function overwrites({ outputs }: TfliteOperator, given: readonly number[]): string | undefined {
  const input = outputs.find((tensor) => given.includes(tensor));
  return input === undefined ? undefined : `computes tensor ${input}, which is an input`;
}

/** Kernels that read both operands as the type of one. */
const ARITHMETIC: readonly string[] = ['ADD', 'SUB', 'MUL', 'DIV', 'MAXIMUM', 'MINIMUM'];

function mixedTypes(
  { inputs: [left = -1, right = -1] }: TfliteOperator,
  { name }: TfliteOperatorCode,
  tensors: readonly TfliteTensor[],
): string | undefined {
  const [one, other] = [tensors[left]?.dataType, tensors[right]?.dataType];
  return ARITHMETIC.includes(name) && one !== other ? `mixes ${one} and ${other}` : undefined;
}

/** Shapes that do not fit each other: dimensions, from the last, must be equal or 1. */
function misfits(
  { inputs: [left = -1, right = -1] }: TfliteOperator,
  { name }: TfliteOperatorCode,
  tensors: readonly TfliteTensor[],
): string | undefined {
  if (!ARITHMETIC.includes(name)) return undefined;
  const [one = [], other = []] = [tensors[left]?.shape, tensors[right]?.shape];
  const wrong = one.some((size, i) => {
    const facing = other[i + other.length - one.length];
    return facing !== undefined && size > 1 && facing > 1 && size !== facing;
  });
  return wrong ? `joins shapes [${one.join(', ')}] and [${other.join(', ')}]` : undefined;
}

/** Their kernels write the type of their input, wherever. */
const KEEP_TYPE =
  /^(MEAN|SUM|REDUCE_\w+|PAD|PADV2|MIRROR_PAD|RESHAPE|CONV_2D|DEPTHWISE_CONV_2D|\w+_POOL_2D)$/;

function otherType(
  { inputs: [input = -1], outputs: [output = -1] }: TfliteOperator,
  { name }: TfliteOperatorCode,
  tensors: readonly TfliteTensor[],
): string | undefined {
  const [from, to] = [tensors[input]?.dataType, tensors[output]?.dataType];
  return KEEP_TYPE.test(name) && from !== to ? `makes ${to} of ${from}` : undefined;
}

/** From which input on one may be left out; operators that are not here need all. */
const OPTIONAL_FROM: Readonly<Record<string, number>> = {
  CONV_2D: 2,
  CONV_3D: 2,
  CONV_3D_TRANSPOSE: 3,
  DEPTHWISE_CONV_2D: 2,
  FULLY_CONNECTED: 2,
  TRANSPOSE_CONV: 3,
};
/** They leave out what they like, and check it. */
const TAKES_GAPS = /LSTM|RNN|SVDF|^CUSTOM$|^UNKNOWN_/;

/** An operand that the kernel takes for granted. */
function missingInput({ inputs }: TfliteOperator, { name }: TfliteOperatorCode): string | undefined {
  const gap = inputs.indexOf(-1);
  if (gap === -1 || TAKES_GAPS.test(name) || gap >= (OPTIONAL_FROM[name] ?? Infinity)) return undefined;
  return `lacks its input ${gap}`;
}
