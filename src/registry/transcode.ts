/** A registered model in another format: what can be made of it here, and making it. */
import type { FileArtefact, ModelArtefact } from '../deployment/contents.js';
import { writePackage } from '../deployment/package/write.js';
import { readModelFile } from '../deployment/plain/model-file.js';
import { sniff } from '../deployment/sniff.js';
import { RegistryError } from '../errors.js';
import { onnxRuntime } from '../runtime/engines/onnx.js';
import { convertToOrt } from '../runtime/engines/onnx-to-ort.js';
import type { Recognised } from './recognise.js';

/**
 * - `impulse-package`: our own package, of which nothing has to be worked out again;
 * - `tflite`, `onnx`: the model file alone, out of a package, a library or an archive;
 * - `float32`, `int8`: the model file whose input is of that type (`int8`: of 8 bits, signed or not);
 * - `ort`: ONNX Runtime's own format, which it opens faster than ONNX.
 */
export const TARGET_FORMATS = ['impulse-package', 'tflite', 'onnx', 'float32', 'int8', 'ort'] as const;
export type TargetFormat = (typeof TARGET_FORMATS)[number];

/** A target that can't be made, with those that can. */
export class TranscodingError extends RegistryError {
  readonly alternatives: readonly TargetFormat[];

  constructor(message: string, alternatives: readonly TargetFormat[]) {
    const there = alternatives.length === 0 ? 'It can be made into nothing else here' : 'It can be made into';
    super('ERR_TRANSCODING_UNSUPPORTED', `${message} ${there}${list(alternatives)}.`);
    this.alternatives = alternatives;
  }
}

export interface Transcoded {
  readonly target: TargetFormat;
  readonly bytes: Uint8Array;
  /** Of the file that holds them, with its dot. */
  readonly extension: string;
}

/** Which formats this download can be made into on this machine. */
export function targetsOf(found: Recognised): TargetFormat[] {
  return TARGET_FORMATS.filter((target) => {
    if (target === 'impulse-package') return found.contents !== undefined && found.models.every(isFile);
    return modelFor(found, target) !== undefined;
  });
}

/**
 * @param wanted as the client spells it: `ORT`, `impulse-package`
 * @throws {TranscodingError} `ERR_TRANSCODING_UNSUPPORTED`: no such format, or not of this model
 * @throws {EngineError | TimeoutError | DeploymentError | UnsupportedError} the runtime refuses the model
 */
export async function transcode(found: Recognised, wanted: string, name: string): Promise<Transcoded> {
  const targets = targetsOf(found);
  const target = targets.find((candidate) => candidate === wanted.trim().toLowerCase());
  if (target === undefined) throw unsupported(found, wanted, name, targets);
  if (target === 'impulse-package') return { target, ...(await packageOf(found)) };
  const model = modelFor(found, target);
  if (model === undefined) throw unsupported(found, wanted, name, targets);
  if (target === 'ort') return { target, bytes: await convertToOrt({ ...model, name }), extension: '.ort' };
  return { target, bytes: model.bytes, extension: `.${sniff(model.bytes)}` };
}

async function packageOf({ contents }: Recognised): Promise<Pick<Transcoded, 'bytes' | 'extension'>> {
  if (contents === undefined) throw new TypeError('Nothing to make a package of.');
  return { bytes: await writePackage(contents), extension: '.impulse.zip' };
}

/** The one model of the kind that a target is made of; undefined where there is none, or several. */
function modelFor(
  { models }: Recognised,
  target: Exclude<TargetFormat, 'impulse-package'>,
): FileArtefact | undefined {
  const fitting = models.filter(isFile).filter((model) => fits(model, target));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function fits(model: FileArtefact, target: Exclude<TargetFormat, 'impulse-package'>): boolean {
  switch (target) {
    case 'tflite':
    case 'onnx':
      return sniff(model.bytes) === target;
    case 'ort':
      return sniff(model.bytes) === 'onnx' && onnxRuntime().available;
    default:
      return inputType(model) === target;
  }
}

function inputType({ bytes, name }: FileArtefact): 'float32' | 'int8' | undefined {
  switch (readModelFile(bytes, name).inputs[0]?.dataType) {
    case 'float32':
      return 'float32';
    case 'int8':
    case 'uint8':
      return 'int8';
    default:
      return undefined;
  }
}

function isFile(model: ModelArtefact): model is FileArtefact {
  return !('files' in model);
}

function unsupported(
  found: Recognised,
  wanted: string,
  name: string,
  targets: readonly TargetFormat[],
): TranscodingError {
  const needsWords =
    wanted.trim().toLowerCase() === 'impulse-package' && found.contents === undefined
      ? ' Nothing says what its outputs mean (give it a modelInfo), or which of several impulses is meant.'
      : '';
  return new TranscodingError(
    `The model '${name}' can't be made into '${excerpt(wanted)}' here.${needsWords}`,
    targets,
  );
}

function list(targets: readonly TargetFormat[]): string {
  return targets.length === 0 ? '' : `: ${targets.join(', ')}`;
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
