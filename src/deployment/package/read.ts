/** Reads our own package: a zip or folder with `impulse-package.json` and the models it lists. */
import { createHash } from 'node:crypto';
import { DeploymentError, UnsupportedError } from '../../errors.js';
import { describe } from '../../options.js';
import type { DeploymentContents, ModelArtefact } from '../contents.js';
import type { FileTree } from '../file-tree.js';
import type { AnomalyBlock, Impulse } from '../impulse.js';
import type { Manifest } from './manifest.js';

/** The file that makes a zip or folder one of our packages. */
export const MANIFEST_NAME = 'impulse-package.json';

/**
 * @param tree a zip or folder that has {@link MANIFEST_NAME}
 * @throws {DeploymentError} `ERR_METADATA_INVALID`: the manifest is not one; `ERR_MODEL_MISSING`, `ERR_MODEL_INVALID`:
 *   a model is missing or is not the one that the manifest states
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: a package of a later version
 */
export async function readPackage(tree: FileTree): Promise<DeploymentContents> {
  const manifest = await readManifest(tree);
  const { impulse, warnings } = manifest;
  const artefacts = await readModels(tree, manifest);
  checkBlocks(impulse, artefacts, tree.source);
  return { format: 'package', impulse, artefacts, warnings };
}

async function readManifest(tree: FileTree): Promise<Manifest> {
  // Only those who open packages pay for the schema.
  const [{ manifestSchema, PACKAGE_VERSION }, { getDotPath, safeParse }] = await Promise.all([
    import('./manifest.js'),
    import('valibot'),
  ]);
  const value = parseJson(await tree.read(MANIFEST_NAME), tree.source);
  refuseLaterVersion(value, PACKAGE_VERSION, tree.source);
  const result = safeParse(manifestSchema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw invalid(tree.source, `${getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
}

function parseJson(bytes: Uint8Array, source: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(source, 'it is not JSON', cause);
  }
}

function refuseLaterVersion(value: unknown, known: number, source: string): void {
  if (typeof value !== 'object' || value === null || !('version' in value)) return;
  const { version } = value;
  if (typeof version !== 'number' || version <= known) return;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${source} is a package of version ${version}; this impulse-runtime reads versions up to ${known}: update it.`,
  );
}

async function readModels(tree: FileTree, { models }: Manifest): Promise<Map<string, ModelArtefact>> {
  const artefacts = new Map<string, ModelArtefact>();
  for (const [key, { file, format, name, bytes: length, sha256 }] of Object.entries(models)) {
    if (!tree.has(file)) {
      throw new DeploymentError(
        'ERR_MODEL_MISSING',
        `${tree.source}: ${MANIFEST_NAME} lists the model '${file}', which is not in the package. Copy or convert it again.`,
      );
    }
    const bytes = await tree.read(file);
    if (bytes.length !== length || sha256Of(bytes) !== sha256) {
      throw new DeploymentError(
        'ERR_MODEL_INVALID',
        `${tree.source}: '${file}' is not the model that ${MANIFEST_NAME} states: ` +
          `it has ${bytes.length} bytes and SHA-256 ${sha256Of(bytes)}, not ${length} and ${sha256}. Copy or convert it again.`,
      );
    }
    artefacts.set(key, { format, name, bytes });
  }
  return artefacts;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What the shape of the manifest can't say. */
function checkBlocks(
  { learnBlocks }: Impulse,
  artefacts: ReadonlyMap<string, ModelArtefact>,
  source: string,
): void {
  if (learnBlocks.length === 0) throw invalid(source, 'impulse.learnBlocks is empty');
  for (const [index, block] of learnBlocks.entries()) {
    const at = `impulse.learnBlocks.${index}`;
    if (block.modelType === 'anomaly' && block.algorithm === 'kmeans') checkKmeans(block, at, source);
    else if (!artefacts.has(block.artefact)) {
      throw invalid(source, `${at}.artefact: models has no ${describe(block.artefact)}`);
    }
  }
}

function checkKmeans({ axes, kmeans }: AnomalyBlock, at: string, source: string): void {
  if (kmeans === undefined || kmeans.clusters.length === 0) throw invalid(source, `${at} has no clusters`);
  const { mean, scale, clusters } = kmeans;
  const lists = [mean, scale, ...clusters.map(({ centroid }) => centroid)];
  if (lists.every((list) => list.length === axes.length)) return;
  throw invalid(
    source,
    `${at}: mean, scale and centroids must have one number for each of ${axes.length} axes`,
  );
}

function invalid(source: string, problem: string, cause?: unknown): DeploymentError {
  return new DeploymentError('ERR_METADATA_INVALID', `${source}: ${MANIFEST_NAME}: ${problem}.`, { cause });
}
