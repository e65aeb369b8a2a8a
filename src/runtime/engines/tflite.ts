/** Engine `tflite`: TFLite models on the TensorFlow Lite C library, through the addon in `native/`. */
import type { ModelArtefact } from '../../deployment/contents.js';
import { MODEL_KINDS } from '../../deployment/contents.js';
import { checkOperators } from '../../deployment/tflite/check-operators.js';
import { readTfliteModel } from '../../deployment/tflite/read.js';
import { isStateful } from '../../deployment/tflite/stateful.js';
import { EngineError } from '../../errors.js';
import type { NativeAddon, OpenedSession } from '../../native/addon.js';
import { loadAddon } from '../../native/addon.js';
import { findTfliteLibrary, unusableLibrary } from '../../native/tflite-library.js';
import type {
  Engine,
  EngineStatus,
  ModelSession,
  SessionDetails,
  SessionOptions,
  TfliteDelegate,
} from '../session.js';
import { idleDelegate, nativeDelegate, unusableDelegate, withDelegate } from './tflite-delegate.js';
import { isNativeFailure, loadError, oneLine } from './tflite-errors.js';
import { kernelChoices, kernelName } from './tflite-kernels.js';
import { tfliteSession } from './tflite-session.js';

export const tfliteEngine: Engine = {
  name: 'tflite',
  probe,
  refusal: ({ format }) =>
    format === 'tflite' ? undefined : `it runs TFLite models, and this is ${MODEL_KINDS[format]}.`,
  open,
};

async function probe({ tfliteLibrary }: Partial<SessionOptions> = {}): Promise<EngineStatus> {
  try {
    const located = await locate(tfliteLibrary);
    if (!located.available) return located;
    const { version, library, xnnpack } = located;
    return {
      available: true,
      version,
      library,
      details: `${xnnpack ? 'with' : 'without'} the XNNPACK delegate`,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { available: false, reason: error.message, remedy: 'Correct the path, or leave it out.', error };
  }
}

async function open(model: ModelArtefact, options: SessionOptions): Promise<ModelSession> {
  const located = await locate(options.tfliteLibrary);
  if (!located.available) throw unavailable(located.reason, located.remedy);
  const { addon, library, version } = located;
  const { threads, tfliteDelegate } = options;
  const graph = readTfliteModel(model.bytes, model.name);
  checkOperators(graph, model.name);
  const kernels = kernelChoices(graph, options.xnnpack);
  const opened = await addon
    .openSession({
      library,
      model: model.bytes,
      threads,
      kernels,
      ...(tfliteDelegate && { delegate: nativeDelegate(tfliteDelegate) }),
    })
    .catch((error: Error) => {
      if (tfliteDelegate && isNativeFailure(error) && error.kind === 'delegate') {
        throw unusableDelegate(tfliteDelegate, error.message);
      }
      throw loadError(error.message, model.name, version, tfliteDelegate);
    });
  if (tfliteDelegate && opened.share?.taken === 0) {
    await opened.session.close();
    throw idleDelegate(tfliteDelegate, model.name);
  }
  const came = whatCameOut(opened, kernels, tfliteDelegate);
  const stateful = isStateful(graph) && ({ stateful: true } as const);
  return tfliteSession(model.name, opened, {
    engine: 'tflite',
    version,
    library,
    threads,
    ...stateful,
    ...came,
  });
}

function whatCameOut(
  { kernels: chosen, failures, share }: OpenedSession,
  kernels: readonly number[],
  delegate: TfliteDelegate | undefined,
): Pick<SessionDetails, 'delegate' | 'notes'> {
  const name = kernelName(kernels[chosen]);
  const notes = failures.map((text, index) => `${kernelName(kernels[index])} failed: ${oneLine(text)}`);
  return delegate === undefined ? { delegate: name, notes } : withDelegate(delegate, share, name, notes);
}

type Located =
  | {
      readonly available: true;
      readonly addon: NativeAddon;
      readonly library: string;
      readonly version: string;
      readonly xnnpack: boolean;
    }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/**
 * The addon and the library, both loaded.
 *
 * @throws {EngineError} `ERR_ENGINE_LIBRARY`, `ERR_ENGINE_UNAVAILABLE`: the library that the caller named
 *   can't be used
 */
async function locate(option: string | undefined): Promise<Located> {
  const library = findTfliteLibrary(option);
  const loaded = loadAddon();
  if (!loaded.loaded) {
    const tried = loaded.attempts.map(({ place, reason }) => `${place}: ${reason}`).join('; ');
    const reason = `the native addon can't be loaded (${tried}).`;
    if (option !== undefined) throw unavailable(reason, loaded.remedy);
    return { available: false, reason, remedy: loaded.remedy };
  }
  if (!library.found) return { available: false, reason: library.reason, remedy: library.remedy };
  const { path, source } = library;
  try {
    const facts = await loaded.addon.probeLibrary(path);
    return { available: true, addon: loaded.addon, library: path, ...facts };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (source !== 'package') throw unusableLibrary(path, source, reason);
    return {
      available: false,
      reason: `the TensorFlow Lite library ${path} can't be loaded: ${reason}.`,
      remedy: 'Set IMPULSE_TFLITE_LIBRARY to the path of a libtensorflowlite_c.so for this machine.',
    };
  }
}

function unavailable(reason: string, remedy: string): EngineError {
  return new EngineError('ERR_ENGINE_UNAVAILABLE', `Engine 'tflite': ${reason} ${remedy}`);
}
