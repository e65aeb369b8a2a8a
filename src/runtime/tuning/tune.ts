/** Measures how each model of a deployment runs best here. */
import type { DeploymentContents } from '../../deployment/contents.js';
import type { LearnBlock } from '../../deployment/impulse.js';
import type { ClassifyInput } from '../classification.js';
import type { BlockInput, ModelBlock } from '../learn-block.js';
import { artefactOf, openBlock } from '../open-block.js';
import { toBlockInput } from '../open-models.js';
import { openSignal } from '../open-signal.js';
import type { NormalizedOpenOptions } from '../options.js';
import { makePixelPool } from '../pixel-pool.js';
import { prepareInput } from '../prepare.js';
import { sampleInput } from '../sample-input.js';
import { TOLERANCE } from './agreement.js';
import { chooseSetting } from './choose.js';
import { hashOf } from './hash.js';
import { thisMachine } from './machine.js';
import { compareSettings } from './measure.js';
import { settingsFor, withSetting } from './settings.js';
import type { Setting, Tuning } from './tuning.js';

export interface TuneHooks {
  /** @default a picture or signal made up for the purpose */
  readonly input?: ClassifyInput;
  /** @default 0.1 */
  readonly tolerance?: number;
  readonly signal?: AbortSignal | undefined;
  /** Settings that were looked at, of all models together. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * One after the other, so that nothing disturbs what is measured.
 *
 * @returns by the key of the model
 * @throws {EngineError} `ERR_ENGINE_RUN`: no engine runs a model; what preparing the input throws; the signal's reason
 */
export async function tuneContents(
  contents: DeploymentContents,
  options: NormalizedOpenOptions,
  hooks: TuneHooks = {},
): Promise<ReadonlyMap<string, Tuning>> {
  const { tolerance = TOLERANCE, signal, onProgress = () => {} } = hooks;
  const blocks = contents.impulse.learnBlocks.filter(hasModel);
  const machine = await thisMachine(options);
  const input = await blockInputOf(contents, options, hooks.input);
  const plans = await Promise.all(
    blocks.map((block) => settingsFor(artefactOf(block, contents.artefacts), options)),
  );
  const total = plans.reduce((sum, settings) => sum + settings.length, 0);
  let done = 0;
  onProgress(done, total);
  const tunings = new Map<string, Tuning>();
  for (const [index, block] of blocks.entries()) {
    const { name, bytes } = artefactOf(block, contents.artefacts);
    const { reference, trials } = await compareSettings(plans[index] ?? [], {
      impulse: contents.impulse,
      input,
      tolerance,
      signal,
      open: (setting) => openAs(setting, contents, block, options),
      onLooked: () => onProgress(++done, total),
    });
    tunings.set(block.artefact, {
      model: { name, sha256: await hashOf(bytes) },
      machine,
      measuredAt: new Date().toISOString(),
      reference,
      tolerance,
      trials,
      chosen: chooseSetting(trials),
    });
  }
  return tunings;
}

/** K-means is data: there is nothing to choose. */
export function hasModel(block: LearnBlock): boolean {
  return block.modelType !== 'anomaly' || block.algorithm !== 'kmeans';
}

/** Where XNNPACK can't take the model, the session comes out with TFLite's own kernels, which are measured anyway. */
async function openAs(
  setting: Setting,
  contents: DeploymentContents,
  block: LearnBlock,
  options: NormalizedOpenOptions,
): Promise<ModelBlock | undefined> {
  const opened = await openBlock(contents, block, { ...withSetting(options, setting), sessions: 1 });
  if (opened.kind !== 'model') return undefined;
  if (setting.xnnpack && opened.session.details.delegate === 'none') {
    await opened.session.close();
    return undefined;
  }
  return opened;
}

async function blockInputOf(
  { impulse }: DeploymentContents,
  { orientation, limits }: NormalizedOpenOptions,
  input: ClassifyInput = sampleInput(impulse.input),
): Promise<BlockInput> {
  const pictures = {
    ...(orientation !== undefined && { orientation }),
    ...(limits !== undefined && { limits }),
  };
  const signal = openSignal(impulse);
  try {
    return await toBlockInput(signal, await prepareInput(impulse, input, pictures, makePixelPool()));
  } finally {
    signal?.close();
  }
}
