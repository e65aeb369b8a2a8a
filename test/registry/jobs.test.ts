/** Jobs: one at a time, with a row and a log that outlive the process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryError } from '../../src/errors.js';
import { type JobEvent, type Jobs, openJobs, type RunningJob } from '../../src/registry/jobs.js';
import { openStore, type Store } from '../../src/registry/store.js';

const REQUEST = { projectId: 7, category: 'Building', categoryKey: 'build', key: 'build-1' };
const ALL = { limit: 100, offset: 0 };

let folder: string;
let store: Store;
let jobs: Jobs;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-jobs-'));
  store = await openStore(folder);
  jobs = openJobs(store);
});

afterEach(async () => {
  await jobs.close();
  store.close();
  await rm(folder, { recursive: true });
});

function ended(id: number): Promise<JobEvent> {
  return new Promise((resolve) => {
    const stop = jobs.onEvent((event) => {
      if (event.kind !== 'finished' || event.jobId !== id) return;
      stop();
      resolve(event);
    });
  });
}

function untilAborted({ signal }: RunningJob): Promise<void> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

const texts = (id: number) => jobs.logs(7, id, { limit: 100 }).map(({ data }) => data);

describe('a job', () => {
  it('is waiting, then in work, then finished, with the log that it wrote', async () => {
    const id = jobs.start({ ...REQUEST, metadata: { type: 'zip' } }, async (job) => {
      job.log('one');
      job.log('two\n', 'warn');
      expect(jobs.get(7, job.id).started).toBeTypeOf('string');
    });
    expect(jobs.get(7, id)).toEqual({
      id,
      category: 'Building',
      categoryKey: 'build',
      key: 'build-1',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      jobNotificationUids: [],
      metadata: { type: 'zip' },
    });
    expect(await ended(id)).toEqual({ kind: 'finished', jobId: id, success: true });
    expect(jobs.get(7, id)).toMatchObject({ finishedSuccessful: true, computeTime: expect.any(Number) });
    expect(jobs.logs(7, id, { limit: 100 })).toEqual([
      { created: expect.any(String), data: 'two\n', logLevel: 'warn' },
      { created: expect.any(String), data: 'one\n', logLevel: 'info' },
    ]);
    expect(jobs.logs(7, id, { limit: 1 })).toHaveLength(1);
    expect(jobs.logs(7, id, { limit: 100, level: 'warn' })).toHaveLength(1);
  });

  it('fails with the words of a typed error', async () => {
    const id = jobs.start(REQUEST, async () => {
      throw new RegistryError('ERR_BUILD_UNSUPPORTED', 'No such thing.');
    });
    expect(await ended(id)).toMatchObject({ success: false, error: 'No such thing.' });
    expect(jobs.get(7, id).finishedSuccessful).toBe(false);
    expect(texts(id)).toEqual(['No such thing.\n']);
  });

  it('hides the words of any other error, and hands it on', async () => {
    const faults: unknown[] = [];
    await jobs.close();
    jobs = openJobs(store, (error) => faults.push(error));
    const fault = new Error('secret');
    const id = jobs.start(REQUEST, async () => {
      throw fault;
    });
    expect(JSON.stringify(await ended(id))).not.toContain('secret');
    expect(faults).toEqual([fault]);
  });

  it('is of its project alone', () => {
    const id = jobs.start(REQUEST, untilAborted);
    for (const ask of [
      () => jobs.get(8, id),
      () => jobs.logs(8, id, { limit: 1 }),
      () => jobs.cancel(8, id),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'ERR_REGISTRY_NOT_FOUND' }));
    }
    expect(jobs.list(8, ALL)).toEqual({ jobs: [], total: 0 });
  });

  it('writes its end and what belongs to it as one step', async () => {
    const id = jobs.start(REQUEST, async (job) => {
      job.atEnd(() => store.database.exec("INSERT INTO api_key (hash, created) VALUES (x'00', '')"));
      job.atEnd(() => {
        throw new RegistryError('ERR_REGISTRY_CONFLICT', 'Too late.');
      });
    });
    expect(await ended(id)).toMatchObject({ success: false, error: 'Too late.' });
    expect(store.database.prepare('SELECT * FROM api_key').all()).toEqual([]);
  });

  it('has a log that is bounded, by character', async () => {
    const id = jobs.start(REQUEST, async (job) => {
      for (let i = 0; i < 2_000; i++) job.log('x'.repeat(5_000));
    });
    await ended(id);
    const lines = jobs.logs(7, id, { limit: 100_000 });
    expect(lines.length).toBeLessThan(250);
    expect(lines[0]?.data).toContain('The log is full');
  });

  it('has a log that is bounded, by line and in all', async () => {
    const id = jobs.start(REQUEST, async (job) => {
      job.log('x'.repeat(1_000_000));
      for (let i = 0; i < 20_000; i++) job.log(`${i}`);
    });
    await ended(id);
    const lines = jobs.logs(7, id, { limit: 100_000 });
    expect(lines.length).toBeLessThan(6_000);
    expect(lines[0]?.data).toContain('The log is full');
    expect(lines.at(-1)?.data.length).toBeLessThan(10_000);
  });
});

describe('several jobs', () => {
  it('run one after the other, in the order in which they were started', async () => {
    const order: string[] = [];
    const ids = ['a', 'b', 'c'].map((name) =>
      jobs.start(REQUEST, async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} ends`);
      }),
    );
    await ended(ids[2] ?? 0);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('are listed newest first, by state, key and page', async () => {
    const failed = jobs.start(REQUEST, async () => {
      throw new RegistryError('ERR_BUILD_UNSUPPORTED', 'No.');
    });
    const good = jobs.start({ ...REQUEST, key: 'other' }, async () => {});
    await ended(good);
    const active = jobs.start(REQUEST, untilAborted);
    const idsOf = (filter: object) => jobs.list(7, { ...ALL, ...filter }).jobs.map(({ id }) => id);
    expect(idsOf({})).toEqual([active, good, failed]);
    expect(idsOf({ state: 'active' })).toEqual([active]);
    expect(idsOf({ state: 'finished' })).toEqual([good, failed]);
    expect(idsOf({ state: 'successful' })).toEqual([good]);
    expect(idsOf({ state: 'failed' })).toEqual([failed]);
    expect(idsOf({ key: 'other' })).toEqual([good]);
    expect(idsOf({ from: '2999-01-01' })).toEqual([]);
    expect(jobs.list(7, { limit: 1, offset: 1 })).toMatchObject({ jobs: [{ id: good }], total: 3 });
  });

  it('are refused when too many wait', () => {
    const start = () => jobs.start(REQUEST, untilAborted);
    expect(() => {
      for (let i = 0; i < 1000; i++) start();
    }).toThrow(expect.objectContaining({ code: 'ERR_SERVER_BUSY' }));
  });
});

describe('cancelling', () => {
  it('ends the one in work as failed, and the next has its turn', async () => {
    const first = jobs.start(REQUEST, untilAborted);
    const second = jobs.start(REQUEST, async () => {});
    await new Promise(setImmediate);
    jobs.cancel(7, first);
    expect(jobs.get(7, first)).toMatchObject({ finishedSuccessful: false });
    expect(texts(first)).toEqual(['The job was cancelled.\n']);
    expect(await ended(second)).toMatchObject({ success: true });
  });

  it('ends one that waits before it has begun', async () => {
    const first = jobs.start(REQUEST, untilAborted);
    let hasRun = false;
    const second = jobs.start(REQUEST, async () => {
      hasRun = true;
    });
    jobs.cancel(7, second);
    jobs.cancel(7, first);
    const third = jobs.start(REQUEST, async () => {});
    await ended(third);
    expect(hasRun).toBe(false);
    expect(jobs.get(7, second)).toMatchObject({ finishedSuccessful: false });
    expect(jobs.get(7, second).started).toBeUndefined();
  });

  it('makes nothing of what the work does afterwards', async () => {
    let finish = () => {};
    const id = jobs.start(REQUEST, async (job) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      job.log('too late');
    });
    await new Promise(setImmediate);
    jobs.cancel(7, id);
    finish();
    await ended(jobs.start(REQUEST, async () => {}));
    expect(jobs.get(7, id).finishedSuccessful).toBe(false);
    expect(texts(id)).toEqual(['The job was cancelled.\n']);
  });
});

describe('the end of a server', () => {
  it('fails what is in work and what waits', async () => {
    const ids = [jobs.start(REQUEST, untilAborted), jobs.start(REQUEST, async () => {})];
    await new Promise(setImmediate);
    await jobs.close();
    for (const id of ids) {
      expect(jobs.get(7, id).finishedSuccessful).toBe(false);
      expect(texts(id)).toEqual(['The server was stopped while the job was in work.\n']);
    }
    expect(() => jobs.start(REQUEST, async () => {})).toThrow(/being stopped/);
  });

  it('that nobody expected leaves jobs that the next server fails, with the reason', async () => {
    const done = jobs.start(REQUEST, async () => {});
    await ended(done);
    const cut = jobs.start(REQUEST, untilAborted);
    const next = openJobs(store);
    expect(next.get(7, done).finishedSuccessful).toBe(true);
    expect(next.get(7, cut).finishedSuccessful).toBe(false);
    expect(next.logs(7, cut, { limit: 9 })).toMatchObject([
      { data: expect.stringContaining('server ended'), logLevel: 'error' },
    ]);
  });
});

describe('a disk that takes nothing any more', () => {
  it('lets a job end all the same, and the next have its turn', async () => {
    const faults: unknown[] = [];
    const own = openJobs(store, (error) => faults.push(error));
    const events: JobEvent[] = [];
    own.onEvent((event) => events.push(event));
    let signal: AbortSignal | undefined;
    const id = own.start(REQUEST, async (job) => {
      signal = job.signal;
      store.database.exec('PRAGMA query_only = ON');
      throw new RegistryError('ERR_BUILD_UNSUPPORTED', 'It can not be built.');
    });
    const next = own.start(REQUEST, async () => store.database.exec('PRAGMA query_only = OFF'));
    await expect.poll(() => events.filter(({ kind }) => kind === 'finished').length).toBe(2);
    expect(events).toContainEqual({
      kind: 'finished',
      jobId: id,
      success: false,
      error: 'It can not be built.',
    });
    expect(signal?.aborted).toBe(true);
    expect(faults.length).toBeGreaterThan(0);
    store.database.exec('PRAGMA query_only = OFF');
    await own.close();
    expect(next).toBe(id + 1);
  });
});
