/** Which output of a detection model is which: exports put them in different orders. */
import type { TensorInfo } from '../../tensor.js';
import { isDynamic } from '../shapes.js';

/** Positions among the outputs. */
export interface SsdRoles {
  readonly scores: number;
  readonly boxes: number;
  readonly count: number;
  readonly classes: number;
}

type Role = keyof SsdRoles;

/** The order in which the SDK, and so a deployment's own list of output tensors, has them. */
const SDK_ORDER: readonly Role[] = ['scores', 'boxes', 'count', 'classes'];

/** TensorFlow 1 exports name the outputs of the operator itself, in the operator's order. */
const OPERATOR_NAME = /^TFLite_Detection_PostProcess(?::(\d))?$/;
const OPERATOR_ORDER: readonly Role[] = ['boxes', 'classes', 'scores', 'count'];

/** TensorFlow 2 exports number them by name, alphabetically, whatever the order in the file. */
const SIGNATURE_NAME = /^StatefulPartitionedCall:(\d)$/;
const SIGNATURE_ORDER: readonly Role[] = ['count', 'scores', 'classes', 'boxes'];

/**
 * The role of each output.
 *
 * 1. Listed by the deployment: scores, boxes, count, classes.
 * 2. By name, if all four have the names that TensorFlow gives them.
 * 3. By shape: boxes end in 4, the count is a single number; of the two that are left, scores come first if
 *    one stands before the boxes (TensorFlow 2), else last (TensorFlow 1).
 *
 * @returns `undefined` if the shapes contradict that, `'unknown'` if they are not known yet and must be to tell
 */
export function findRoles(outputs: readonly TensorInfo[], listed: boolean): SsdRoles | 'unknown' | undefined {
  const roles =
    (listed ? inOrder(SDK_ORDER) : undefined) ??
    byName(outputs, OPERATOR_NAME, OPERATOR_ORDER) ??
    byName(outputs, SIGNATURE_NAME, SIGNATURE_ORDER);
  if (roles !== undefined) return shapesFit(outputs, roles) ? roles : undefined;
  if (outputs.some(isDynamic)) return 'unknown';
  const guess = byShape(outputs);
  return guess !== undefined && shapesFit(outputs, guess) ? guess : undefined;
}

function byName(outputs: readonly TensorInfo[], name: RegExp, order: readonly Role[]): SsdRoles | undefined {
  const found = outputs.map((output) => {
    const match = name.exec(output.name);
    return match === null ? undefined : order[Number(match[1] ?? 0)];
  });
  return order.every((role) => found.includes(role)) ? inOrder(found) : undefined;
}

function byShape(outputs: readonly TensorInfo[]): SsdRoles | undefined {
  const boxes = outputs.findIndex(({ shape }) => shape.length > 2 && shape.at(-1) === 4);
  const count = outputs.findIndex(({ shape }) => shape.length === 1 && shape[0] === 1);
  const [first, second, ...more] = outputs.flatMap((_, index) =>
    index === boxes || index === count ? [] : [index],
  );
  if (boxes < 0 || count < 0 || first === undefined || second === undefined || more.length > 0) {
    return undefined;
  }
  return first < boxes
    ? { scores: first, boxes, count, classes: second }
    : { scores: second, boxes, count, classes: first };
}

function inOrder(order: readonly (Role | undefined)[]): SsdRoles {
  return {
    scores: order.indexOf('scores'),
    boxes: order.indexOf('boxes'),
    count: order.indexOf('count'),
    classes: order.indexOf('classes'),
  };
}

/** As many boxes as scores and classes, as far as the shapes are known. */
function shapesFit(outputs: readonly TensorInfo[], { scores, boxes, classes }: SsdRoles): boolean {
  const known = [rows(outputs[scores]), rows(outputs[classes]), rowsOfFour(outputs[boxes])].filter(
    (count) => count !== undefined,
  );
  return known.every((count) => count >= 0 && count === known[0]);
}

/** Of `[1, n]` or `[n]`; -1 for anything else, undefined if not known. */
function rows(tensor: TensorInfo | undefined): number | undefined {
  if (tensor === undefined) return -1;
  if (isDynamic(tensor)) return undefined;
  const { shape } = tensor;
  return shape.length <= 2 && shape.slice(0, -1).every((dimension) => dimension === 1)
    ? (shape.at(-1) ?? -1)
    : -1;
}

function rowsOfFour(tensor: TensorInfo | undefined): number | undefined {
  if (tensor === undefined) return -1;
  if (isDynamic(tensor)) return undefined;
  const { shape } = tensor;
  return shape.at(-1) === 4 && shape.length >= 2 ? rows({ ...tensor, shape: shape.slice(0, -1) }) : -1;
}
