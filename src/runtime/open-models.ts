/** An impulse whose models we hold: signal processing once, then every learn block on its engine. */
import type { DeploymentContents } from '../deployment/contents.js';
import type { Impulse } from '../deployment/impulse.js';
import type { ThresholdValue } from '../postprocess/thresholds.js';
import { applyThresholds } from '../postprocess/thresholds.js';
import { makeContinuousDsp, type SignalProcessor } from '../preprocess/signal.js';
import { describeBlock, describeContents } from './info.js';
import type { BlockInput, BlockResult, OpenBlock } from './learn-block.js';
import { closeBlocks, runBlock, withBlock } from './learn-block.js';
import type { ImpulseResult, OpenImpulse } from './open-impulse.js';
import type { PreparedInput } from './prepare.js';

/**
 * @param opened one for each learn block; they are closed with the impulse
 * @param signal computes the features of samples; closed with the impulse
 */
export function openModels(
  contents: DeploymentContents,
  opened: readonly OpenBlock[],
  signal: SignalProcessor | undefined,
): OpenImpulse {
  const { impulse } = contents;
  let blocks = opened;
  return {
    engines: enginesOf(opened),

    async run(preparing, { tensors: wantTensors, thresholds }) {
      const current = thresholds === undefined ? blocks : withThresholdsOf(blocks, thresholds);
      const prepared = await preparing;
      const started = performance.now();
      const input = await toBlockInput(signal, prepared);
      const dspMs = performance.now() - started;
      return runBlocks(current, impulse, input, dspMs, wantTensors);
    },

    continuous() {
      const slices = makeContinuousDsp(impulse);
      return {
        sliceLength: slices.sliceLength,
        async push(slice) {
          const current = blocks;
          const started = performance.now();
          const features = await slices.push(slice);
          if (features === undefined) return undefined;
          const dspMs = performance.now() - started;
          return runBlocks(current, impulse, { kind: 'features', features }, dspMs, false);
        },
        close: () => slices.close(),
      };
    },

    setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>) {
      blocks = withThresholdsOf(blocks, thresholds);
    },

    info: () => ({
      ...describeContents(contents),
      learnBlocks: blocks.map((open) => describeBlock(open, contents)),
    }),

    close() {
      signal?.close();
      return closeBlocks(opened);
    },
  };
}

function withThresholdsOf(
  blocks: readonly OpenBlock[],
  thresholds: Readonly<Record<string, ThresholdValue>>,
): readonly OpenBlock[] {
  const changed = applyThresholds(
    blocks.map(({ block }) => block),
    thresholds,
  );
  return blocks.map((open, index) => withBlock(open, changed[index] ?? open.block));
}

/** Raw samples become the features of the DSP blocks; the rest is what the models take. */
export async function toBlockInput(
  signal: SignalProcessor | undefined,
  prepared: PreparedInput,
): Promise<BlockInput> {
  if (prepared.kind !== 'samples') return prepared;
  if (signal === undefined) throw new TypeError('Only a signal has samples.');
  return { kind: 'features', features: await signal.features(prepared.samples) };
}

/** All of them end before one that failed is told of: until then each may be reading the caller's pixels. */
async function runBlocks(
  blocks: readonly OpenBlock[],
  impulse: Impulse,
  input: BlockInput,
  dspMs: number,
  wantTensors: boolean,
): Promise<ImpulseResult> {
  const settled = await Promise.allSettled(
    blocks.map(async (block) => runBlock(block, impulse, input, wantTensors)),
  );
  const results = settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return together(results, dspMs, wantTensors);
}

function together(results: readonly BlockResult[], dspMs: number, wantTensors: boolean): ImpulseResult {
  const sum = (stage: keyof BlockResult['timing']): number =>
    results.reduce((total, { timing }) => total + timing[stage], 0);
  return {
    decoded: results.map(({ decoded }) => decoded),
    timing: {
      queueMs: sum('queueMs'),
      dspMs,
      tensorMs: sum('tensorMs'),
      inferenceMs: sum('inferenceMs'),
      postprocessMs: sum('postprocessMs'),
    },
    ...(wantTensors && { tensors: results.flatMap(({ tensors }) => tensors ?? []) }),
  };
}

function enginesOf(blocks: readonly OpenBlock[]): OpenImpulse['engines'] {
  const engines = blocks.flatMap((open) => (open.kind === 'model' ? [open.session.details.engine] : []));
  return [...new Set(engines)];
}
