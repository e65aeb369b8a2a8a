/** A store in a folder of its own, and models for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Incoming, receive } from '../../src/registry/artefacts.js';
import { type RegisteredModel, registerModel } from '../../src/registry/models.js';
import { checkProperties } from '../../src/registry/properties.js';
import { ownStore, type Store } from '../../src/registry/store.js';
import { COLOURS } from '../fixtures/models.js';

export interface TestStore extends Store {
  readonly path: string;
  remove(): void;
}

export async function makeStore(): Promise<TestStore> {
  const path = mkdtempSync(join(tmpdir(), 'impulse-registry-'));
  const store = await ownStore(path);
  return {
    ...store,
    path,
    remove() {
      store.close();
      rmSync(path, { recursive: true });
    },
  };
}

/** What `tinyClassifier()` needs to be understood. */
export const CLASSIFIER_INFO = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: [...COLOURS] },
};

export function incoming({ folder }: Store, bytes: Uint8Array): Promise<Incoming> {
  return receive(folder, [bytes]);
}

/** @param properties of which the name may be left out */
export async function register(
  store: Store,
  bytes: Uint8Array,
  properties: Readonly<Record<string, unknown>> = {},
  fileName = 'model.tflite',
): Promise<RegisteredModel> {
  const checked = checkProperties({ name: 'Cups', ...properties });
  return registerModel(store, await incoming(store, bytes), fileName, checked);
}
