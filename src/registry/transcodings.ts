/** Transcodings of registered models: rows that name an artefact of their own. */
import { randomUUID } from 'node:crypto';
import { RegistryError } from '../errors.js';
import { type Artefact, keepArtefact, readArtefact, receive } from './artefacts.js';
import { transaction } from './database.js';
import { getModel, type RegisteredModel } from './models.js';
import { type Recognised, readModels } from './recognise.js';
import type { Store } from './store.js';
import { type TargetFormat, targetsOf, transcode } from './transcode.js';

export interface Transcoding extends Artefact {
  readonly id: string;
  readonly modelId: string;
  readonly targetFormat: string;
  readonly fileName: string;
  readonly createdBy?: string;
  /** ISO 8601, as `updated`. */
  readonly created: string;
  readonly updated: string;
  readonly deprecated: boolean;
  readonly deleted: boolean;
}

export interface TranscodingRequest {
  readonly targetFormat: string;
  /** `{ input, model }` of a plain model, where it was registered without. */
  readonly modelInfo?: object;
  readonly createdBy?: string;
}

interface TranscodingRow {
  readonly id: string;
  readonly model_id: string;
  readonly target_format: string;
  readonly artefact: string;
  readonly file_name: string;
  readonly bytes: number;
  readonly created_by: string | null;
  readonly created: string;
  readonly updated: string;
  readonly deprecated: number;
  readonly deleted: number;
}

/** Bytes that are hashed and written in one go. */
const CHUNK = 2 ** 20;

/**
 * Makes a model into another format and keeps the result.
 *
 * @throws {TranscodingError} `ERR_TRANSCODING_UNSUPPORTED`; as `transcode()`
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: no such model, or it was deleted meanwhile
 */
export async function createTranscoding(
  store: Store,
  modelId: string,
  { targetFormat, modelInfo, createdBy }: TranscodingRequest,
): Promise<Transcoding> {
  const model = getModel(store, modelId);
  const found = await modelsOf(store, model, modelInfo);
  const { target, bytes, extension } = await transcode(found, targetFormat, model.name);
  const file = await receive(store.folder, chunksOf(bytes));
  try {
    const id = randomUUID();
    const now = new Date().toISOString();
    return transaction(store.database, () => {
      getModel(store, modelId);
      keepArtefact(store.folder, file);
      store.database
        .prepare(
          `INSERT INTO transcoding (id, model_id, target_format, artefact, file_name, bytes, created_by, created, updated)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          modelId,
          target,
          file.sha256,
          fileNameOf(model, extension),
          file.bytes,
          createdBy ?? null,
          now,
          now,
        );
      return getTranscoding(store, modelId, id);
    });
  } finally {
    await file.drop();
  }
}

/** What a model can be made into on this machine. */
export async function targetsOfModel(store: Store, model: RegisteredModel): Promise<TargetFormat[]> {
  return targetsOf(await modelsOf(store, model, undefined));
}

/** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND` */
export function getTranscoding(store: Pick<Store, 'database'>, modelId: string, id: string): Transcoding {
  const row = store.database
    .prepare('SELECT * FROM transcoding WHERE id = ? AND model_id = ? AND deleted = 0')
    .get(id, modelId);
  if (row !== undefined) return transcodingOf(row as unknown as TranscodingRow);
  throw new RegistryError(
    'ERR_REGISTRY_NOT_FOUND',
    `The model '${modelId.slice(0, 200)}' has no transcoding '${id.slice(0, 200)}'.`,
  );
}

/**
 * Oldest first, without those that were deleted or are deprecated.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: no such model
 */
export function listTranscodings(store: Pick<Store, 'database'>, modelId: string): Transcoding[] {
  getModel(store, modelId);
  const rows = store.database
    .prepare(
      'SELECT * FROM transcoding WHERE model_id = ? AND deleted = 0 AND deprecated = 0 ORDER BY number',
    )
    .all(modelId);
  return rows.map((row) => transcodingOf(row as unknown as TranscodingRow));
}

async function modelsOf(
  store: Store,
  { sha256, name, properties }: RegisteredModel,
  given: object | undefined,
): Promise<Recognised> {
  const modelInfo = given ?? (properties.modelInfo as object | undefined);
  return readModels(await readArtefact(store.folder, sha256, name), modelInfo);
}

/** The model's own file name, with the extension of what it became. */
function fileNameOf({ fileName }: RegisteredModel, extension: string): string {
  const stem = fileName.replace(/(\.impulse)?\.\w{1,8}$/, '');
  return `${stem === '' ? 'model' : stem}${extension}`;
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

function transcodingOf(row: TranscodingRow): Transcoding {
  const { id, bytes, created, updated } = row;
  return {
    id,
    modelId: row.model_id,
    targetFormat: row.target_format,
    sha256: row.artefact,
    bytes,
    fileName: row.file_name,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    created,
    updated,
    deprecated: row.deprecated === 1,
    deleted: row.deleted === 1,
  };
}
