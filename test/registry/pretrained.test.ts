/** Pretrained models of the store, without a server. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artefactPath, receive, removeOrphans } from '../../src/registry/artefacts.js';
import { transaction } from '../../src/registry/database.js';
import {
  findPretrained,
  listPretrained,
  putPretrained,
  savePretrained,
} from '../../src/registry/pretrained.js';
import { findProfile, putProfile } from '../../src/registry/profile.js';
import { openStore, type Store } from '../../src/registry/store.js';

const DESCRIPTION = { inputs: [], outputs: [], variant: 'int8' } as const;
const INFO = { input: { inputType: 'other' }, model: { modelType: 'freeform' } };

let path: string;
let store: Store;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'impulse-pretrained-'));
  store = await openStore(path);
});

afterEach(async () => {
  store.close();
  await rm(path, { recursive: true });
});

async function put(impulseId: number, content: string): Promise<string> {
  const file = await receive(store.folder, [Buffer.from(content)]);
  const model = {
    projectId: 7,
    impulseId,
    fileName: `${content}.tflite`,
    fileType: 'tflite',
    description: DESCRIPTION,
  } as const;
  transaction(store.database, () => putPretrained(store, model, file));
  return file.sha256;
}

const isKept = (sha256: string) => existsSync(artefactPath(store.folder, sha256));

describe('a pretrained model', () => {
  it('is found by its impulse, or as the first of its project', async () => {
    const [two, five] = [await put(2, 'two'), await put(5, 'five')];
    expect(findPretrained(store, 7)?.sha256).toBe(two);
    expect(findPretrained(store, 7, 5)).toEqual({
      projectId: 7,
      impulseId: 5,
      sha256: five,
      fileName: 'five.tflite',
      fileType: 'tflite',
      bytes: 4,
      description: DESCRIPTION,
    });
    expect(findPretrained(store, 7, 3)).toBeUndefined();
    expect(findPretrained(store, 8)).toBeUndefined();
    expect(listPretrained(store)).toHaveLength(2);
  });

  it('outlives a cleaning; the one before it does not, unless another impulse has it', async () => {
    const [shared, replaced] = [await put(1, 'shared'), await put(2, 'replaced')];
    await put(3, 'shared');
    const newer = await put(2, 'newer');
    await put(3, 'other');
    expect([shared, replaced, newer].map(isKept)).toEqual([true, false, true]);
    removeOrphans(store);
    expect([shared, newer].map(isKept)).toEqual([true, true]);
  });

  it('loses its settings to another model', async () => {
    const sha256 = await put(1, 'one');
    savePretrained(store, { projectId: 7, impulseId: 1, sha256 }, INFO);
    expect(findPretrained(store, 7)?.modelInfo).toEqual(INFO);
    await put(1, 'two');
    expect(findPretrained(store, 7)?.modelInfo).toBeUndefined();
  });

  it('is not given settings that were made for the one before it', async () => {
    const sha256 = await put(1, 'one');
    await put(1, 'two');
    const saving = () => savePretrained(store, { projectId: 7, impulseId: 1, sha256 }, INFO);
    expect(saving).toThrow(expect.objectContaining({ code: 'ERR_REGISTRY_CONFLICT' }));
  });

  it('is not there at all where the transaction fails', async () => {
    const file = await receive(store.folder, [Buffer.from('half')]);
    const model = {
      projectId: 7,
      impulseId: 1,
      fileName: 'half',
      fileType: 'onnx',
      description: DESCRIPTION,
    } as const;
    const failing = () =>
      transaction(store.database, () => {
        putPretrained(store, model, file);
        throw new Error('the disk is full');
      });
    expect(failing).toThrow('the disk is full');
    expect(findPretrained(store, 7)).toBeUndefined();
    removeOrphans(store);
    expect(isKept(file.sha256)).toBe(false);
  });
});

describe('what was measured', () => {
  const profile = {
    engine: 'tflite',
    version: '2.9.0',
    threads: 2,
    delegate: 'xnnpack',
    timePerInferenceMs: 1.5,
    runs: 100,
  } as const;

  it('is known of the same model on the same machine, and replaced by what is measured later', () => {
    putProfile(store, { sha256: 'a', machine: 'm' }, profile);
    expect(findProfile(store, { sha256: 'a', machine: 'm' })).toEqual(profile);
    expect(findProfile(store, { sha256: 'a', machine: 'n' })).toBeUndefined();
    expect(findProfile(store, { sha256: 'b', machine: 'm' })).toBeUndefined();
    putProfile(store, { sha256: 'a', machine: 'm' }, { ...profile, runs: 200 });
    expect(findProfile(store, { sha256: 'a', machine: 'm' })?.runs).toBe(200);
  });
});
