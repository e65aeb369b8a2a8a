/** Work that takes longer than a request: one at a time, with a row and a log that outlive the process. */
import { isImpulseError, RegistryError, RequestError } from '../errors.js';
import { transaction } from './database.js';
import type { Store } from './store.js';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface JobRequest {
  readonly projectId: number;
  /** For people: `Building for this device`. */
  readonly category: string;
  readonly categoryKey: string;
  /** What clients look a job up by. */
  readonly key: string;
  readonly metadata?: object;
}

/** What the work is given. */
export interface RunningJob {
  readonly id: number;
  /** Aborted when the job is cancelled or the server ends; then whatever the work still does counts for nothing. */
  readonly signal: AbortSignal;
  /** Adds lines to the job's log. Too much of it is left out, with a line that says so. */
  log(text: string, level?: LogLevel): void;
  /** Runs `write` inside the transaction that writes the job's successful end, so that there is never one without the other. */
  atEnd(write: () => void): void;
}

/** The API's `Job`. Times are ISO 8601. */
export interface Job {
  readonly id: number;
  readonly category: string;
  readonly categoryKey: string;
  readonly key: string;
  readonly created: string;
  readonly started?: string;
  readonly finished?: string;
  readonly finishedSuccessful?: boolean;
  readonly jobNotificationUids: readonly number[];
  /** Seconds. */
  readonly computeTime?: number;
  readonly metadata?: object;
}

/** The API's `JobLogItem`. */
export interface JobLogItem {
  readonly created: string;
  readonly data: string;
  readonly logLevel: LogLevel;
}

export interface JobFilter {
  readonly limit: number;
  readonly offset: number;
  /** @default all */
  readonly state?: 'active' | 'finished' | 'successful' | 'failed';
  readonly key?: string;
  readonly category?: string;
  /** Created at this time or later, ISO 8601. */
  readonly from?: string;
  /** Created at this time or earlier, ISO 8601. */
  readonly to?: string;
}

export type JobEvent =
  | {
      readonly kind: 'data';
      readonly jobId: number;
      readonly text: string;
      readonly level: LogLevel;
      readonly created: string;
    }
  | { readonly kind: 'finished'; readonly jobId: number; readonly success: boolean; readonly error?: string };

export interface Jobs {
  /**
   * Writes the job's row and runs `work` when its turn comes.
   *
   * @param alsoWrite runs inside the transaction that writes the row
   * @returns the job's id
   * @throws {RequestError} `ERR_SERVER_BUSY`: as many wait as may
   */
  start(
    request: JobRequest,
    work: (job: RunningJob) => Promise<void>,
    alsoWrite?: (jobId: number) => void,
  ): number;
  /** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND` */
  get(projectId: number, jobId: number): Job;
  /** Newest first, and how many there are without `limit` and `offset`. */
  list(projectId: number, filter: JobFilter): { readonly jobs: readonly Job[]; readonly total: number };
  /**
   * Newest first.
   *
   * @param options.level this one and graver ones; @default all
   * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`
   */
  logs(
    projectId: number,
    jobId: number,
    options: { readonly limit: number; readonly level?: LogLevel; readonly after?: string },
  ): readonly JobLogItem[];
  /**
   * Ends a job as failed; nothing happens to one that has ended.
   *
   * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`
   */
  cancel(projectId: number, jobId: number): void;
  /** @returns a function that ends it */
  onEvent(listener: (event: JobEvent) => void): () => void;
  /** Aborts the one in work, marks what has not ended as failed, and waits for it. */
  close(): Promise<void>;
}

const MOST_WAITING = 100;
/** Of one call of `log()`, in characters. What is logged may be a stranger's. */
const LONGEST_LINE = 8_000;
const MOST_LINES = 5_000;
/** Of all of them together. */
const MOST_CHARACTERS = 1_000_000;
/** Lines are written together, since each write waits for the disk. */
const WRITE_AFTER_MS = 100;

const CANCELLED = 'The job was cancelled.';
const CLOSED = 'The server was stopped while the job was in work.';
const CUT_OFF = 'The server ended while the job was in work: start it again.';

interface Task {
  readonly id: number;
  readonly work: (job: RunningJob) => Promise<void>;
  readonly abort: AbortController;
  lines: number;
  characters: number;
  hasEnded: boolean;
}

interface Line {
  readonly jobId: number;
  readonly created: string;
  readonly data: string;
  readonly level: LogLevel;
}

