/** What a reader finds in a download. */
import type { Impulse } from './impulse.js';

export const DEPLOYMENT_FORMATS = [
  'cpp-library',
  'arduino-library',
  'plain-model',
  'package',
  'eim',
  'wasm',
] as const;
export type DeploymentFormat = (typeof DEPLOYMENT_FORMATS)[number];

/** One model of a deployment. */
export type ModelArtefact = FileArtefact | FolderArtefact;
export type ModelFormat = ModelArtefact['format'];

interface Artefact {
  /** Where it was found, for people: `tflite-model/tflite_learn_3.h` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FileArtefact extends Artefact {
  readonly format: 'tflite' | 'onnx';
}

/** A model of several files: `bytes` are theirs, one after the other. */
export interface FolderArtefact extends Artefact {
  readonly format: 'saved-model' | 'tfjs';
  /** In the order of `bytes`; names are relative to the model's folder. The first is `saved_model.pb` or `model.json`. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/** As sentences have them. */
export const MODEL_KINDS: Readonly<Record<ModelFormat, string>> = {
  tflite: 'a TFLite model',
  onnx: 'an ONNX model',
  'saved-model': 'a TensorFlow SavedModel',
  tfjs: 'a TensorFlow.js model',
};

/** Something a person should know although the deployment opens, for example a header that disagrees with the model. */
export interface DeploymentWarning {
  readonly code: string;
  readonly message: string;
}

export interface DeploymentContents {
  readonly format: DeploymentFormat;
  readonly impulse: Impulse;
  /** Models by the key that learn blocks name. */
  readonly artefacts: ReadonlyMap<string, ModelArtefact>;
  readonly warnings: readonly DeploymentWarning[];
}
