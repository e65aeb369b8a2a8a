/** Which model answers for an impulse of a project, and for a name. */
import { RegistryError } from '../errors.js';
import type { Deployment } from '../runtime/deployment.js';
import type { ModelHost, StoredModel } from './model-host.js';
import { findServed, type ServedModel } from './served.js';

/** Lends an open model. */
export type UseModel = <T>(work: (deployment: Deployment) => Promise<T>) => Promise<T>;

/** A model that can be asked, and where it came from. */
export interface UsableModel {
  /** What `/v1/models/{id}` takes. */
  readonly id: string;
  readonly name: string;
  readonly origin: 'served' | 'registered' | 'pretrained';
  readonly use: UseModel;
}

/** A place in which models are found, in addition to those that are served. */
export interface ModelSource {
  readonly origin: 'registered' | 'pretrained';
  /** By id or name; the newest of those that share a name. */
  byName(name: string): NamedModel | undefined;
  byImpulse(projectId: number, impulseId: number | undefined): NamedModel | undefined;
  /** Newest first. */
  list(): readonly NamedModel[];
}

export interface NamedModel extends StoredModel {
  readonly id: string;
}

export interface Impulses {
  /** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: with what there is */
  ofProject(projectId: number, impulseId: number | undefined): UsableModel;
  /** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: with what there is */
  named(name: string): UsableModel;
  /** The first of those that are served, else the first of {@link list}. */
  first(): UsableModel;
  /** Served ones first. */
  list(): readonly UsableModel[];
}

const MOST_NAMED = 20;

/** @param sources in the order in which they are asked */
export function makeImpulses(
  served: readonly ServedModel[],
  host: ModelHost,
  sources: readonly ModelSource[],
): Impulses {
  const stored = (origin: ModelSource['origin'], model: NamedModel): UsableModel => ({
    id: model.id,
    name: model.name,
    origin,
    use: (work) => host.use(model, work),
  });
  const list = () => [
    ...served.map(usable),
    ...sources.flatMap((source) => source.list().map((model) => stored(source.origin, model))),
  ];

  return {
    ofProject(projectId, impulseId) {
      const found = findServed(served, projectId, impulseId);
      if (found !== undefined) return usable(found);
      for (const source of sources) {
        const model = source.byImpulse(projectId, impulseId);
        if (model !== undefined) return stored(source.origin, model);
      }
      throw unknownImpulse(projectId, impulseId, served);
    },

    named(name) {
      const found = served.find((model) => model.name === name);
      if (found !== undefined) return usable(found);
      for (const source of sources) {
        const model = source.byName(name);
        if (model !== undefined) return stored(source.origin, model);
      }
      throw unknownName(name, list());
    },

    first() {
      const [own] = served;
      if (own !== undefined) return usable(own);
      const [model] = list();
      if (model !== undefined) return model;
      throw new RegistryError(
        'ERR_REGISTRY_NOT_FOUND',
        'There is no model yet: start the server with a deployment, or register a model.',
      );
    },

    list,
  };
}

function usable({ name, deployment }: ServedModel): UsableModel {
  return { id: name, name, origin: 'served', use: (work) => work(deployment) };
}

function unknownImpulse(
  projectId: number,
  impulseId: number | undefined,
  served: readonly ServedModel[],
): RegistryError {
  const known = served.map(
    (model) => `project ${model.projectId} impulse ${model.impulseId} (${model.name})`,
  );
  const asked = `project ${projectId}${impulseId === undefined ? '' : ` with impulse ${impulseId}`}`;
  const there = known.length === 0 ? 'None is served' : `Served: ${known.slice(0, MOST_NAMED).join(', ')}`;
  return new RegistryError(
    'ERR_REGISTRY_NOT_FOUND',
    `There is no model for ${asked}. ${there}. A pretrained model has to be uploaded and saved first.`,
  );
}

function unknownName(name: string, models: readonly UsableModel[]): RegistryError {
  const known = models.slice(0, MOST_NAMED).map((model) => model.name);
  const there = known.length === 0 ? 'There is none yet.' : `There are: ${known.join(', ')}.`;
  return new RegistryError('ERR_REGISTRY_NOT_FOUND', `There is no model '${name.slice(0, 200)}'. ${there}`);
}
