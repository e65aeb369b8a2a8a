/** Models of the registry, as those that can be asked by name. A model counts from the moment in which it was registered. */
import { allModels, findModel, type RegisteredModel } from '../registry/models.js';
import type { Store } from '../registry/store.js';
import type { ModelSource, NamedModel } from './impulses.js';

export function registeredModels(store: Store): ModelSource {
  return {
    origin: 'registered',
    byName(name) {
      const model = findModel(store, name);
      return model && named(model);
    },
    // They belong to no project.
    byImpulse: () => undefined,
    list: () => allModels(store).map(named),
  };
}

function named({ id, name, sha256, properties }: RegisteredModel): NamedModel {
  const { modelInfo } = properties;
  return { id, name, sha256, ...(typeof modelInfo === 'object' && modelInfo !== null && { modelInfo }) };
}
