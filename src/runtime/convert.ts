/** `convertDeployment()`: whatever holds a model, as our own package. */

import type { DeploymentContents } from '../deployment/contents.js';
import { openDownload } from '../deployment/download.js';
import { writePackage } from '../deployment/package/write.js';
import type { OpenOptions } from './options.js';
import { normalizeOpenOptions } from './options.js';
import { readDeployment } from './read-deployment.js';

/** The options of `openDeployment()` that say what the deployment is, not how it runs. */
export type ConvertOptions = Pick<
  OpenOptions,
  | 'modelInfo'
  | 'lastLayer'
  | 'impulse'
  | 'resizeMode'
  | 'cropAnchor'
  | 'resampler'
  | 'gray'
  | 'quantizePath'
  | 'thresholds'
>;

export interface Conversion {
  /** A zip; the same deployment and options give the same bytes. */
  readonly bytes: Uint8Array;
  readonly contents: DeploymentContents;
}

/**
 * Reads a deployment and writes it as an impulse package: models, labels, impulse and thresholds in one zip, of which
 * nothing has to be worked out again. Nothing is run, and no engine is needed.
 *
 * @throws as `openDeployment()`, but for the engines; {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: it holds no model that
 *   could be taken out
 *
 * @example
 * const { bytes } = await convertDeployment('library.zip', { thresholds: { min_score: 0.4 } });
 * await writeFile('cups.impulse.zip', bytes);
 */
export async function convertDeployment(
  source: string | Uint8Array,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const contents = await readDeployment(await openDownload(source), normalizeOpenOptions(options));
  return { bytes: await writePackage(contents), contents };
}
