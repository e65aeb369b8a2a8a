/** Worker of a `tfjs` session: TensorFlow.js blocks the thread that runs it, so it has this one for itself. */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { FolderArtefact } from '../../deployment/contents.js';
import { EngineError, isImpulseError } from '../../errors.js';
import type { Tensor, TensorData, TensorInfo } from '../../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../tensor.js';
import type { SessionDetails } from '../session.js';
import type { TfjsPackage } from './tfjs.js';
import type { Tfjs, TfTensor } from './tfjs-api.js';
import type { CallableModel } from './tfjs-models.js';
import { loadModel } from './tfjs-models.js';
import { inputTensor, knownOutput, outputTensor, tfjsError } from './tfjs-tensors.js';
import type { HostedModel } from './worker-host.js';
import { hostModel } from './worker-host.js';

/** What a `tfjs` worker is started with. */
export interface TfjsInit {
  readonly model: FolderArtefact;
  readonly package: TfjsPackage;
}

hostModel(loadTfjs);

async function loadTfjs({ model, package: found }: TfjsInit): Promise<HostedModel> {
  const tf = await loadLibrary(found);
  const library = `${found.name} ${found.version}`;
  try {
    return await hostedModel(tf, await loadModel(tf, model), model.name, found);
  } catch (error) {
    if (isImpulseError(error)) throw error;
    throw tfjsError('ERR_ENGINE_LOAD', library, model.name, error);
  }
}

async function loadLibrary({ name, version, entry, library }: TfjsPackage): Promise<Tfjs> {
  try {
    const module = (await import(pathToFileURL(entry).href)) as Tfjs & { readonly default?: Tfjs };
    const tf = module.default ?? module;
    // Without it, advice for developers is printed.
    tf.enableProdMode();
    if (library === undefined) await tf.setBackend('cpu');
    return tf;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      'ERR_ENGINE_LIBRARY',
      `${name} ${version} could not be loaded from ${library ?? entry}: ${reason}`,
      { cause: error },
    );
  }
}

async function hostedModel(
  tf: Tfjs,
  model: CallableModel,
  name: string,
  found: TfjsPackage,
): Promise<HostedModel> {
  const { inputs } = model;
  const arrays = inputs.map(emptyArray);
  const run = async (): Promise<Tensor[]> => runModel(tf, model, arrays, name);
  // On zeros: no file states the sizes of all outputs. It also prepares what later runs use again.
  const first = await run();
  return {
    inputs,
    outputs: first.map((output, index) => knownOutput(output, model.outputs[index]?.shape)),
    details: detailsOf(found),
    input: (index) => arrays[index] as TensorData,
    run: () =>
      run().catch((error: unknown) => {
        if (isImpulseError(error)) throw error;
        throw tfjsError('ERR_ENGINE_RUN', `${found.name} ${found.version}`, name, error);
      }),
    close: async () => model.dispose(),
  };
}

async function runModel(
  tf: Tfjs,
  model: CallableModel,
  arrays: readonly TensorData[],
  name: string,
): Promise<Tensor[]> {
  const tensors = model.inputs.map((info, index) => inputTensor(tf, info, arrays[index] as TensorData));
  let results: readonly TfTensor[] = [];
  try {
    results = await model.call(tensors);
    return await Promise.all(
      results.map((result, index) =>
        outputTensor(result, model.outputs[index]?.name ?? `output ${index}`, name),
      ),
    );
  } finally {
    // A model that hands its input on gives the same tensor back.
    for (const tensor of new Set([...tensors, ...results])) tensor.dispose();
  }
}

/** TensorFlow takes as many threads as the machine has; there is no setting for it. */
function detailsOf({ name, version, library }: TfjsPackage): SessionDetails {
  return library === undefined
    ? { engine: 'tfjs', version, threads: 1, delegate: 'none', notes: [`${name} computes in JavaScript`] }
    : { engine: 'tfjs', version, library, threads: availableParallelism(), delegate: 'cpu', notes: [] };
}

function emptyArray({ dataType, shape }: TensorInfo): TensorData {
  return tensorData(dataType, new ArrayBuffer(elementCount(shape) * bytesPerElement(dataType)));
}
