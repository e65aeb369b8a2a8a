/** One learn block, its open model, and the way from input input to decoded outputs. */
import type { AnomalyBlock, Impulse, LearnBlock } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { anomalyFeatures, kmeansScore } from '../postprocess/anomaly.js';
import { decodeOutputs } from '../postprocess/decode.js';
import type { DecodedOutputs } from '../postprocess/results.js';
import { packPixels } from '../preprocess/pack-pixels.js';
import type { Tensor } from '../tensor.js';
import type { BlockTensors } from './classification.js';
import type { EngineAttempt } from './engines/index.js';
import type { InputPlan } from './model-inputs.js';
import { arrangeInputs, featureTensor } from './model-inputs.js';
import type { PreparedInput } from './prepare.js';
import type { ModelSession, RunTiming, SessionInput } from './session.js';
import type { Tuning } from './tuning/tuning.js';

/** Ready to run: with a loaded model, or K-means, which is data and needs none. */
export type OpenBlock = ModelBlock | KmeansBlock;

export interface ModelBlock {
  readonly kind: 'model';
  readonly block: LearnBlock;
  readonly session: ModelSession;
  readonly plan: InputPlan;
  /** Engines that were not taken for its model, and why. */
  readonly attempts: readonly EngineAttempt[];
  /** What was measured of its model, where that chose the engine. */
  readonly tuning?: Tuning;
}

export interface KmeansBlock {
  readonly kind: 'kmeans';
  readonly block: AnomalyBlock;
}

/** What all learn blocks of an impulse look at: a picture, the features of its DSP blocks, or a tensor. */
export type BlockInput =
  | Exclude<PreparedInput, { readonly kind: 'samples' }>
  /** Outputs of all DSP blocks, one after the other. */
  | { readonly kind: 'features'; readonly features: Float32Array };

/** The same, with other thresholds in its block. */
export function withBlock(open: OpenBlock, block: LearnBlock): OpenBlock {
  if (open.kind === 'model') return { ...open, block };
  return block.modelType === 'anomaly' ? { ...open, block } : open;
}

export async function closeBlocks(blocks: readonly OpenBlock[]): Promise<void> {
  await Promise.all(blocks.map((open) => (open.kind === 'model' ? open.session.close() : undefined)));
}

export interface BlockResult {
  readonly decoded: DecodedOutputs;
  readonly timing: RunTiming & { readonly postprocessMs: number };
  readonly tensors?: BlockTensors;
}

/** Gives the result of one block, with the thresholds that it holds now. */
export async function runBlock(
  open: OpenBlock,
  impulse: Impulse,
  input: BlockInput,
  wantTensors: boolean,
): Promise<BlockResult> {
  return open.kind === 'model'
    ? runModel(open, impulse, input, wantTensors)
    : runKmeans(open.block, impulse, input);
}

function runKmeans(block: AnomalyBlock, impulse: Impulse, input: BlockInput): BlockResult {
  const started = performance.now();
  const score = kmeansScore(block, anomalyInput(block, impulse, input));
  const timing = { queueMs: 0, tensorMs: 0, inferenceMs: 0, postprocessMs: performance.now() - started };
  return { decoded: { modelType: 'anomaly', score }, timing };
}

async function runModel(
  { block, session, plan }: ModelBlock,
  impulse: Impulse,
  input: BlockInput,
  wantTensors: boolean,
): Promise<BlockResult> {
  const value = blockInput(block, impulse, plan, input);
  const { outputs, timing, release } = await session.run(arrangeInputs(plan, value));
  const started = performance.now();
  const decoded = decodeOutputs(block, outputs, inputSize(impulse));
  const postprocessMs = performance.now() - started;
  // A freeform block's result is the tensors themselves.
  if (!wantTensors && decoded.modelType !== 'freeform') release();
  return {
    decoded,
    timing: { ...timing, postprocessMs },
    ...(wantTensors && { tensors: { blockId: block.id, inputs: [inputTensor(plan, value)], outputs } }),
  };
}

/** Pixels of the model input; 0 x 0 where the input is not a picture. */
export function inputSize({ input }: Impulse): { width: number; height: number } {
  return input.inputType === 'image' ? { width: input.width, height: input.height } : { width: 0, height: 0 };
}

function blockInput(block: LearnBlock, impulse: Impulse, plan: InputPlan, input: BlockInput): SessionInput {
  if (block.modelType === 'anomaly') {
    return featureTensor(plan, anomalyFeatures(block, anomalyInput(block, impulse, input)));
  }
  switch (input.kind) {
    case 'pixels':
      if (plan.packing === undefined) throw new TypeError('An image input always has a packing plan.');
      return { pixels: input.pixels, packing: plan.packing };
    case 'features':
      return featureTensor(plan, selectFeatures(block, impulse, input.features));
    case 'tensor':
      return featureTensor(plan, input.tensor);
  }
}

/** Anomaly blocks look at the features before any quantisation. */
function anomalyInput(block: AnomalyBlock, impulse: Impulse, input: BlockInput): ArrayLike<number> {
  if (input.kind === 'features') return selectFeatures(block, impulse, input.features);
  const { tensor } = input.kind === 'tensor' ? input : { tensor: undefined };
  if (Array.isArray(tensor) || tensor instanceof Float32Array || tensor instanceof Float64Array)
    return tensor;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `Learn block ${block.id} (${block.name}) scores how unusual the features are: pass them as an array of numbers or a Float32Array.`,
  );
}

/** The part of all DSP outputs that this block learns from, in the order of its `inputs`. */
function selectFeatures(block: LearnBlock, { dspBlocks }: Impulse, features: Float32Array): Float32Array {
  if (dspBlocks.length < 2 || block.inputs.length === 0) return features;
  const parts = block.inputs.map((id) => {
    const index = dspBlocks.findIndex((dsp) => dsp.id === id);
    const start = dspBlocks.slice(0, index).reduce((sum, { outputSize }) => sum + outputSize, 0);
    return features.subarray(start, start + (dspBlocks[index]?.outputSize ?? 0));
  });
  const selected = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    selected.set(part, offset);
    offset += part.length;
  }
  return selected;
}

function inputTensor({ tensor }: InputPlan, value: SessionInput): Tensor {
  const data = 'pixels' in value ? packPixels(value.pixels, value.packing) : value;
  return { ...tensor, data };
}
