/** What was measured of models on this machine, so that it is not measured again. */
import { createHash } from 'node:crypto';
import type { ModelProfile } from '../runtime/profile-model.js';
import type { SessionOptions } from '../runtime/session.js';
import { thisMachine } from '../runtime/tuning/machine.js';
import type { Store } from './store.js';

/** A model and the way it is run. */
export interface ProfileKey {
  /** SHA-256 of the model. */
  readonly sha256: string;
  /** Of processor, versions and settings: what else the figures depend on. */
  readonly machine: string;
}

export async function machineKey(engine: string, options: SessionOptions): Promise<string> {
  const facts = { machine: await thisMachine(options), engine, options };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

export function findProfile(
  { database }: Pick<Store, 'database'>,
  { sha256, machine }: ProfileKey,
): ModelProfile | undefined {
  const row = database
    .prepare('SELECT result FROM profile WHERE model = ? AND machine = ?')
    .get(sha256, machine) as { result: string } | undefined;
  return row && (JSON.parse(row.result) as ModelProfile);
}

/** In place of an earlier one. */
export function putProfile(
  { database }: Pick<Store, 'database'>,
  { sha256, machine }: ProfileKey,
  profile: ModelProfile,
): void {
  database
    .prepare('INSERT OR REPLACE INTO profile (model, machine, result, created) VALUES (?, ?, ?, ?)')
    .run(sha256, machine, JSON.stringify(profile), new Date().toISOString());
}