interface JobRow {
  readonly id: number;
  readonly category: string;
  readonly category_key: string;
  readonly key: string;
  readonly created: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly finished_successful: number | null;
  readonly metadata: string | null;
}

/**
 * Opens the jobs of a store. Those that were waiting or in work when an earlier server ended are marked as failed, with the
 * reason in their log.
 *
 * @param onFault takes what was thrown inside a job and is not one of our errors
 */
export function openJobs({ database }: Store, onFault: (error: unknown) => void = () => {}): Jobs {
  const tasks = new Map<number, Task>();
  const listeners = new Set<(event: JobEvent) => void>();
  let unwritten: Line[] = [];
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let isClosed = false;

  const insertLine = database.prepare(
    'INSERT INTO job_log (job_id, created, data, level) VALUES (?, ?, ?, ?)',
  );

  function emit(event: JobEvent): void {
    for (const listener of listeners) listener(event);
  }

  function add(jobId: number, text: string, level: LogLevel): void {
    const data = text.endsWith('\n') ? text : `${text}\n`;
    const created = now();
    unwritten.push({ jobId, created, data, level });
    timer ??= setTimeout(() => orFault(writeLines), WRITE_AFTER_MS);
    emit({ kind: 'data', jobId, text: data, level, created });
  }

  function writeLines(): void {
    if (unwritten.length > 0) transaction(database, insertLines);
    linesAreWritten();
  }

  /** Inside a transaction, before {@link linesAreWritten}. */
  function insertLines(): void {
    for (const { jobId, created, data, level } of unwritten) insertLine.run(jobId, created, data, level);
  }

  function linesAreWritten(): void {
    clearTimeout(timer);
    timer = undefined;
    unwritten = [];
  }

  /** A disk that is full must not end the server. */
  function orFault(write: () => void): void {
    try {
      write();
    } catch (error) {
      linesAreWritten();
      onFault(error);
    }
  }

  function log(task: Task, text: string, level: LogLevel): void {
    if (task.hasEnded || isFull(task)) return;
    task.lines++;
    task.characters += Math.min(text.length, LONGEST_LINE);
    add(task.id, isFull(task) ? 'The log is full: what follows is left out.' : shortened(text), level);
  }

  function succeed(task: Task, write: () => void): void {
    if (task.hasEnded) return;
    transaction(database, () => {
      insertLines();
      write();
      database
        .prepare('UPDATE job SET finished = ?, finished_successful = 1 WHERE id = ?')
        .run(now(), task.id);
    });
    linesAreWritten();
    end(task, { success: true });
  }

  function fail(task: Task, error: string, code?: string): void {
    if (task.hasEnded) return;
    add(task.id, shortened(error), 'error');
    try {
      transaction(database, () => {
        insertLines();
        markFailed(task.id, error, code);
      });
    } finally {
      // Also where that could not be written: the next server finds a job that has not ended, and marks it.
      linesAreWritten();
      end(task, { success: false, error });
    }
  }

  function markFailed(jobId: number, error: string, code?: string): void {
    database
      .prepare('UPDATE job SET finished = ?, finished_successful = 0, error = ?, error_code = ? WHERE id = ?')
      .run(now(), error, code ?? null, jobId);
  }

  function end(task: Task, how: { success: boolean; error?: string }): void {
    task.hasEnded = true;
    tasks.delete(task.id);
    task.abort.abort();
    emit({ kind: 'finished', jobId: task.id, ...how });
  }

  async function run(task: Task): Promise<void> {
    if (task.hasEnded) return;
    const writes: (() => void)[] = [];
    try {
      database.prepare('UPDATE job SET started = ? WHERE id = ?').run(now(), task.id);
      await task.work({
        id: task.id,
        signal: task.abort.signal,
        log: (text, level = 'info') => log(task, text, level),
        atEnd: (write) => void writes.push(write),
      });
      succeed(task, () => {
        for (const write of writes) write();
      });
    } catch (error) {
      orFault(() => failWith(task, error));
    }
  }

  function failWith(task: Task, error: unknown): void {
    if (task.hasEnded) return;
    if (isImpulseError(error)) {
      fail(task, error.message, error.code);
      return;
    }
    onFault(error);
    fail(task, "Something failed inside the server: the server's log says what.", 'ERR_INTERNAL');
  }

  function markCutOff(): void {
    const rows = database.prepare('SELECT id FROM job WHERE finished IS NULL').all() as { id: number }[];
    if (rows.length === 0) return;
    transaction(database, () => {
      for (const { id } of rows) {
        insertLine.run(id, now(), `${CUT_OFF}\n`, 'error');
        markFailed(id, CUT_OFF, 'ERR_CLOSED');
      }
    });
  }

  function get(projectId: number, jobId: number): Job {
    const row = database.prepare('SELECT * FROM job WHERE id = ? AND project_id = ?').get(jobId, projectId);
    if (row !== undefined) return jobOf(row as unknown as JobRow);
    throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `There is no job ${jobId} in project ${projectId}.`);
  }

  markCutOff();
  return {
    start({ projectId, category, categoryKey, key, metadata }, work, alsoWrite) {
      if (isClosed) throw new RequestError('ERR_SERVER_UNAVAILABLE', 'The server is being stopped.');
      if (tasks.size > MOST_WAITING) {
        throw new RequestError('ERR_SERVER_BUSY', `${tasks.size} jobs wait already: try again later.`);
      }
      const id = transaction(database, () => {
        const { lastInsertRowid } = database
          .prepare(
            `INSERT INTO job (project_id, category, category_key, key, created, metadata)
             VALUES (?, ?, ?, ?, ?, ?)`,
          )
          .run(projectId, category, categoryKey, key, now(), JSON.stringify(metadata) ?? null);
        const jobId = Number(lastInsertRowid);
        alsoWrite?.(jobId);
        return jobId;
      });
      const task: Task = { id, work, abort: new AbortController(), lines: 0, characters: 0, hasEnded: false };
      tasks.set(id, task);
      turn = turn.then(() => run(task));
      return id;
    },

    get,

    list(projectId, filter) {
      const { where, values } = conditions(projectId, filter);
      const count = database.prepare(`SELECT count(*) AS total FROM job WHERE ${where}`).get(...values);
      const rows = database
        .prepare(`SELECT * FROM job WHERE ${where} ORDER BY id DESC LIMIT ? OFFSET ?`)
        .all(...values, filter.limit, filter.offset);
      const { total } = count as { total: number };
      return { jobs: (rows as unknown as JobRow[]).map(jobOf), total };
    },

    logs(projectId, jobId, { limit, level = 'debug', after = '' }) {
      get(projectId, jobId);
      writeLines();
      const levels = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1);
      const rows = database
        .prepare(
          `SELECT created, data, level AS logLevel FROM job_log
           WHERE job_id = ? AND created > ? AND level IN (${levels.map(() => '?').join()})
           ORDER BY id DESC LIMIT ?`,
        )
        .all(jobId, after, ...levels, limit);
      return rows as unknown as JobLogItem[];
    },

    cancel(projectId, jobId) {
      get(projectId, jobId);
      const task = tasks.get(jobId);
      if (task !== undefined) fail(task, CANCELLED, 'ERR_CLOSED');
    },

    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    async close() {
      isClosed = true;
      for (const task of tasks.values()) orFault(() => fail(task, CLOSED, 'ERR_CLOSED'));
      await turn;
      orFault(writeLines);
    },
  };
}

