/** What can be built: the served deployment of an impulse, or the pretrained model that was saved for it. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { isImpulseError, RegistryError } from '../errors.js';
import { readArtefact } from '../registry/artefacts.js';
import { fingerprintOf } from '../registry/build.js';
import type { BuildSubject } from '../registry/build-job.js';
import { readBuildInput } from '../registry/build-source.js';
import { MODEL_VARIANTS, type ModelVariant, unsupported } from '../registry/build-targets.js';
import { findPretrained } from '../registry/pretrained.js';
import type { Store } from '../registry/store.js';
import type { ConvertOptions } from '../runtime/convert.js';
import type { OpenOptions } from '../runtime/options.js';
import type { ServerContext } from './context.js';
import { findServed, type ServedModel } from './served.js';

/** A subject that is recognised when it is met again. */
export interface Subject extends BuildSubject {
  readonly key: string;
}

export interface BuildSubjects {
  /** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`; `ERR_BUILD_UNSUPPORTED`: known at once to be a program */
  of(projectId: number, impulseId: number | undefined): Subject;
  /**
   * What a build of it would be made of now: see `fingerprintOf()`; by variant.
   *
   * @throws as `readBuildInput()`
   */
  facts(subject: Subject): Promise<ReadonlyMap<ModelVariant, string>>;
}

/** Sources whose facts are remembered, since reading one takes as long as opening it. */
const MOST_REMEMBERED = 50;

type Sources = Pick<ServerContext, 'served' | 'settings' | 'store'>;

export function makeBuildSubjects({ served, settings, store }: Sources): BuildSubjects {
  const remembered = new Map<string, Promise<ReadonlyMap<ModelVariant, string>>>();
  return {
    of(projectId, impulseId) {
      const found = findServed(served, projectId, impulseId);
      if (found !== undefined) return servedSubject(found, settings.open);
      const pretrained = pretrainedSubject(store, projectId, impulseId);
      if (pretrained !== undefined) return pretrained;
      const asked = `project ${projectId}${impulseId === undefined ? '' : ` with impulse ${impulseId}`}`;
      throw new RegistryError(
        'ERR_REGISTRY_NOT_FOUND',
        `There is nothing to build for ${asked}: serve its deployment, or upload a pretrained model and save it.`,
      );
    },

    facts(subject) {
      const known = remembered.get(subject.key);
      if (known !== undefined) return known;
      const reading = readFacts(subject);
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(subject.key, reading);
      // What a source is at fault for stays so; a disk may recover.
      reading.catch((error) => isImpulseError(error) || remembered.delete(subject.key));
      return reading;
    },
  };
}

function servedSubject({ name, path, projectId, impulseId, info }: ServedModel, open: OpenOptions): Subject {
  if (info.runner !== undefined) {
    throw unsupported(
      `'${name}' can't be built: it is run as a whole (${info.runner.engine}), and its models can't be taken out.`,
    );
  }
  const impulseName = info.project.impulseName ?? info.project.name ?? name;
  const input = async () => ({ source: path, options: contentOptions(open) });
  // What lies there may have been replaced since the server has opened it.
  const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return { key: `served ${name} ${mtimeMs} ${size}`, projectId, impulseId, impulseName, input };
}

/** Those that say what a deployment is, not how it runs. */
function contentOptions(open: OpenOptions): ConvertOptions {
  const { modelInfo, lastLayer, impulse, resizeMode, cropAnchor, resampler, gray, quantizePath } = open;
  const { thresholds } = open;
  return {
    ...(modelInfo !== undefined && { modelInfo }),
    ...(lastLayer !== undefined && { lastLayer }),
    ...(impulse !== undefined && { impulse }),
    ...(resizeMode !== undefined && { resizeMode }),
    ...(cropAnchor !== undefined && { cropAnchor }),
    ...(resampler !== undefined && { resampler }),
    ...(gray !== undefined && { gray }),
    ...(quantizePath !== undefined && { quantizePath }),
    ...(thresholds !== undefined && { thresholds }),
  };
}

function pretrainedSubject(
  store: Store,
  projectId: number,
  wantedImpulse: number | undefined,
): Subject | undefined {
  const model = findPretrained(store, projectId, wantedImpulse);
  if (model === undefined) return undefined;
  const { sha256: artefact, fileName: impulseName, impulseId, modelInfo } = model;
  const input = async () => ({
    source: await readArtefact(store.folder, artefact, impulseName),
    name: impulseName,
    options: modelInfo === undefined ? {} : { modelInfo },
  });
  const described = createHash('sha256')
    .update(JSON.stringify(modelInfo ?? null))
    .digest('hex');
  const key = `pretrained ${artefact} ${described}`;
  return { key, projectId, impulseId, impulseName, artefact, input };
}

async function readFacts(subject: Subject): Promise<ReadonlyMap<ModelVariant, string>> {
  const facts = new Map<ModelVariant, string>();
  for (const variant of MODEL_VARIANTS) {
    const contents = await readBuildInput(await subject.input(), variant).catch(undefinedIfUnsupported);
    if (contents !== undefined) facts.set(variant, fingerprintOf(contents));
  }
  return facts;
}

function undefinedIfUnsupported(error: unknown): undefined {
  if (isImpulseError(error) && error.code === 'ERR_BUILD_UNSUPPORTED') return undefined;
  throw error;
}
