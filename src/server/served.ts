/** The deployments that a server was started with: open as long as it is, each an impulse of a project. */
import { basename } from 'node:path';
import { InputError } from '../errors.js';
import type { Deployment } from '../runtime/deployment.js';
import type { DeploymentInfo } from '../runtime/info.js';
import { openDeployment } from '../runtime/open.js';
import type { OpenOptions } from '../runtime/options.js';

export interface ServedModel {
  /** Unique among those that are served: the file's name, with a number where another has it already. */
  readonly name: string;
  /** As it was given; never told to a client. */
  readonly path: string;
  /** Of the deployment, or 1 where it states none. */
  readonly projectId: number;
  /** Of the deployment, or the next that is free in its project. */
  readonly impulseId: number;
  readonly deployment: Deployment;
  readonly info: DeploymentInfo;
}

/** @throws as `openDeployment()`, of the first that can't be opened; then none is left open */
export async function openServed(paths: readonly string[], options: OpenOptions): Promise<ServedModel[]> {
  const served: ServedModel[] = [];
  try {
    for (const path of paths) {
      const deployment = await openDeployment(path, options);
      served.push(placed(path, deployment, served));
    }
    return served;
  } catch (error) {
    await Promise.all(served.map(({ deployment }) => deployment.close()));
    throw error;
  }
}

/** @param impulseId undefined: the first of the project */
export function findServed(
  served: readonly ServedModel[],
  projectId: number,
  impulseId: number | undefined,
): ServedModel | undefined {
  return served.find(
    (model) => model.projectId === projectId && (impulseId === undefined || model.impulseId === impulseId),
  );
}

function placed(path: string, deployment: Deployment, before: readonly ServedModel[]): ServedModel {
  const info = deployment.info();
  const projectId = positive(info.project.id) ?? 1;
  const neighbours = before.filter((model) => model.projectId === projectId);
  const isFree = (id: number) => !neighbours.some(({ impulseId }) => impulseId === id);
  const stated = positive(info.project.impulseId);
  const impulseId = stated !== undefined && isFree(stated) ? stated : firstFree(1, isFree);
  const file = basename(path);
  const isNew = (name: string) => !before.some((model) => model.name === name);
  const number = isNew(file) ? 0 : firstFree(2, (n) => isNew(`${file}-${n}`));
  return {
    name: number === 0 ? file : `${file}-${number}`,
    path,
    projectId,
    impulseId,
    deployment,
    info,
  };
}

function firstFree(from: number, isFree: (id: number) => boolean): number {
  let id = from;
  while (!isFree(id)) id++;
  if (id > 100_000) throw new InputError('ERR_OPTION_INVALID', 'Too many deployments are served at once.');
  return id;
}

function positive(id: number | undefined): number | undefined {
  return id !== undefined && Number.isInteger(id) && id > 0 ? id : undefined;
}
