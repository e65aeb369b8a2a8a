/** A build as a job: its row, its log, and its file, which is there once the job has succeeded. */
import { type Incoming, receive } from './artefacts.js';
import { build } from './build.js';
import type { BuildInput } from './build-source.js';
import type { BuildSettings } from './build-targets.js';
import type { Deployments } from './deployments.js';
import type { Jobs, RunningJob } from './jobs.js';
import type { Store } from './store.js';

/** What is built: an impulse of a project, wherever its model is. */
export interface BuildSubject {
  readonly projectId: number;
  readonly impulseId: number;
  readonly impulseName: string;
  /** Reads it anew for each build. */
  input(): Promise<BuildInput>;
  /** The artefact that it is read from, if it is one. */
  readonly artefact?: string;
}

export interface Workshop {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly deployments: Deployments;
}

/** @returns the job's id, and the version that the build will have */
export function startBuild(
  { store, jobs, deployments }: Workshop,
  subject: BuildSubject,
  settings: BuildSettings,
): { id: number; deploymentVersion: number } {
  const { projectId, impulseId, impulseName, artefact } = subject;
  const { format, engine } = settings;
  let deploymentVersion = 0;
  const id = jobs.start(
    {
      projectId,
      category: 'Building for this device',
      categoryKey: 'build-ondevice-model',
      key: `build-ondevice-model-${format}`,
      metadata: { type: format, engine, ...(settings.variant && { modelType: settings.variant }), impulseId },
    },
    async (job) => {
      job.log(`Building version ${deploymentVersion} of '${impulseName}' as ${format} for ${engine}`);
      const project = { id: projectId, impulseId, deployVersion: deploymentVersion };
      const built = await build({ input: await subject.input(), settings, project, ...job });
      const file = await receive(store.folder, [await built.zip()]);
      dropWhenEnded(file, job);
      const { fingerprint, contents } = built;
      const fileName = `${slug(impulseName)}-${format}-v${deploymentVersion}.zip`;
      job.atEnd(() => {
        const result = { modelType: contents.variant, fingerprint, fileName };
        deployments.finish(projectId, deploymentVersion, result, file);
      });
      job.log(`Wrote ${fileName}: ${file.bytes} bytes, SHA-256 ${file.sha256}`);
    },
    (jobId) => {
      deploymentVersion = deployments.add({
        projectId,
        impulseId,
        impulseName,
        format,
        engine,
        jobId,
        ...(artefact !== undefined && { sourceArtefact: artefact }),
      });
    },
  );
  return { id, deploymentVersion };
}

/** What was kept is somewhere else by then. */
function dropWhenEnded(file: Incoming, { signal }: RunningJob): void {
  // What can't be removed now is found by the next server.
  const drop = () => void file.drop().catch(() => {});
  if (signal.aborted) drop();
  else signal.addEventListener('abort', drop, { once: true });
}

/** What every file system and header takes. */
function slug(name: string): string {
  const clean = name
    .toLowerCase()
    .replace(/\.(zip|tflite|lite|onnx)$/, '')
    .replace(/[^a-z0-9]+/g, '-');
  return clean.replace(/^-+|-+$/g, '').slice(0, 60) || 'impulse';
}
