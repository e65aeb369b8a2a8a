/** Checks of the constants that tell operators what to do: axes and paddings. */
import type { TfliteOperator, TfliteOperatorCode, TfliteTensor } from './model.js';

/** Their kernels take the axes as they are, and abort or write elsewhere where a tensor has no such axis. */
const REDUCERS: readonly string[] = [
  'MEAN',
  'SUM',
  'REDUCE_PROD',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'REDUCE_ANY',
  'REDUCE_ALL',
];

/** Their kernels write as much as they are told to. */
const PADDERS: readonly string[] = ['PAD', 'PADV2', 'MIRROR_PAD'];

/** @returns what is wrong with a second input that the file tells: it leads outside the operator's tensors */
export function wrongConstant(
  { inputs: [input = -1, list = -1], outputs: [output = -1] }: TfliteOperator,
  { name }: TfliteOperatorCode,
  tensors: readonly TfliteTensor[],
  buffers: readonly Uint8Array[],
): string | undefined {
  const [from, to] = [tensors[input], tensors[output]];
  const values = constantOf(tensors[list], buffers);
  if (values === undefined || from === undefined || to === undefined) return undefined;
  if (REDUCERS.includes(name)) {
    const rank = from.shape.length;
    const wrong = values.find((axis) => axis < -rank || axis >= rank);
    // Scalars have no axes, and an absent shape can't be told from theirs.
    if (rank > 0 && wrong !== undefined) return `reduces axis ${wrong} of ${rank}`;
  }
  return PADDERS.includes(name) ? wrongPadding(values, from, to) : undefined;
}

function wrongPadding(values: readonly number[], from: TfliteTensor, to: TfliteTensor): string | undefined {
  for (const [axis, size] of from.shape.entries()) {
    const [before = 0, after = 0] = values.slice(axis * 2, axis * 2 + 2);
    if (before < 0 || after < 0) return `pads by ${before} and ${after}`;
    const stated = to.shape[axis];
    if (stated === undefined || isOpen(from, axis) || isOpen(to, axis)) continue;
    if (size + before + after !== stated) {
      return `pads ${size} by ${before} and ${after} and states ${stated}`;
    }
  }
  return undefined;
}

function isOpen({ shape, shapeSignature = shape }: TfliteTensor, axis: number): boolean {
  return shapeSignature[axis] === -1;
}

/** Its numbers; undefined where they are computed. */
function constantOf(
  tensor: TfliteTensor | undefined,
  buffers: readonly Uint8Array[],
): readonly number[] | undefined {
  const bytes = buffers[tensor?.buffer ?? 0];
  if (tensor?.dataType !== 'int32' || bytes === undefined || bytes.length === 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getInt32(i * 4, true));
}
