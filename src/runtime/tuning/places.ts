/** Where tunings are remembered: a file beside the deployment, or the user's cache folder. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The file that belongs to a deployment at `path`. */
export function besideDeployment(path: string): string {
  return `${path.replace(/\/+$/, '')}.tuning.json`;
}

/** The file in the user's cache folder that belongs to a model. */
export function inCache(sha256: string): string {
  return join(cacheFolder(), `${sha256}.json`);
}

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'impulse-runtime', 'tuning');
}

/** Whether there may be something to recall: looked up before any model is hashed. */
export function mayRemember(path: string | undefined): boolean {
  return (path !== undefined && existsSync(besideDeployment(path))) || existsSync(cacheFolder());
}
