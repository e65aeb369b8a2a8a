/** A runner's result as decoded outputs. */
import type { Impulse, LearnBlock, VisualAnomalyBlock } from '../../../deployment/impulse.js';
import { EngineError } from '../../../errors.js';
import type { DecodedOutputs, PixelBox } from '../../../postprocess/results.js';
import type { Tensor } from '../../../tensor.js';
import type { TrackedDetection } from '../../impulse-runner.js';
import type { Box, ClassifyAnswer } from './protocol.js';

type Result = ClassifyAnswer['result'];

/** Far more than any model has. */
const MAX_CELLS = 1_000_000;

/** Runners print float32 numbers, some of them with fewer digits than that. */
const f = Math.fround;

/**
 * One for each learn block.
 *
 * @param shared outputs that the runner has left in shared memory
 * @throws {EngineError} `ERR_ENGINE_OUTPUT`: what a block promises is not there
 */
export function decodeResult(
  result: Result,
  { input, learnBlocks }: Pick<Impulse, 'input' | 'learnBlocks'>,
  shared: readonly Float32Array[],
): DecodedOutputs[] {
  return learnBlocks.map((block) => decodeBlock(result, block, input, shared));
}

function decodeBlock(
  result: Result,
  block: LearnBlock,
  input: Impulse['input'],
  shared: readonly Float32Array[],
): DecodedOutputs {
  switch (block.modelType) {
    case 'classification':
    case 'regression':
      return { modelType: block.modelType, values: readScores(result, block.labels) };
    case 'object-detection': {
      const boxes = promised(result.bounding_boxes, 'bounding_boxes');
      return { modelType: 'object-detection', boxes: boxes.map((box) => toPixelBox(box, block.labels)) };
    }
    case 'freeform':
      return { modelType: 'freeform', tensors: readTensors(result, shared) };
    case 'anomaly':
      return { modelType: 'anomaly', score: f(promised(result.anomaly, 'anomaly')) };
    case 'visual-anomaly':
      return { modelType: 'visual-anomaly', ...readGrid(result, block, input) };
  }
}

/** Objects that the runner itself follows from call to call; undefined where it does not. */
export function readTracked(
  { object_tracking }: Result,
  blocks: readonly LearnBlock[],
): TrackedDetection[] | undefined {
  const labels = blocks.flatMap((block) => (block.modelType === 'object-detection' ? block.labels : []));
  return object_tracking?.map(({ object_id, ...box }) => ({
    objectId: object_id,
    ...toPixelBox(box, labels),
  }));
}

/** In the order of the labels: the runner's own is alphabetical. Of equal labels it can tell only one. */
function readScores({ classification }: Result, labels: readonly string[]) {
  const scores = promised(classification ?? undefined, 'classification');
  return [...new Set(labels)].map((label) => {
    const value = Object.hasOwn(scores, label) ? scores[label] : undefined;
    return { label, value: f(promised(value, `classification['${label}']`)) };
  });
}

function toPixelBox({ label, value, x, y, width, height }: Box, labels: readonly string[]): PixelBox {
  const labelIndex = labels.indexOf(label);
  if (labelIndex < 0)
    throw notPromised(`a box with the label '${label.slice(0, 60)}', which is none of its labels`);
  return { label, labelIndex, x, y, width, height, value: f(value) };
}

function readTensors({ freeform }: Result, shared: readonly Float32Array[]): Tensor[] {
  const given = promised(freeform, 'freeform');
  const outputs = given === 'shm' ? shared : given.map((numbers) => Float32Array.from(numbers));
  return outputs.map((data, index) => ({
    name: `output ${index}`,
    shape: [data.length],
    dataType: 'float32',
    data,
  }));
}

/** Only cells over the threshold are told, so the others count as 0; without any, nothing is known of the grid. */
function readGrid(result: Result, { aggregation = 'max' }: VisualAnomalyBlock, input: Impulse['input']) {
  const found = promised(result.visual_anomaly_grid, 'visual_anomaly_grid');
  const maxScore = Math.max(0, f(promised(result.visual_anomaly_max, 'visual_anomaly_max')));
  const meanScore = f(promised(result.visual_anomaly_mean, 'visual_anomaly_mean'));
  return {
    cells: found.map((cell) => toPixelBox(cell, [cell.label])),
    scores: gridOf(found, input),
    meanScore,
    maxScore,
    score: aggregation === 'max' ? maxScore : meanScore,
  };
}

function gridOf(cells: readonly Box[], input: Impulse['input']): number[][] {
  const [first] = cells;
  if (first === undefined || input.inputType !== 'image' || !(first.width >= 1) || !(first.height >= 1))
    return [];
  const columns = Math.floor(input.width / first.width);
  const rows = Math.floor(input.height / first.height);
  if (rows * columns > MAX_CELLS) throw notPromised(`a grid of ${columns} x ${rows} cells`);
  const grid = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  for (const { x, y, value } of cells) {
    const row = grid[Math.floor(y / first.height)];
    const column = Math.floor(x / first.width);
    if (row !== undefined && column >= 0 && column < columns) row[column] = f(value);
  }
  return grid;
}

function promised<T>(value: T | undefined, key: string): T {
  if (value !== undefined) return value;
  throw notPromised(`a result without ${key}`);
}

function notPromised(what: string): EngineError {
  return new EngineError('ERR_ENGINE_OUTPUT', `The runner can't be understood: it gave ${what}.`);
}
