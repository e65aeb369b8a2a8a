/** A build of a project: the one that there is, or a new one. In the order in which the API's own clients call. */
import { isImpulseError } from '../errors.js';
import type { HostedApi, HostedFile, Json } from './api.js';
import { failed, PREFIX, refused } from './api.js';

export interface WantedBuild {
  /** @default the one that the key is for */
  readonly projectId?: number;
  /** `zip`, `runner-linux-aarch64`, ... */
  readonly type: string;
  /** @default the one that the server prefers */
  readonly engine?: string;
  readonly modelType?: string;
  readonly impulseId?: number;
}

export interface DownloadedBuild {
  readonly projectId: number;
  readonly version?: number;
  readonly file: HostedFile;
}

export interface BuildWatcher {
  /** What happens, and what the server's log says. */
  note(line: string): void;
  /** Between two looks at the job. @default 1000 */
  readonly pollMs?: number;
}

/** Looks at a job that may fail in a row, for example while the network is away. */
const MOST_MISSED = 30;
const LONGEST_BUILD_MS = 3_600_000;
const LOG_LINES = 500;

/**
 * Finds the project, asks for a build, makes one if there is none, waits for it, and begins to download it.
 *
 * @throws {DownloadError} `ERR_DOWNLOAD_REFUSED`: with the server's words; `ERR_DOWNLOAD_FAILED`
 */
export async function downloadBuild(
  api: HostedApi,
  wanted: WantedBuild,
  watcher: BuildWatcher,
): Promise<DownloadedBuild> {
  const projectId = wanted.projectId ?? (await onlyProject(api));
  const path = `/v1/api/${projectId}/deployment`;
  const { type, engine, modelType, impulseId } = wanted;
  const query = { type, engine, modelType, impulseId };
  const there = await api.get(path, query);
  if (there.hasDeployment === true) {
    const version = numberOf(there.version);
    watcher.note(`There is a build${version === undefined ? '' : `, version ${version}`}`);
    const file = await api.file(`${path}/download`, query);
    return { projectId, ...(version !== undefined && { version }), file };
  }
  const chosen = engine ?? (await preferredEngine(api, projectId, wanted));
  watcher.note(`There is no build yet: building ${type} for ${api.clean(chosen)}`);
  const job = await api.post(
    `/v1/api/${projectId}/jobs/build-ondevice-model`,
    { type, impulseId },
    { engine: chosen, ...(modelType !== undefined && { modelType }) },
  );
  const jobId = numberOf(job.id);
  if (jobId === undefined) throw failed('the server names no job');
  await untilBuilt(api, projectId, jobId, watcher);
  const version = numberOf(job.deploymentVersion);
  const file = await api.file(`${path}/download`, { ...query, engine: chosen });
  return { projectId, ...(version !== undefined && { version }), file };
}

async function onlyProject(api: HostedApi): Promise<number> {
  const answer = await api.get('/v1/api/projects').catch((error) => {
    throw isImpulseError(error) && error.code === 'ERR_DOWNLOAD_REFUSED'
      ? refused(
          `which project is meant can't be asked for, so give it with --project (${error.message.replace(PREFIX, '')})`,
        )
      : error;
  });
  const projects = listOf(answer.projects);
  const ids = projects.flatMap(({ id }) => numberOf(id) ?? []);
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw refused(
    ids.length === 0
      ? 'the key opens no project'
      : `the key opens ${ids.length} projects (${ids.slice(0, 20).join(', ')}): choose one with --project`,
  );
}

async function preferredEngine(
  api: HostedApi,
  projectId: number,
  { type, impulseId }: WantedBuild,
): Promise<string> {
  const answer = await api.get(`/v1/api/${projectId}/deployment/targets`, { impulseId });
  const targets = listOf(answer.targets);
  const target = targets.find(({ format }) => format === type);
  if (target === undefined) {
    const formats = targets.map(({ format }) => String(format)).slice(0, 50);
    throw refused(`'${type}' can't be built there; what can: ${api.clean(formats.join(', '))}`);
  }
  if (target.disabledForProject === true) {
    throw refused(
      api.clean(String(target.reasonTargetDisabled ?? `'${type}' can't be built of this project`)),
    );
  }
  const { preferredEngine: engine } = target;
  if (typeof engine === 'string') return engine;
  throw failed('the server names no engine');
}

async function untilBuilt(
  api: HostedApi,
  projectId: number,
  jobId: number,
  { note, pollMs = 1_000 }: BuildWatcher,
): Promise<void> {
  const path = `/v1/api/${projectId}/jobs/${jobId}`;
  const deadline = Date.now() + LONGEST_BUILD_MS;
  let seen: ReadonlySet<string> = new Set();
  let [missed, last] = [0, ''];
  while (Date.now() < deadline) {
    let job: Json | undefined;
    try {
      const status = await api.get(`${path}/status`);
      const lines = oldestFirst(await api.get(`${path}/stdout`, { limit: LOG_LINES }));
      for (const { text } of lines.filter((line) => !seen.has(line.key))) {
        last = api.clean(text);
        note(last);
      }
      seen = new Set(lines.map(({ key }) => key));
      job = asObject(status.job);
      missed = 0;
    } catch (error) {
      if (++missed > MOST_MISSED) throw error;
    }
    if (job?.finishedSuccessful === true) return;
    if (job?.finishedSuccessful === false) throw refused(`the build failed${last === '' ? '' : `: ${last}`}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw failed('the build takes more than an hour');
}

/** `key` tells the same line when it is met again. */
function oldestFirst({ stdout }: Json): { key: string; text: string }[] {
  return listOf(stdout)
    .map(({ created, data }) => ({ key: `${created} ${data}`, text: String(data ?? '').trimEnd() }))
    .toReversed();
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
