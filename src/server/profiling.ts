/** Models are measured as jobs, once for each machine, and again when somebody asks for it. */
import { findProfile, machineKey, type ProfileKey, putProfile } from '../registry/profile.js';
import { type ModelProfile, profileModel } from '../runtime/profile-model.js';
import type { ServerContext } from './context.js';
import type { SubjectModel } from './pretrained-subject.js';

/** What is known of a model's figures. */
export type ProfileState =
  | { readonly profile: ModelProfile }
  /** The job that measures it, or failed to. */
  | { readonly jobId: number; readonly hasFailed: boolean };

export interface Profiling {
  /** What is known, and where nothing is, begins to measure. */
  look(projectId: number, model: SubjectModel): Promise<ProfileState>;
  /**
   * Measures, whatever is known.
   *
   * @param alsoWrite as for `Jobs.start()`
   * @returns the job's id
   * @throws {RequestError} `ERR_SERVER_BUSY`
   */
  measure(projectId: number, model: SubjectModel, alsoWrite?: () => void): Promise<number>;
}

export function makeProfiling({ store, jobs }: Pick<ServerContext, 'store' | 'jobs'>): Profiling {
  /** The newest job of each model, of this server's life: what an earlier one left undone is begun anew. */
  const started = new Map<string, number>();

  function start(projectId: number, model: SubjectModel, key: ProfileKey, alsoWrite?: () => void): number {
    const request = {
      projectId,
      category: 'Measuring a model on this device',
      categoryKey: 'profile-pretrained-model',
      key: 'profile-pretrained-model',
    };
    const jobId = jobs.start(
      request,
      async ({ signal, log, atEnd }) => {
        log(`${model.fileName}: ${model.format}, ${model.bytes} bytes.`);
        const profile = await profileModel({ model: await model.read(), ...model.run, signal });
        log(summary(profile));
        atEnd(() => putProfile(store, key, profile));
      },
      alsoWrite,
    );
    started.set(nameOf(projectId, key), jobId);
    return jobId;
  }

  return {
    async look(projectId, model) {
      const key = await keyOf(model);
      const jobId = started.get(nameOf(projectId, key));
      if (jobId !== undefined) {
        const { finishedSuccessful } = jobs.get(projectId, jobId);
        if (finishedSuccessful !== true) return { jobId, hasFailed: finishedSuccessful === false };
      }
      const profile = findProfile(store, key);
      return profile ? { profile } : { jobId: start(projectId, model, key), hasFailed: false };
    },

    async measure(projectId, model, alsoWrite) {
      return start(projectId, model, await keyOf(model), alsoWrite);
    },
  };
}

async function keyOf({ run, facts }: SubjectModel): Promise<ProfileKey> {
  const { sha256 } = await facts();
  return { sha256, machine: await machineKey(run.engine, run.options) };
}

function nameOf(projectId: number, { sha256, machine }: ProfileKey): string {
  return `${projectId} ${sha256} ${machine}`;
}

function summary({ engine, version, delegate, threads, timePerInferenceMs, runs }: ModelProfile): string {
  const on = `${engine} ${version} (${delegate}), ${threads} thread${threads === 1 ? '' : 's'}`;
  return `On ${on}: ${timePerInferenceMs.toFixed(3)} ms for one run, the median of ${runs}.`;
}
