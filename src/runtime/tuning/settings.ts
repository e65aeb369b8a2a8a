/** All ways to run a model that are worth measuring. */
import type { ModelArtefact } from '../../deployment/contents.js';
import { ENGINES } from '../engines/index.js';
import type { NormalizedOpenOptions } from '../options.js';
import { usableProcessors } from '../processors.js';
import type { EngineName, SessionOptions } from '../session.js';
import type { Setting } from './tuning.js';

/** The first that runs is what `auto` takes without a measurement: a measurement must not change the answers. */
export async function settingsFor(
  model: ModelArtefact,
  options: Partial<SessionOptions>,
): Promise<readonly Setting[]> {
  const settings: Setting[] = [];
  for (const engine of ENGINES) {
    const runs = engine.refusal(model) === undefined && (await engine.probe(options)).available;
    if (runs) settings.push(...(await settingsOf(engine.name)));
  }
  return settings;
}

/** The options, with a setting in the place of what they say of it. */
export function withSetting(options: NormalizedOpenOptions, setting: Setting): NormalizedOpenOptions {
  const { engine, threads, xnnpack = true, executionProvider } = setting;
  const chosen = { ...options, engine, threads, xnnpack };
  // A driver that crashes is to end nothing but its model's process.
  return executionProvider === undefined ? chosen : { ...chosen, executionProvider, isolation: 'process' };
}

async function settingsOf(engine: EngineName): Promise<Setting[]> {
  switch (engine) {
    case 'tflite':
      return [true, false].flatMap((xnnpack) =>
        threadCounts().map((threads) => ({ engine, xnnpack, threads })),
      );
    case 'onnx':
      return [...threadCounts().map((threads) => ({ engine, threads })), ...(await onProviders(engine))];
    default:
      // LiteRT's WebAssembly has one thread, and TensorFlow takes as many as it likes.
      return [{ engine, threads: 1 }];
  }
}

/** What else than the CPU works here. */
async function onProviders(engine: 'onnx'): Promise<Setting[]> {
  const { executionProviders } = await import('../engines/onnx-providers.js');
  const providers = (await executionProviders()).filter(({ name, available }) => available && name !== 'cpu');
  return providers.map(({ name }) => ({ engine, threads: 1, executionProvider: name }));
}

/** 1, 2, 4, ... and all. */
export function threadCounts(processors = usableProcessors()): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < processors; threads *= 2) counts.push(threads);
  return [...counts, processors];
}
