/** Which model is asked: the list at the top, and the address `#model=name`. */
import type { ModelName } from './api-types.js';
import { element } from './dom.js';

export interface ModelChoice {
  /** Fills the list, and keeps what is chosen where it is still there. */
  offer(models: readonly ModelName[]): void;
  /** What the address names, else the first. */
  wanted(): string | undefined;
  /** Shows this one as the chosen one, also in the address; undefined: none. */
  mark(id: string | undefined): void;
}

const GROUPS = { served: 'Served', registered: 'Registered', pretrained: 'Pretrained' } as const;

/** @param choose called with the id of a model that a person chose */
export function makeModelChoice(select: HTMLSelectElement, choose: (id: string) => void): ModelChoice {
  let models: readonly ModelName[] = [];
  let marked: string | undefined;

  select.addEventListener('change', () => choose(select.value));
  addEventListener('hashchange', () => {
    const named = fromAddress(models);
    if (named !== undefined && named !== marked) choose(named);
  });

  return {
    offer(next) {
      models = next;
      const origins = [...new Set(models.map(({ origin }) => origin))];
      const options = (origin: ModelName['origin']) =>
        models
          .filter((model) => model.origin === origin)
          .map(({ id, name }) => element('option', { value: id }, name));
      const groups = origins.map((origin) =>
        element('optgroup', { label: GROUPS[origin] }, ...options(origin)),
      );
      const [only] = origins;
      select.replaceChildren(...(groups.length === 1 && only !== undefined ? options(only) : groups));
      select.disabled = models.length === 0;
      if (models.length === 0) select.append(element('option', {}, 'No model yet'));
      else if (marked !== undefined) select.value = marked;
    },
    wanted: () => fromAddress(models) ?? models[0]?.id,
    mark(id) {
      marked = id;
      select.value = id ?? '';
      if (id === undefined) return;
      const name = models.find((model) => model.id === id)?.name ?? id;
      history.replaceState(null, '', `#${new URLSearchParams({ model: name })}`);
    },
  };
}

/** An unknown name is asked for as it is: the server says what there is. */
function fromAddress(models: readonly ModelName[]): string | undefined {
  const named = new URLSearchParams(location.hash.slice(1)).get('model');
  if (named === null) return undefined;
  return models.find(({ id, name }) => id === named || name === named)?.id ?? named;
}
