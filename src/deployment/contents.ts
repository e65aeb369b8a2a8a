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

/** One model file of a deployment. */
export interface ModelArtefact {
  readonly format: 'tflite' | 'onnx';
  /** Where it was found, for people: `tflite-model/tflite_learn_3.h` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

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
