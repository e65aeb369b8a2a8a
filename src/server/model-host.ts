/** Models that were uploaded or registered, opened when somebody asks for one. They are strangers': each runs in a process of its own. */
import { createHash } from 'node:crypto';
import { RequestError } from '../errors.js';
import { readArtefact } from '../registry/artefacts.js';
import type { DataFolder } from '../registry/data-folder.js';
import type { Deployment } from '../runtime/deployment.js';
import { openDeployment } from '../runtime/open.js';

/** A file of the data folder that can be opened as a deployment. */
export interface StoredModel {
  /** Of its artefact. */
  readonly sha256: string;
  /** What people call it, for messages. */
  readonly name: string;
  /** `{ input, model }` in the API's words, of a plain model that does not describe itself. */
  readonly modelInfo?: object;
}

export interface ModelHost {
  /**
   * Lends the open model for as long as `work` takes; it stays open for a while, since another request often follows.
   *
   * @throws as `openDeployment()`; {RequestError} `ERR_SERVER_UNAVAILABLE`: as many as may be are open and at work;
   *   {RegistryError} `ERR_REGISTRY_NOT_FOUND`: its file is gone
   */
  use<T>(model: StoredModel, work: (deployment: Deployment) => Promise<T>): Promise<T>;
  /** Waits for the work in progress. */
  close(): Promise<void>;
}

/** Each is a process with a model in it. */
const MOST_OPEN = 4;
const IDLE_MS = 300_000;
/** A model that hangs is ended after so long. */
const REQUEST_TIMEOUT_MS = 30_000;

interface OpenModel {
  readonly deployment: Promise<Deployment>;
  users: number;
  lastUsed: number;
}

export function makeModelHost(folder: DataFolder, limits: { readonly maxPixels: number }): ModelHost {
  const open = new Map<string, OpenModel>();
  const sweeper = setInterval(() => closeWhere((model) => Date.now() - model.lastUsed > IDLE_MS), 30_000);
  sweeper.unref();

  function closeWhere(isOld: (model: OpenModel) => boolean): void {
    for (const [key, model] of open) if (model.users === 0 && isOld(model)) drop(key, model);
  }

  function drop(key: string, model: OpenModel): Promise<void> {
    if (open.get(key) === model) open.delete(key);
    return model.deployment.then((deployment) => deployment.close()).catch(() => {});
  }

  function opened(model: StoredModel): [string, OpenModel] {
    const key = keyOf(model);
    const known = open.get(key);
    if (known !== undefined) return [key, known];
    makeRoom();
    const opening = { deployment: openStored(folder, model, limits), users: 0, lastUsed: Date.now() };
    open.set(key, opening);
    // One that can't be opened is tried again by the next request.
    opening.deployment.catch(() => drop(key, opening));
    return [key, opening];
  }

  function makeRoom(): void {
    if (open.size < MOST_OPEN) return;
    const idle = [...open].filter(([, { users }]) => users === 0);
    const oldest = idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed)[0];
    if (oldest !== undefined) void drop(...oldest);
    else {
      throw new RequestError(
        'ERR_SERVER_UNAVAILABLE',
        `${MOST_OPEN} registered models are open and at work, which is as many as may be: try again in a moment.`,
      );
    }
  }

  return {
    async use(model, work) {
      const [, lent] = opened(model);
      lent.users++;
      try {
        return await work(await lent.deployment);
      } finally {
        lent.users--;
        lent.lastUsed = Date.now();
      }
    },

    async close() {
      clearInterval(sweeper);
      await Promise.all([...open].map(([key, model]) => drop(key, model)));
    },
  };
}

/** From bytes, so that no path can get into a message. */
async function openStored(
  folder: DataFolder,
  { sha256, name, modelInfo }: StoredModel,
  { maxPixels }: { readonly maxPixels: number },
): Promise<Deployment> {
  const bytes = await readArtefact(folder, sha256, name);
  return openDeployment(bytes, {
    isolation: 'process',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    limits: { pixels: maxPixels },
    ...(modelInfo !== undefined && { modelInfo }),
  });
}

function keyOf({ sha256, modelInfo }: StoredModel): string {
  const described = createHash('sha256').update(JSON.stringify(modelInfo ?? null));
  return `${sha256}-${described.digest('hex')}`;
}
