/** Models that were brought from elsewhere: one for each impulse of a project, and what is known of it. */
import { RegistryError } from '../errors.js';
import type { TensorInfo } from '../tensor.js';
import { type Incoming, keepArtefact, releaseArtefacts } from './artefacts.js';
import type { ModelVariant } from './build-targets.js';
import { transaction } from './database.js';
import type { PretrainedFileType } from './pretrained-file.js';
import type { Store } from './store.js';

export interface PretrainedModel {
  readonly projectId: number;
  readonly impulseId: number;
  /** Of its file. */
  readonly sha256: string;
  readonly fileName: string;
  readonly fileType: PretrainedFileType;
  readonly bytes: number;
  readonly description: TensorDescription;
  /** `{ input, model }` in the API's words, once it was saved. */
  readonly modelInfo?: object;
}

/** What the file says of its tensors. */
export interface TensorDescription {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly variant: ModelVariant;
}

interface PretrainedRow {
  readonly project_id: number;
  readonly impulse_id: number;
  readonly artefact: string;
  readonly file_name: string;
  readonly file_type: PretrainedFileType;
  readonly bytes: number;
  readonly description: string;
  readonly model_info: string | null;
}

/** @param impulseId undefined: the project's first impulse that has a model */
export function findPretrained(
  { database }: Pick<Store, 'database'>,
  projectId: number,
  impulseId?: number,
): PretrainedModel | undefined {
  const row = database
    .prepare(
      `SELECT * FROM pretrained_model WHERE project_id = ? AND (? IS NULL OR impulse_id = ?)
       ORDER BY impulse_id LIMIT 1`,
    )
    .get(projectId, impulseId ?? null, impulseId ?? null);
  return row && modelOf(row as unknown as PretrainedRow);
}

/** Newest first. */
export function listPretrained({ database }: Pick<Store, 'database'>): PretrainedModel[] {
  const rows = database
    .prepare('SELECT * FROM pretrained_model ORDER BY updated DESC, project_id, impulse_id')
    .all();
  return (rows as unknown as PretrainedRow[]).map(modelOf);
}

/**
 * Takes the place of the impulse's model, whose settings go with it. Inside a transaction.
 *
 * @param file becomes an artefact
 */
export function putPretrained(
  { database, folder }: Store,
  model: Omit<PretrainedModel, 'sha256' | 'bytes' | 'modelInfo'>,
  file: Incoming,
): void {
  const { projectId, impulseId, fileName, fileType, description } = model;
  const before = findPretrained({ database }, projectId, impulseId);
  const now = new Date().toISOString();
  database
    .prepare(
      `INSERT OR REPLACE INTO pretrained_model
         (project_id, impulse_id, artefact, file_name, file_type, bytes, description, model_info, created, updated)
       VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)`,
    )
    .run(
      projectId,
      impulseId,
      file.sha256,
      fileName,
      fileType,
      file.bytes,
      JSON.stringify(description),
      now,
      now,
    );
  keepArtefact(folder, file);
  if (before !== undefined) releaseArtefacts({ database, folder }, [before.sha256]);
}

/**
 * Says what a model takes and gives.
 *
 * @throws {RegistryError} `ERR_REGISTRY_CONFLICT`: another model has taken its place meanwhile
 */
export function savePretrained(
  { database }: Pick<Store, 'database'>,
  { projectId, impulseId, sha256 }: Pick<PretrainedModel, 'projectId' | 'impulseId' | 'sha256'>,
  modelInfo: object,
): void {
  const { changes } = transaction(database, () =>
    database
      .prepare(
        `UPDATE pretrained_model SET model_info = ?, updated = ?
         WHERE project_id = ? AND impulse_id = ? AND artefact = ?`,
      )
      .run(JSON.stringify(modelInfo), new Date().toISOString(), projectId, impulseId, sha256),
  );
  if (Number(changes) === 1) return;
  throw new RegistryError(
    'ERR_REGISTRY_CONFLICT',
    'Another model was uploaded while this one was saved: look at the new one and save again.',
  );
}

function modelOf(row: PretrainedRow): PretrainedModel {
  return {
    projectId: row.project_id,
    impulseId: row.impulse_id,
    sha256: row.artefact,
    fileName: row.file_name,
    fileType: row.file_type,
    bytes: row.bytes,
    description: JSON.parse(row.description) as TensorDescription,
    ...(row.model_info !== null && { modelInfo: JSON.parse(row.model_info) as object }),
  };
}
