/** Uploaded models whose settings were saved: they answer as their project's impulse, and by name. */
import { findPretrained, listPretrained, type PretrainedModel } from '../registry/pretrained.js';
import type { Store } from '../registry/store.js';
import type { ModelSource, NamedModel } from './impulses.js';

export function pretrainedSource(store: Pick<Store, 'database'>): ModelSource {
  const list = () => listPretrained(store).flatMap((model) => named(model) ?? []);
  return {
    origin: 'pretrained',
    byName: (name) => list().find((model) => model.id === name || model.name === name),
    byImpulse: (projectId, impulseId) => named(findPretrained(store, projectId, impulseId)),
    list,
  };
}

function named(model: PretrainedModel | undefined): NamedModel | undefined {
  if (model?.modelInfo === undefined) return undefined;
  const { projectId, impulseId, sha256, fileName, modelInfo } = model;
  return { id: `pretrained-${projectId}-${impulseId}`, sha256, name: fileName, modelInfo };
}
