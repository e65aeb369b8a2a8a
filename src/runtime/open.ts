/** `openDeployment()`: read the download, choose engines, load the models, check that they fit. */

import type { DeploymentContents } from '../deployment/contents.js';
import { type Download, openDownload } from '../deployment/download.js';
import type { Impulse } from '../deployment/impulse.js';
import type { DeploymentSettings } from './deployment.js';
import { Deployment } from './deployment.js';
import type { OpenBlock } from './learn-block.js';
import { closeBlocks } from './learn-block.js';
import { defaultConcurrency } from './many.js';
import { openBlock } from './open-block.js';
import type { OpenImpulse } from './open-impulse.js';
import { openModels } from './open-models.js';
import { openRunner } from './open-runner.js';
import { openSignal } from './open-signal.js';
import type { NormalizedOpenOptions, OpenOptions } from './options.js';
import { normalizeOpenOptions } from './options.js';
import { inputOf, readDeployment } from './read-deployment.js';
import { type StartedRunner, startRunner } from './start-runner.js';
import { mayRemember } from './tuning/places.js';
import type { Tunings } from './tuning/recall.js';

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
  const path = typeof source === 'string' ? source : undefined;
  const { impulse, runs } = await openImpulse(await openDownload(source), path, normalized);
  return new Deployment(impulse, runs, settingsOf(normalized));
}

interface Opened {
  readonly impulse: Impulse;
  readonly runs: OpenImpulse;
}

async function openImpulse(
  download: Download,
  path: string | undefined,
  options: NormalizedOpenOptions,
): Promise<Opened> {
  const started = await startRunner(download, options);
  if (started !== undefined) return overRunner(started, options);
  const contents = await readDeployment(download, options);
  const signal = openSignal(contents.impulse);
  const tunings = await tuningsOf(contents, path, options);
  const opened = await openBlocks(contents, options, tunings);
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

function settingsOf({
  coordinates,
  sessions,
  orientation,
  limits,
}: NormalizedOpenOptions): DeploymentSettings {
  return {
    coordinates,
    pictures: { ...(orientation !== undefined && { orientation }), ...(limits !== undefined && { limits }) },
    concurrency: defaultConcurrency(sessions),
  };
}

/** Most deployments were never measured, and are not looked into for it. */
async function tuningsOf(
  contents: DeploymentContents,
  path: string | undefined,
  options: NormalizedOpenOptions,
): Promise<Tunings> {
  if (options.tune === 'ignore' || (options.tune === 'recall' && !mayRemember(path))) return new Map();
  const { tuningsFor } = await import('./tuning/recall.js');
  return tuningsFor(contents, path, options);
}

/** All of them, or none: a block that fails to open closes those that did. */
async function openBlocks(
  contents: DeploymentContents,
  options: NormalizedOpenOptions,
  tunings: Tunings,
): Promise<OpenBlock[]> {
  const { learnBlocks } = contents.impulse;
  const opening = learnBlocks.map((block) =>
    openBlock(contents, block, options, tunings.get(block.artefact)),
  );
  const settled = await Promise.allSettled(opening);
  const failure = settled.find((result) => result.status === 'rejected');
  const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failure === undefined) return opened;
  await closeBlocks(opened);
  throw failure.reason;
}
