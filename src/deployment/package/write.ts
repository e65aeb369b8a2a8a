/** Writes our own package, so that one good format remains of whatever was downloaded. */
import { UnsupportedError } from '../../errors.js';
import { packageVersion } from '../../package-version.js';
import type { DeploymentContents, ModelArtefact, ModelFormat } from '../contents.js';
import { MODEL_KINDS } from '../contents.js';
import { writeZip } from '../zip-writer.js';
import type { Manifest } from './manifest.js';
import { MANIFEST_NAME, sha256Of } from './read.js';

/**
 * Models are stored, not deflated: weights hardly shrink, and opening is faster.
 *
 * @returns the bytes of a zip; the same contents give the same bytes
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: a model of several files
 */
export async function writePackage(contents: DeploymentContents): Promise<Uint8Array> {
  const manifest = `${JSON.stringify(manifestOf(contents), null, 2)}\n`;
  const models = modelFiles(contents).map(({ file, bytes }) => ({ name: file, bytes }));
  return writeZip([{ name: MANIFEST_NAME, bytes: Buffer.from(manifest) }, ...models]);
}

function manifestOf(contents: DeploymentContents): unknown {
  const { impulse, warnings } = contents;
  const models = modelFiles(contents).map(({ key, file, format, name, bytes }) => {
    if (format !== 'tflite' && format !== 'onnx') throw notPackable(name, format);
    const model: Manifest['models'][string] = {
      file,
      format,
      name,
      bytes: bytes.length,
      sha256: sha256Of(bytes),
    };
    return [key, model];
  });
  return {
    format: 'impulse-package',
    version: 1,
    generator: `impulse-runtime ${packageVersion()}`,
    impulse,
    models: Object.fromEntries(models),
    warnings,
  } satisfies Record<keyof Manifest, unknown>;
}

function notPackable(name: string, format: ModelFormat): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${name} is ${MODEL_KINDS[format]}, and a package holds TFLite and ONNX models only. ` +
      'Keep its folder with a model-info.json in it, or convert the model to TFLite first.',
  );
}

/** Keys come from symbols and file names of the download; a file's name has only what every system can store. */
function modelFiles({ artefacts }: DeploymentContents): (ModelArtefact & { key: string; file: string })[] {
  return [...artefacts].map(([key, artefact], index) => {
    const stem = key.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 100);
    return { ...artefact, key, file: `models/${index + 1}-${stem}.${artefact.format}` };
  });
}
