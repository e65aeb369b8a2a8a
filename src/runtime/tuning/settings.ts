/** All ways to run a model that are worth measuring. */
import type { ModelArtefact } from '../../deployment/contents.js';
import type { EngineAttempt } from '../engines/index.js';
import { ENGINES } from '../engines/index.js';
import { usableProcessors } from '../processors.js';
import type { EngineName, SessionOptions } from '../session.js';
import type { Setting } from './tuning.js';

export interface Settings {
  /** The first is the reference where it runs: as few roundings of its own as there are. */
  readonly settings: readonly Setting[];
  /** Engines that can't run the model, and why. */
  readonly others: readonly EngineAttempt[];
}

export async function settingsFor(model: ModelArtefact, options: Partial<SessionOptions>): Promise<Settings> {
  const settings: Setting[] = [];
  const others: EngineAttempt[] = [];
  for (const engine of ENGINES) {
    const refusal = engine.refusal(model);
    const status = refusal === undefined ? await engine.probe(options) : undefined;
    if (refusal !== undefined) others.push({ engine: engine.name, reason: refusal });
    else if (status?.available) settings.push(...settingsOf(engine.name));
    else if (status !== undefined) {
      others.push({ engine: engine.name, reason: status.reason, remedy: status.remedy });
    }
  }
  return { settings, others };
}

function settingsOf(engine: EngineName): Setting[] {
  switch (engine) {
    case 'tflite':
      return [false, true].flatMap((xnnpack) =>
        threadCounts().map((threads) => ({ engine, xnnpack, threads })),
      );
    case 'onnx':
      return threadCounts().map((threads) => ({ engine, threads }));
    default:
      // LiteRT's WebAssembly has one thread, and TensorFlow takes as many as it likes.
      return [{ engine, threads: 1 }];
  }
}

/** 1, 2, 4, ... and all. */
export function threadCounts(processors = usableProcessors()): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < processors; threads *= 2) counts.push(threads);
  return [...counts, processors];
}
