/** Registered models: rows that name an artefact and say what clients have said about it. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RegistryError } from '../errors.js';
import { type Artefact, type Incoming, keepArtefact, readArtefact, releaseArtefacts } from './artefacts.js';
import { transaction } from './database.js';
import type { JsonObject } from './lenient-json.js';
import { filterSql, orderSql, parseFilter } from './model-query.js';
import type { ModelProperties } from './properties.js';
import { recogniseModel } from './recognise.js';
import type { Store } from './store.js';

export interface RegisteredModel extends Artefact {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  /** As the client called it. */
  readonly fileName: string;
  /** What it is: `tflite`, `onnx`, `ort`, `cpp-library`, `package`, ... */
  readonly format: string;
  /** What else the client has said; of `modelInfo` it is known that it can be read. */
  readonly properties: JsonObject;
  /** ISO 8601, as `updated`. */
  readonly created: string;
  readonly updated: string;
  readonly deprecated: boolean;
  readonly deleted: boolean;
}

export interface ModelQuery {
  /** @default 0 */
  readonly start?: number | undefined;
  /** @default 25 */
  readonly limit?: number | undefined;
  /** @default 'created' */
  readonly orderby?: string | undefined;
  /** Filters, of which all have to hold. */
  readonly property?: readonly string[] | undefined;
}

export interface ModelPage {
  readonly models: readonly RegisteredModel[];
  /** The filter that was applied. */
  readonly property: string;
  readonly start: number;
  readonly limit: number;
  /** Of all models that fit, not of this page alone. */
  readonly totalCount: number;
}

const DEFAULT_LIMIT = 25;
const NOT_DELETED = 'deleted==false';

interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly artefact: string;
  readonly file_name: string;
  readonly format: string;
  readonly bytes: number;
  readonly properties: string;
  readonly created: string;
  readonly updated: string;
  readonly deprecated: number;
  readonly deleted: number;
}

/**
 * Looks at the file, which is read as data and never run, and makes it a model. The file is kept, or dropped where it is refused.
 *
 * @throws {DeploymentError | UnsupportedError | InputError} it is nothing that could be registered, or `modelInfo` does not fit it
 */
