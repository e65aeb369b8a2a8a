/** Builds a deployment for this device: reads a source as data, takes the variant that was asked for, and packages it. */
import { createHash } from 'node:crypto';
import type { DeploymentContents } from '../deployment/contents.js';
import type { ProjectInfo } from '../deployment/impulse.js';
import { sha256Of } from '../deployment/package/read.js';
import { writePackage } from '../deployment/package/write.js';
import { writeZip } from '../deployment/zip-writer.js';
import type { BuildInput } from './build-source.js';
import { type BuildContents, readBuildInput } from './build-source.js';
import type { BuildFormat, BuildSettings } from './build-targets.js';
import { type FolderFile, plainFolder } from './plain-folder.js';

export interface BuildTask {
  readonly input: BuildInput;
  readonly settings: BuildSettings;
  /** What the build says of where it belongs, in place of what the source says. */
  readonly project?: ProjectInfo;
  readonly signal?: AbortSignal;
  log?(text: string, level?: 'info' | 'warn'): void;
}

export interface Build {
  readonly format: BuildFormat;
  readonly contents: BuildContents;
  /** {@link fingerprintOf} the source. */
  readonly fingerprint: string;
  /** Of a folder; one zip otherwise. */
  readonly files: readonly FolderFile[];
  /** A zip: the package, or the folder with everything in it. */
  zip(): Promise<Uint8Array>;
}

/**
 * Nothing of the source is run. The same source, settings and project give the same bytes.
 *
 * @throws as `convertDeployment()`; {RegistryError} `ERR_BUILD_UNSUPPORTED`: a program, no such variant, or more than the
 *   format can say; the signal's reason
 */
export async function build({ input, settings, project, signal, log = () => {} }: BuildTask): Promise<Build> {
  const { format, variant } = settings;
  log(`Reading the ${variant === undefined ? '' : `${variant} variant of the `}deployment`);
  const source = await readBuildInput(input, variant);
  signal?.throwIfAborted();
  for (const line of facts(source)) log(line);
  for (const { code, message } of source.warnings) log(`${message} [${code}]`, 'warn');
  const contents = { ...source, impulse: withProject(source.impulse, project) };
  log(format === 'zip' ? 'Writing the package' : 'Writing the model and its description');
  const files = format === 'zip' ? [] : await plainFolder(contents);
  const zip = () => (format === 'zip' ? writePackage(contents) : writeZip(files));
  return { format, contents, fingerprint: fingerprintOf(source), files, zip };
}

/**
 * The same for sources that would be built into the same, wherever they lie: SHA-256 of impulse and models. The version of a
 * deployment is not part of it.
 */
export function fingerprintOf({ impulse, artefacts }: DeploymentContents): string {
  const { project: _, ...rest } = impulse;
  const models = [...artefacts].map(([key, { bytes }]) => [key, sha256Of(bytes)]);
  return createHash('sha256')
    .update(JSON.stringify([rest, models]))
    .digest('hex');
}

function withProject(impulse: DeploymentContents['impulse'], project: ProjectInfo = {}) {
  return { ...impulse, project: { ...impulse.project, ...project } };
}

function* facts({ format, impulse, artefacts, variant }: BuildContents): Generator<string> {
  yield `It is a ${format} with ${impulse.learnBlocks.map(({ modelType }) => modelType).join(', ')}, ${variant}`;
  for (const { name, format: kind, bytes } of artefacts.values()) {
    yield `Model ${name}: ${kind}, ${bytes.length} bytes, SHA-256 ${sha256Of(bytes)}`;
  }
}
