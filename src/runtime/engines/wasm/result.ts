/** What a run gave, as decoded outputs. */
import type { Impulse } from '../../../deployment/impulse.js';
import { EngineError } from '../../../errors.js';
import type { DecodedOutputs } from '../../../postprocess/results.js';
import type { TrackedDetection } from '../../impulse-runner.js';
import { decodeResult, readTracked } from '../runner/decode.js';
import { readClassifyAnswer } from '../runner/protocol.js';
import { describeCode } from './codes.js';
import type { RawResult, RawRow } from './guest.js';
import type { WasmRun } from './protocol.js';

export interface WasmResult {
  readonly decoded: readonly DecodedOutputs[];
  readonly tracked?: readonly TrackedDetection[];
}

/** @throws {EngineError} `ERR_ENGINE_RUN` the module says that it failed */
export function refuseFailure({ result, printed }: WasmRun, name: string): void {
  if (result.code === 0) return;
  throw new EngineError(
    'ERR_ENGINE_RUN',
    `wasm: ${name} failed with ${describeCode(result.code)}.${printed === '' ? '' : ` It has printed: ${printed}`}`,
  );
}

/** @throws {EngineError} `ERR_ENGINE_OUTPUT` what a block promises is not there, or no number */
export function readRun(
  { result, tensors }: WasmRun,
  { input, learnBlocks, tracking }: Pick<Impulse, 'input' | 'learnBlocks' | 'tracking'>,
): WasmResult {
  const answer = readClassifyAnswer({ result: answerOf(result, learnBlocks) }).result;
  const tracked = tracking && readTracked(answer, learnBlocks);
  const decoded = decodeResult(answer, { input, learnBlocks }, tensors);
  return {
    decoded: decoded.map((outputs, index) => overThreshold(outputs, learnBlocks[index])),
    ...(tracked !== undefined && { tracked }),
  };
}

/** The same in the words of a Linux runner. */
function answerOf(
  { anomaly, rows, grid, tracked }: RawResult,
  learnBlocks: Impulse['learnBlocks'],
): Record<string, unknown> {
  const gives = (modelType: string): boolean => learnBlocks.some((block) => block.modelType === modelType);
  return {
    ...(gives('object-detection')
      ? { bounding_boxes: rows.filter(isFound) }
      : { classification: Object.fromEntries(rows.map(({ label, value }) => [String(label), value])) }),
    ...(tracked !== undefined && { object_tracking: tracked }),
    ...(gives('anomaly') && { anomaly }),
    ...(gives('visual-anomaly') && {
      visual_anomaly_grid: grid?.cells,
      visual_anomaly_max: grid?.max,
      visual_anomaly_mean: grid?.mean,
    }),
    ...(gives('freeform') && { freeform: 'shm' }),
  };
}

/** Builds before 2023 give a fixed number of boxes, and those that are none the value 0. */
function isFound({ value }: RawRow): boolean {
  return value !== 0;
}

/** The module gives every cell of its grid (`runner.ts`): those under the threshold are scores, but not found. */
function overThreshold(
  outputs: DecodedOutputs,
  block: Impulse['learnBlocks'][number] | undefined,
): DecodedOutputs {
  if (outputs.modelType !== 'visual-anomaly' || block?.modelType !== 'visual-anomaly') return outputs;
  const minimum = Math.fround(block.thresholds.min_anomaly_score ?? -Infinity);
  return { ...outputs, cells: outputs.cells.filter(({ value }) => value >= minimum && value !== 0) };
}
