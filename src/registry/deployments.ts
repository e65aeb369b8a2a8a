/** Builds of this device, by project and version. A row is there from the start; its file is once it is whole. */
import { RegistryError } from '../errors.js';
import { type Incoming, keepArtefact } from './artefacts.js';
import type { ModelVariant } from './build-targets.js';
import type { Store } from './store.js';

/** What is known before a build has begun. */
export interface NewDeployment {
  readonly projectId: number;
  readonly impulseId: number;
  readonly impulseName: string;
  readonly format: string;
  readonly engine: string;
  readonly jobId: number;
  /** An artefact that has to stay for as long as the job is in work. */
  readonly sourceArtefact?: string;
}

/** A build that is whole. */
export interface FinishedDeployment {
  readonly version: number;
  readonly impulseId: number;
  readonly impulseName: string;
  readonly format: string;
  readonly engine: string;
  readonly modelType: ModelVariant;
  /** Of its source: see `fingerprintOf()`. */
  readonly fingerprint: string;
  /** SHA-256 of its file. */
  readonly artefact: string;
  readonly fileName: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly created: string;
}

export interface DeploymentFilter {
  readonly impulseId?: number;
  readonly format?: string;
  readonly engine?: string;
  readonly modelType?: string;
}

export interface Deployments {
  /** Inside a transaction. @returns its version: 1, 2, 3, ... in each project */
  add(deployment: NewDeployment): number;
  /** Inside the transaction that ends its job. */
  finish(
    projectId: number,
    version: number,
    result: Pick<FinishedDeployment, 'modelType' | 'fingerprint' | 'fileName'>,
    file: Incoming,
  ): void;
  /** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: there is none, or it is not finished */
  get(projectId: number, version: number): FinishedDeployment;
  /** Newest first, and how many there are in all. */
  list(
    projectId: number,
    filter: DeploymentFilter,
    page: { readonly limit: number; readonly offset: number },
  ): { readonly deployments: readonly FinishedDeployment[]; readonly total: number };
}

const COLUMNS = `version, impulse_id AS impulseId, impulse_name AS impulseName, format, engine, model_type AS modelType,
  fingerprint, artefact, file_name AS fileName, bytes, created`;

export function openDeployments({ database, folder }: Pick<Store, 'database' | 'folder'>): Deployments {
  return {
    add({ projectId, impulseId, impulseName, format, engine, jobId, sourceArtefact }) {
      const row = database
        .prepare(
          `INSERT INTO deployment
             (project_id, version, impulse_id, impulse_name, format, engine, job_id, source_artefact, created)
           SELECT ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM deployment WHERE project_id = ?
           RETURNING version`,
        )
        .get(
          projectId,
          impulseId,
          impulseName,
          format,
          engine,
          jobId,
          sourceArtefact ?? null,
          new Date().toISOString(),
          projectId,
        );
      return (row as { version: number }).version;
    },

    finish(projectId, version, { modelType, fingerprint, fileName }, file) {
      keepArtefact(folder, file);
      database
        .prepare(
          `UPDATE deployment SET model_type = ?, fingerprint = ?, file_name = ?, artefact = ?, bytes = ?
           WHERE project_id = ? AND version = ?`,
        )
        .run(modelType, fingerprint, fileName, file.sha256, file.bytes, projectId, version);
    },

    get(projectId, version) {
      const row = database
        .prepare(
          `SELECT ${COLUMNS} FROM deployment WHERE project_id = ? AND version = ? AND artefact IS NOT NULL`,
        )
        .get(projectId, version);
      if (row !== undefined) return row as unknown as FinishedDeployment;
      throw new RegistryError(
        'ERR_REGISTRY_NOT_FOUND',
        `There is no finished build ${version} in project ${projectId}.`,
      );
    },

    list(projectId, { impulseId, format, engine, modelType }, { limit, offset }) {
      const all: [string, string | number | undefined][] = [
        ['project_id = ?', projectId],
        ['impulse_id = ?', impulseId],
        ['format = ?', format],
        ['engine = ?', engine],
        ['model_type = ?', modelType],
      ];
      const given = all.filter((each): each is [string, string | number] => each[1] !== undefined);
      const where = ['artefact IS NOT NULL', ...given.map(([condition]) => condition)].join(' AND ');
      const values = given.map(([, value]) => value);
      const count = database
        .prepare(`SELECT count(*) AS total FROM deployment WHERE ${where}`)
        .get(...values);
      const rows = database
        .prepare(`SELECT ${COLUMNS} FROM deployment WHERE ${where} ORDER BY version DESC LIMIT ? OFFSET ?`)
        .all(...values, limit, offset);
      const { total } = count as { total: number };
      return { deployments: rows as unknown as FinishedDeployment[], total };
    },
  };
}
