/** `openDeployment()`: read the download, choose engines, load the models, check that they fit. */

import type { DeploymentContents, ModelArtefact } from '../deployment/contents.js';
import { type Download, openDownload } from '../deployment/download.js';
import type { Impulse, LearnBlock } from '../deployment/impulse.js';
import { DeploymentError } from '../errors.js';
import { checkOutputs } from '../postprocess/decode.js';
import { Deployment } from './deployment.js';
import type { EngineChoice } from './engines/index.js';
import { openSession } from './engines/index.js';
import type { OpenBlock } from './learn-block.js';
import { closeBlocks, inputSize } from './learn-block.js';
import { planInputs } from './model-inputs.js';
import type { OpenImpulse } from './open-impulse.js';
import { openModels } from './open-models.js';
import { openRunner } from './open-runner.js';
import { openSignal } from './open-signal.js';
import type { NormalizedOpenOptions, OpenOptions } from './options.js';
import { normalizeOpenOptions } from './options.js';
import type { PictureOptions } from './prepare.js';
import { inputOf, readDeployment } from './read-deployment.js';
import { type StartedRunner, startRunner } from './start-runner.js';

/**
 * Opens what was downloaded and loads its models.
 *
 * @param source path of a file or folder, or the bytes of a file: an Edge Impulse C++ or Arduino library
 *   (zip or folder), an impulse package, a `.tflite` / `.onnx` model, SavedModel or TensorFlow.js model with its description,
 *   a WebAssembly deployment, or an `.eim` (`docs/deployments.md`)
 * @throws {DeploymentError} it can't be read, or it disagrees with itself
 * @throws {UnsupportedError} a known format, engine, operator or layer that can't run here
 * @throws {EngineError} the engine asked for is missing or fails
 * @throws {InputError} an unknown or unusable option
 */
export async function openDeployment(
  source: string | Uint8Array,
  options: OpenOptions = {},
): Promise<Deployment> {
  const normalized = normalizeOpenOptions(options);
  const { impulse, runs } = await openImpulse(await openDownload(source), normalized);
  return new Deployment(impulse, runs, normalized.coordinates, pictureOptions(normalized));
}

interface Opened {
  readonly impulse: Impulse;
  readonly runs: OpenImpulse;
}

async function openImpulse(download: Download, options: NormalizedOpenOptions): Promise<Opened> {
  const started = await startRunner(download, options);
  if (started !== undefined) return overRunner(started, options);
  const contents = await readDeployment(download, options);
  const signal = openSignal(contents.impulse);
  const opened = await openBlocks(contents, options);
  return { impulse: contents.impulse, runs: openModels(contents, opened, signal) };
}

async function overRunner(
  { runner, format }: StartedRunner,
  { thresholds, ...options }: NormalizedOpenOptions,
): Promise<Opened> {
  const runs = openRunner(runner, { format, warnings: [] });
  try {
    if (Object.keys(thresholds).length > 0) runs.setThresholds(thresholds);
  } catch (error) {
    await runs.close();
    throw error;
  }
  return { impulse: { ...runner.impulse, input: inputOf(runner.impulse.input, options) }, runs };
}

function pictureOptions({ orientation, limits }: NormalizedOpenOptions): PictureOptions {
  return { ...(orientation !== undefined && { orientation }), ...(limits !== undefined && { limits }) };
}

/** All of them, or none: a block that fails to open closes those that did. */
async function openBlocks(
  contents: DeploymentContents,
  options: NormalizedOpenOptions,
): Promise<OpenBlock[]> {
  const { learnBlocks } = contents.impulse;
  const settled = await Promise.allSettled(learnBlocks.map((block) => openBlock(contents, block, options)));
  const failure = settled.find((result) => result.status === 'rejected');
  const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failure === undefined) return opened;
  await closeBlocks(opened);
  throw failure.reason;
}

async function openBlock(
  { impulse, artefacts }: DeploymentContents,
  block: LearnBlock,
  options: NormalizedOpenOptions,
): Promise<OpenBlock> {
  if (block.modelType === 'anomaly' && block.algorithm === 'kmeans') return { kind: 'kmeans', block };
  const { session, attempts } = await openModel(artefactOf(block, artefacts), options);
  try {
    const plan = planInputs(impulse, block, session.inputs);
    checkOutputs(block, session.outputs, inputSize(impulse));
    return { kind: 'model', block, session, plan, attempts };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Here, or in a process of its own. */
async function openModel(
  model: ModelArtefact,
  {
    engine,
    threads,
    xnnpack,
    tfliteLibrary,
    tfliteDelegate,
    executionProvider,
    isolation,
    startTimeoutMs,
    requestTimeoutMs,
  }: NormalizedOpenOptions,
): Promise<EngineChoice> {
  const options = {
    threads,
    xnnpack,
    ...(tfliteLibrary !== undefined && { tfliteLibrary }),
    ...(tfliteDelegate !== undefined && { tfliteDelegate }),
    ...(executionProvider !== undefined && { executionProvider }),
  };
  if (isolation === 'none') return openSession(model, engine, options);
  const { openIsolated } = await import('./engines/isolated/session.js');
  return openIsolated(
    { model, wanted: engine, options },
    {
      ...(startTimeoutMs !== undefined && { startTimeoutMs }),
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    },
  );
}

function artefactOf(block: LearnBlock, artefacts: ReadonlyMap<string, ModelArtefact>): ModelArtefact {
  const artefact = artefacts.get(block.artefact);
  if (artefact !== undefined) return artefact;
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `Learn block ${block.id} (${block.name}) names the model '${block.artefact}', which the download does not hold.`,
  );
}