export async function registerModel(
  store: Store,
  file: Incoming,
  fileName: string,
  { name, deprecated, others }: ModelProperties,
): Promise<RegisteredModel> {
  try {
    const format = await recogniseModel(await readFile(file.path), others.modelInfo as object | undefined);
    const id = randomUUID();
    const now = new Date().toISOString();
    return transaction(store.database, () => {
      keepArtefact(store.folder, file);
      store.database
        .prepare(
          `INSERT INTO model (id, name, artefact, file_name, format, bytes, properties, created, updated, deprecated)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          name,
          file.sha256,
          fileName,
          format,
          file.bytes,
          JSON.stringify(others),
          now,
          now,
          Number(deprecated),
        );
      return getModel(store, id);
    });
  } finally {
    await file.drop();
  }
}

/** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: there is none, or it was deleted */
export function getModel(store: Pick<Store, 'database'>, id: string): RegisteredModel {
  const row = store.database.prepare('SELECT * FROM model WHERE id = ? AND deleted = 0').get(id);
  if (row !== undefined) return modelOf(row as unknown as ModelRow);
  throw noModel(id);
}

/** By id, or the newest of those that have the name. */
export function findModel(store: Pick<Store, 'database'>, idOrName: string): RegisteredModel | undefined {
  const row = store.database
    .prepare(
      `SELECT * FROM model WHERE deleted = 0 AND (id = ?1 OR name = ?1)
       ORDER BY id = ?1 DESC, number DESC LIMIT 1`,
    )
    .get(idOrName);
  return row === undefined ? undefined : modelOf(row as unknown as ModelRow);
}

/**
 * The one that is meant where nothing may be guessed: by id, or by a name that is nobody else's.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`, `ERR_REGISTRY_CONFLICT`
 */
export function theModel(store: Pick<Store, 'database'>, idOrName: string): RegisteredModel {
  const model = findModel(store, idOrName);
  if (model === undefined) throw noModel(idOrName);
  const namesakes = allModels(store).filter(({ name }) => name === idOrName);
  if (model.id === idOrName || namesakes.length === 1) return model;
  throw new RegistryError(
    'ERR_REGISTRY_CONFLICT',
    `${namesakes.length} models are called '${idOrName}': give the id of one: ${namesakes.map(({ id }) => id).join(', ')}.`,
  );
}

/** Newest first. */
export function allModels(store: Pick<Store, 'database'>): RegisteredModel[] {
  const rows = store.database.prepare('SELECT * FROM model WHERE deleted = 0 ORDER BY number DESC').all();
  return rows.map((row) => modelOf(row as unknown as ModelRow));
}

/**
 * A page of models, oldest first unless it is to be otherwise, without deleted ones unless the filter speaks of them.
 *
 * @throws {RegistryError} `ERR_REGISTRY_QUERY`
 */
export function listModels(store: Pick<Store, 'database'>, query: ModelQuery = {}): ModelPage {
  const { start = 0, limit = DEFAULT_LIMIT, orderby = 'created', property: given = [] } = query;
  const stated = given.flatMap(parseFilter);
  const speaksOfDeleted = stated.some(({ property }) => property === 'deleted');
  const property = [...given.map((text) => text.trim()), ...(speaksOfDeleted ? [] : [NOT_DELETED])].join(',');
  const filter = filterSql(speaksOfDeleted ? stated : [...stated, ...parseFilter(NOT_DELETED)]);
  const order = orderSql(orderby);
  const { count } = store.database
    .prepare(`SELECT count(*) AS count FROM model WHERE ${filter.text}`)
    .get(...filter.values) as { count: number };
  const rows = store.database
    .prepare(`SELECT * FROM model WHERE ${filter.text} ORDER BY ${order.text} LIMIT ? OFFSET ?`)
    .all(...filter.values, ...order.values, limit, start);
  const models = rows.map((row) => modelOf(row as unknown as ModelRow));
  return { models, property, start, limit, totalCount: count };
}

/**
 * Replaces what was said about a model; its id, creation and artefact stay.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`
 * @throws {DeploymentError | InputError} the new `modelInfo` does not fit the artefact
 */
export async function updateModel(
  store: Store,
  id: string,
  { name, deprecated, others }: ModelProperties,
): Promise<RegisteredModel> {
  const model = getModel(store, id);
  if (others.modelInfo !== undefined) {
    const bytes = await readArtefact(store.folder, model.sha256, model.name);
    await recogniseModel(bytes, others.modelInfo as object);
  }
  return transaction(store.database, () => {
    getModel(store, id);
    store.database
      .prepare('UPDATE model SET name = ?, deprecated = ?, properties = ?, updated = ? WHERE id = ?')
      .run(name, Number(deprecated), JSON.stringify(others), new Date().toISOString(), id);
    return getModel(store, id);
  });
}

/**
 * Deletes a model and its transcodings: the rows stay, the artefacts that nobody else needs go.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`
 */
export function deleteModel(store: Store, id: string): void {
  transaction(store.database, () => {
    const { sha256 } = getModel(store, id);
    const now = new Date().toISOString();
    const transcodings = store.database
      .prepare('SELECT artefact FROM transcoding WHERE model_id = ? AND deleted = 0')
      .all(id) as { artefact: string }[];
    store.database
      .prepare('UPDATE transcoding SET deleted = 1, updated = ? WHERE model_id = ? AND deleted = 0')
      .run(now, id);
    store.database.prepare('UPDATE model SET deleted = 1, updated = ? WHERE id = ?').run(now, id);
    releaseArtefacts(store, [sha256, ...transcodings.map(({ artefact }) => artefact)]);
  });
}

export function noModel(id: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_NOT_FOUND', `There is no registered model '${id.slice(0, 200)}'.`);
}

function modelOf(row: ModelRow): RegisteredModel {
  const { id, name, format, bytes, created, updated } = row;
  return {
    id,
    name,
    sha256: row.artefact,
    bytes,
    fileName: row.file_name,
    format,
    properties: JSON.parse(row.properties) as JsonObject,
    created,
    updated,
    deprecated: row.deprecated === 1,
    deleted: row.deleted === 1,
  };
}