function conditions(projectId: number, { state, key, category, from, to }: JobFilter) {
  const states = {
    active: 'finished IS NULL',
    finished: 'finished IS NOT NULL',
    successful: 'finished_successful = 1',
    failed: 'finished_successful = 0',
  };
  const all: [string, string | number | undefined][] = [
    ['project_id = ?', projectId],
    ['key = ?', key],
    ['category = ?', category],
    ['created >= ?', from],
    ['created <= ?', to],
  ];
  const given = all.filter((each): each is [string, string | number] => each[1] !== undefined);
  const where = [...given.map(([condition]) => condition), ...(state === undefined ? [] : [states[state]])];
  return { where: where.join(' AND '), values: given.map(([, value]) => value) };
}

function jobOf(row: JobRow): Job {
  const { id, category, category_key: categoryKey, key, created, started, finished } = row;
  return {
    id,
    category,
    categoryKey,
    key,
    created,
    ...(started !== null && { started }),
    ...(finished !== null && { finished, finishedSuccessful: row.finished_successful === 1 }),
    jobNotificationUids: [],
    ...(started !== null &&
      finished !== null && { computeTime: (Date.parse(finished) - Date.parse(started)) / 1000 }),
    ...(row.metadata !== null && { metadata: JSON.parse(row.metadata) as object }),
  };
}

function isFull({ lines, characters }: Task): boolean {
  return lines > MOST_LINES || characters > MOST_CHARACTERS;
}

function shortened(text: string): string {
  return text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)} [...]`;
}

function now(): string {
  return new Date().toISOString();
}
