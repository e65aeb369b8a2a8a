/** Checks that operators which slide a window over a picture give what the file says they give. */
import type { TfliteOperator, TfliteOperatorCode, TfliteTensor } from './model.js';
import { readOptions } from './options.js';

const CONVOLUTIONS = ['CONV_2D', 'DEPTHWISE_CONV_2D'] as const;
const POOLS = ['AVERAGE_POOL_2D', 'MAX_POOL_2D', 'L2_POOL_2D'] as const;
type Sliding = (typeof CONVOLUTIONS)[number] | (typeof POOLS)[number];

/** The same in the options of each; the library takes an unknown one for a result of nothing. */
const PADDING_FIELD = 0;
const [SAME, VALID] = [0, 1];

/** Positions of height and width in a tensor of four dimensions. */
const SIDES = [
  [1, 'Height'],
  [2, 'Width'],
] as const;

/**
 * A window that does not fit its picture gives nothing, and kernels divide by the size of what they give. Models whose
 * sizes are left open are not looked at: the library computes those.
 *
 * @returns what is wrong
 */
export function wrongWindow(
  { inputs, outputs, options }: TfliteOperator,
  { name }: TfliteOperatorCode,
  tensors: readonly TfliteTensor[],
): string | undefined {
  if (!isSliding(name) || options === undefined) return undefined;
  const padding = options.table.int8(PADDING_FIELD);
  if (padding !== SAME && padding !== VALID) return `has padding ${padding}`;
  const [picture, filter, result] = [
    tensors[inputs[0] ?? -1],
    tensors[inputs[1] ?? -1],
    tensors[outputs[0] ?? -1],
  ];
  if (!isFixed(picture) || !isFixed(result)) return undefined;
  const values: Readonly<Record<string, unknown>> = { ...readOptions(name, options.table) };
  const pools = POOLS.some((pool) => pool === name);
  if (!pools && filter?.shape.length !== 4) return undefined;
  for (const [axis, side] of SIDES) {
    const window = pools ? Number(values[`filter${side}`]) : (filter?.shape[axis] ?? 1);
    const covered = (window - 1) * Number(values[`dilation${side}`] ?? 1) + 1;
    const size = picture.shape[axis] ?? 0;
    const steps = values.padding === 'same' ? size : size - covered + 1;
    const given = Math.ceil(steps / Number(values[`stride${side}`]));
    const stated = result.shape[axis];
    if (given !== stated) {
      return `gives ${given} pixels of ${side.toLowerCase()} and states ${stated}`;
    }
  }
  return undefined;
}

function isSliding(name: string): name is Sliding {
  return [...CONVOLUTIONS, ...POOLS].some((known) => known === name);
}

function isFixed(tensor: TfliteTensor | undefined): tensor is TfliteTensor {
  return tensor?.shape.length === 4 && !tensor.shape.includes(-1) && !tensor.shapeSignature?.includes(-1);
}
