/** Visual anomaly (GMM and PatchCore): a grid of scores, computed inside the model. */
import type { VisualAnomalyBlock } from '../../deployment/impulse.js';
import { EngineError } from '../../errors.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { toPixel } from '../boxes.js';
import { dequantise } from '../dequantise.js';
import type { InputSize, PixelBox, VisualAnomaly } from '../results.js';
import { describeShape, isDynamic } from '../shapes.js';

const f = Math.fround;

const LABEL = 'anomaly';

interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** Why the first output is not the block's grid. */
export function visualAnomalyMismatch(
  [tensor]: readonly TensorInfo[],
  block: VisualAnomalyBlock,
): string | undefined {
  if (tensor === undefined || isDynamic(tensor)) return undefined;
  const { columns, rows } = gridOf(tensor, block);
  if (columns > 0 && rows > 0 && elementCount(tensor.shape) === columns * rows) return undefined;
  return `expected an output [1, ${block.gridHeight || 'rows'}, ${block.gridWidth || 'columns'}, 1] but found '${tensor.name}' ${describeShape(tensor)}`;
}

/**
 * All scores of the grid, their mean and maximum (not below 0), and the cells that reach
 * `min_anomaly_score` as boxes, row by row.
 *
 * As in the SDK, a grid with fewer columns than rows is read with its axes swapped, so that cells can lie
 * outside the picture; one with more columns than rows, for which the SDK reads outside the tensor, is read
 * row by row.
 *
 * @throws {EngineError} `ERR_ENGINE_OUTPUT` a score is NaN or infinite
 */
export function decodeVisualAnomaly(
  [tensor]: readonly Tensor[],
  block: VisualAnomalyBlock,
  input: InputSize,
): VisualAnomaly {
  if (tensor === undefined) throw new TypeError('A decoder was called without output tensors.');
  const data = dequantise(tensor);
  if (!data.every(Number.isFinite)) throw notFinite(tensor, block);
  const grid = gridOf(tensor, block);
  const meanScore = f(data.reduce((sum, score) => f(sum + score), 0) / data.length);
  const maxScore = data.reduce((max, score) => Math.max(max, score), 0);
  return {
    cells: cellsOver(data, grid, f(block.thresholds.min_anomaly_score ?? Number.NaN), input),
    scores: Array.from({ length: grid.rows }, (_, row) => [
      ...data.subarray(row * grid.columns, (row + 1) * grid.columns),
    ]),
    meanScore,
    maxScore,
    score: block.aggregation === 'mean' ? meanScore : maxScore,
  };
}

function cellsOver(data: Float32Array, grid: Grid, minimum: number, input: InputSize): PixelBox[] {
  const { columns, rows } = grid;
  const swapped = columns < rows;
  const stepX = swapped ? f(input.height / rows) : f(input.width / columns);
  const stepY = swapped ? f(input.width / columns) : f(input.height / rows);
  const cells: PixelBox[] = [];
  for (let row = 0; row < (swapped ? columns : rows); row++) {
    for (let column = 0; column < (swapped ? rows : columns); column++) {
      const value = data[row * columns + column] as number;
      if (!(value >= minimum) || value === 0) continue;
      cells.push({
        label: LABEL,
        labelIndex: 0,
        x: toPixel(f(column * stepX)),
        y: toPixel(f(row * stepY)),
        width: Math.floor(input.width / columns),
        height: Math.floor(input.height / rows),
        value,
      });
    }
  }
  return cells;
}

/** The block's own; without one, that of `[1, rows, columns, ...]`. */
function gridOf({ shape }: TensorInfo, { gridWidth, gridHeight }: VisualAnomalyBlock): Grid {
  if (gridWidth > 0 && gridHeight > 0) return { columns: gridWidth, rows: gridHeight };
  const [, rows = 0, columns = 0] = shape;
  return { columns, rows };
}

function notFinite(tensor: TensorInfo, { id, name }: VisualAnomalyBlock): EngineError {
  return new EngineError(
    'ERR_ENGINE_OUTPUT',
    `Output '${tensor.name}' of learn block ${id} (${name}) holds NaN or infinity: the model does not work on this input or engine.`,
  );
}
