/** The API, as this page asks it. */
import type { Answer, Model, ModelName, ThresholdChoices } from './api-types.js';

/** The server refused, in its own words. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** No answer came at all. */
export class Unreachable extends Error {
  constructor() {
    super('No answer came from the server.');
  }
}

/** What can be asked about, with the way that leads there: also what a `curl` command is made of. */
export type Question =
  | { readonly kind: 'image'; readonly file: Blob; readonly name: string }
  | { readonly kind: 'features'; readonly features: ArrayLike<number> };

export interface Client {
  models(): Promise<readonly ModelName[]>;
  model(id: string): Promise<Model>;
  classify(id: string, question: Question, thresholds: ThresholdChoices): Promise<Answer>;
  isAlive(): Promise<boolean>;
  /** Whether a key is sent. */
  readonly hasKey: boolean;
}

const KEY = 'impulse-api-key';

/**
 * @param askForKey what the person types, or undefined; `refused` is true where a key was sent and is not valid
 */
export function makeClient(askForKey: (refused: boolean) => Promise<string | undefined>): Client {
  let key = sessionStorage.getItem(KEY) ?? undefined;
  let asking: Promise<boolean> | undefined;

  async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const sent = key;
    const response = await fetchWith(path, init, sent);
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && isObject(body)) return body as T;
    const refusal = refusalOf(response.status, body);
    // Another request may have asked for the key meanwhile.
    if (refusal.status === 401 && (key !== sent || (await newKey(sent !== undefined))))
      return ask<T>(path, init);
    throw refusal;
  }

  function newKey(refused: boolean): Promise<boolean> {
    asking ??= askForKey(refused)
      .then((typed) => {
        if (typed === undefined) return false;
        key = typed;
        sessionStorage.setItem(KEY, typed);
        return true;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  return {
    models: async () => (await ask<{ models: readonly ModelName[] }>('v1/models')).models,
    model: async (id) => (await ask<{ model: Model }>(`v1/models/${encodeURIComponent(id)}`)).model,
    classify: (id, question, thresholds) =>
      ask<Answer>(classifyPath(id, question.kind, thresholds), bodyOf(question)),
    async isAlive() {
      return fetchWith('healthz', {}, undefined).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    get hasKey() {
      return key !== undefined;
    },
  };
}

export function classifyPath(id: string, kind: Question['kind'], thresholds: ThresholdChoices): string {
  const query = [...thresholds].map(([name, value]) => `threshold=${encodeURIComponent(`${name}=${value}`)}`);
  const path = `v1/models/${encodeURIComponent(id)}/classify/${kind}`;
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

async function fetchWith(path: string, init: RequestInit, key: string | undefined): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set('x-api-key', key);
  try {
    return await fetch(path, { ...init, headers, cache: 'no-store' });
  } catch {
    throw new Unreachable();
  }
}

function bodyOf(question: Question): RequestInit {
  if (question.kind === 'features') {
    return {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ features: Array.from(question.features) }),
    };
  }
  const body = new FormData();
  body.set('image', question.file, question.name);
  return { method: 'POST', body };
}

function refusalOf(status: number, body: unknown): Refusal {
  const { error, code } = (isObject(body) ? body : {}) as { error?: unknown; code?: unknown };
  return new Refusal(
    typeof error === 'string' ? error : `The server answered with the status ${status}.`,
    typeof code === 'string' ? code : `HTTP ${status}`,
    status,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
