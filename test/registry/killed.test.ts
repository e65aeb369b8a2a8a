import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listModels } from '../../src/registry/models.js';
import { ownStore } from '../../src/registry/store.js';
import { tinyClassifier } from '../fixtures/models.js';

const LOOP = fileURLToPath(new URL('register-loop.mjs', import.meta.url));
const MODELS = 20;

interface Acknowledged {
  readonly id: string;
  readonly sha256: string;
}

/** Starts the loop and kills it a moment after it has told of `after` models. */
async function registerUntilKilled(
  data: string,
  model: string,
  from: number,
  after: number,
  delayMs: number,
): Promise<{ told: Acknowledged[]; signal: NodeJS.Signals | null }> {
  const args = [LOOP, data, model, String(from), String(MODELS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('close', (_code, signal) => resolve(signal));
  });
  const told: Acknowledged[] = [];
  let killing: Promise<unknown> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const [id = '', sha256 = ''] = line.split(' ');
    if (sha256 !== '') told.push({ id, sha256 });
    if (told.length >= after) killing ??= setTimeout(delayMs).then(() => child.kill('SIGKILL'));
  }
  await killing;
  return { told, signal: await ended };
}

describe('a process that is killed while it registers models', () => {
  it('leaves every model that it told of whole, and no part of any other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'impulse-killed-'));
    try {
      const data = join(folder, 'data');
      const model = join(folder, 'm.tflite');
      writeFileSync(model, tinyClassifier());
      const acknowledged: Acknowledged[] = [];
      let kills = 0;
      for (let round = 0; round < 6; round++) {
        const [after, delayMs] = [Math.floor(Math.random() * 8), Math.random() * 15];
        const { told, signal } = await registerUntilKilled(data, model, round * MODELS, after, delayMs);
        acknowledged.push(...told);
        if (signal === 'SIGKILL') kills++;
        await expectWhole(data, acknowledged);
      }
      expect(kills).toBeGreaterThan(0);
      expect(acknowledged.length).toBeGreaterThan(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** As the next server sees it. */
async function expectWhole(data: string, acknowledged: readonly Acknowledged[]): Promise<void> {
  const store = await ownStore(data);
  try {
    expect(store.database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    const { models } = listModels(store, { limit: 1000 });
    const transcodings = store.database.prepare('SELECT artefact FROM transcoding').all() as {
      artefact: string;
    }[];
    const files = readdirSync(store.folder.artefacts);
    for (const name of files) {
      const hash = createHash('sha256').update(readFileSync(join(store.folder.artefacts, name)));
      expect(hash.digest('hex')).toBe(name);
    }
    const named = [...models.map(({ sha256 }) => sha256), ...transcodings.map(({ artefact }) => artefact)];
    expect(new Set(files)).toEqual(new Set(named));
    expect(readdirSync(store.folder.incoming)).toEqual([]);
    const rows = new Map(models.map(({ id, sha256 }) => [id, sha256]));
    for (const { id, sha256 } of acknowledged) expect(rows.get(id)).toBe(sha256);
    // What was finished but not told of before the end came is one model of each round at most.
    expect(models.length - acknowledged.length).toBeLessThanOrEqual(6);
  } finally {
    store.close();
  }
}
