/** The three kinds of models of TensorFlow.js, loaded from memory and called in one way. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FolderArtefact } from '../../deployment/contents.js';
import { readSavedModel } from '../../deployment/tensorflow/saved-model.js';
import { readTfjsModel, type TfjsModel } from '../../deployment/tensorflow/tfjs-model.js';
import type { TensorInfo } from '../../tensor.js';
import type { TfGraphModel, Tfjs, TfLayersModel, TfNamed, TfSource, TfTensor } from './tfjs-api.js';
import { fixedInputs, statedShape } from './tfjs-tensors.js';

export interface CallableModel {
  readonly inputs: readonly TensorInfo[];
  /** As far as the model states them: -1 for what is left open. */
  readonly outputs: readonly Pick<TensorInfo, 'name' | 'shape'>[];
  /**
   * @param tensors one for each input; they stay the caller's
   * @returns one for each output; they are the caller's
   */
  call(tensors: readonly TfTensor[]): Promise<readonly TfTensor[]>;
  dispose(): void;
}

/** @throws what TensorFlow.js throws, and what the readers of the formats throw */
export async function loadModel(tf: Tfjs, model: FolderArtefact): Promise<CallableModel> {
  const files = filesOf(model);
  const [first] = files;
  if (first === undefined) throw new Error('the model has no files');
  if (model.format === 'saved-model') return savedModel(tf, files, first.bytes, model.name);
  const stated = readTfjsModel(first.bytes, model.name);
  const source = sourceOf(first.bytes, files);
  return stated.kind === 'graph-model'
    ? graphModel(await tf.loadGraphModel(source), stated, model.name)
    : layersModel(await tf.loadLayersModel(source), stated.inputs, model.name);
}

function graphModel(model: TfGraphModel, stated: TfjsModel, name: string): CallableModel {
  const inputs = fixedInputs(stated.inputs, name);
  const named = (tensors: readonly TfTensor[]): TfNamed =>
    Object.fromEntries(tensors.map((tensor, index) => [inputs[index]?.name ?? '', tensor]));
  let dynamic = false;
  return {
    inputs,
    // What it says of them itself is often nothing.
    outputs: model.outputs.map(
      (output) =>
        stated.outputs.find((other) => other.name === output.name) ?? {
          name: output.name,
          shape: statedShape(output.shape),
        },
    ),
    async call(tensors) {
      if (!dynamic) {
        try {
          return listed(model.execute(named(tensors)));
        } catch (error) {
          // The sizes of its results depend on values, as after a non-maximum suppression. Nothing was computed yet.
          if (!(error instanceof Error && error.message.includes('executeAsync'))) throw error;
          dynamic = true;
        }
      }
      return listed(await model.executeAsync(named(tensors)));
    },
    dispose: () => model.dispose(),
  };
}

function layersModel(model: TfLayersModel, stated: readonly TensorInfo[], name: string): CallableModel {
  const shaped = stated.map((input, index) => ({
    ...input,
    shape: statedShape(model.inputs[index]?.shape ?? input.shape),
  }));
  return {
    inputs: fixedInputs(shaped, name),
    outputs: model.outputs.map((output) => ({ name: output.name, shape: statedShape(output.shape) })),
    call: async (tensors) => {
      const [only, ...more] = tensors;
      return listed(model.predictOnBatch(only !== undefined && more.length === 0 ? only : [...tensors]));
    },
    dispose: () => model.dispose(),
  };
}

async function savedModel(
  tf: Tfjs,
  files: readonly ModelFile[],
  description: Uint8Array,
  name: string,
): Promise<CallableModel> {
  if (tf.node === undefined) throw new Error('this TensorFlow.js has no loadSavedModel');
  const { tags, signature, inputs: stated, outputs } = readSavedModel(description, name);
  const inputs = fixedInputs(stated, name);
  const { loadSavedModel } = tf.node;
  const model = await inFolder(files, (folder) => loadSavedModel(folder, [...tags], signature));
  return {
    inputs,
    outputs,
    call: async (tensors) => {
      const results = model.predict(
        Object.fromEntries(tensors.map((tensor, index) => [inputs[index]?.name ?? '', tensor])),
      );
      return outputs.flatMap((output) => results[output.name] ?? []);
    },
    dispose: () => model.dispose(),
  };
}

interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function filesOf({ bytes, files }: FolderArtefact): ModelFile[] {
  let end = 0;
  return files.map(({ name, bytes: length }) => {
    end += length;
    return { name, bytes: bytes.subarray(end - length, end) };
  });
}

/** The parts of a model as the loaders of TensorFlow.js take them. */
function sourceOf(json: Uint8Array, files: readonly ModelFile[]): TfSource {
  const { weightsManifest, ...parts } = JSON.parse(new TextDecoder().decode(json)) as {
    readonly weightsManifest: readonly {
      readonly paths: readonly string[];
      readonly weights: readonly object[];
    }[];
  };
  const shards = new Map(files.map(({ name, bytes }) => [name, bytes]));
  const weights = weightsManifest.flatMap(({ paths }) =>
    paths.map((path) => shards.get(path) ?? new Uint8Array()),
  );
  const artefacts = {
    ...parts,
    // How it was trained, which would have to be rebuilt too.
    trainingConfig: undefined,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: Uint8Array.from(Buffer.concat(weights)).buffer,
  };
  return { load: async () => artefacts };
}

/** TensorFlow reads SavedModels from disk only, and has read all of one once it is loaded. */
async function inFolder<Result>(
  files: readonly ModelFile[],
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'impulse-saved-model-'));
  try {
    for (const { name, bytes } of files) {
      await mkdir(join(folder, dirname(name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function listed(result: TfTensor | readonly TfTensor[]): readonly TfTensor[] {
  return Array.isArray(result) ? result : [result as TfTensor];
}
