/**
 * The tables, as steps from the empty database on: `user_version` counts those that were taken. A step that has been
 * released is never changed; the next one is added.
 *
 * Times are ISO 8601 in UTC, with milliseconds; artefacts are named by their SHA-256 in hexadecimal digits.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE model (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    artefact TEXT NOT NULL,
    file_name TEXT NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    properties TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    deprecated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX model_name ON model (name);

  CREATE TABLE transcoding (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    model_id TEXT NOT NULL REFERENCES model (id),
    target_format TEXT NOT NULL,
    artefact TEXT NOT NULL,
    file_name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_by TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    deprecated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX transcoding_model ON transcoding (model_id);

  CREATE TABLE pretrained_model (
    project_id INTEGER NOT NULL,
    impulse_id INTEGER NOT NULL,
    artefact TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    description TEXT NOT NULL,
    model_info TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    PRIMARY KEY (project_id, impulse_id)
  ) STRICT;

  CREATE TABLE profile (
    model TEXT NOT NULL,
    machine TEXT NOT NULL,
    result TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (model, machine)
  ) STRICT;

  CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    category TEXT NOT NULL,
    category_key TEXT NOT NULL,
    key TEXT NOT NULL,
    created TEXT NOT NULL,
    started TEXT,
    finished TEXT,
    finished_successful INTEGER,
    error TEXT,
    error_code TEXT,
    metadata TEXT
  ) STRICT;
  CREATE INDEX job_project ON job (project_id);

  CREATE TABLE job_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES job (id),
    created TEXT NOT NULL,
    data TEXT NOT NULL,
    level TEXT NOT NULL
  ) STRICT;
  CREATE INDEX job_log_job ON job_log (job_id);

  CREATE TABLE deployment (
    project_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    impulse_id INTEGER NOT NULL,
    impulse_name TEXT NOT NULL,
    format TEXT NOT NULL,
    engine TEXT NOT NULL,
    model_type TEXT,
    job_id INTEGER NOT NULL REFERENCES job (id),
    source_artefact TEXT,
    fingerprint TEXT,
    artefact TEXT,
    file_name TEXT,
    bytes INTEGER,
    created TEXT NOT NULL,
    PRIMARY KEY (project_id, version)
  ) STRICT;

  CREATE TABLE api_key (
    hash BLOB NOT NULL PRIMARY KEY,
    created TEXT NOT NULL
  ) STRICT;
  `,
];
