import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { SHAPES, server } from './support.js';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: object;
  readonly parameters?: readonly object[];
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Call {
  readonly method: string;
  readonly path: string;
}

/** What each method of the hosted API's own client calls, from its code: `GET /api/{projectId}/...`. */
function clientCalls(): ReadonlyMap<string, Call> {
  const library = dirname(createRequire(import.meta.url).resolve('edge-impulse-api'));
  const folder = join(library, 'sdk', 'api');
  const files = readdirSync(folder).filter((name) => name.endsWith('Api.js'));
  const calls = files.flatMap((name) => {
    const code = readFileSync(join(folder, name), 'utf8');
    const methods = [...code.matchAll(/^ {4}async (\w+)\([\s\S]*?^ {4}\}/gm)];
    return methods.flatMap(([text, method = '']): [string, Call][] => {
      const path = /this\.basePath \+ '([^']+)'/.exec(text)?.[1];
      const verb = /method: '(\w+)'/.exec(text)?.[1];
      return path === undefined || verb === undefined ? [] : [[method, { method: verb, path }]];
    });
  });
  return new Map(calls);
}

let document: OpenApi;
let operations: (Operation & Call)[];

beforeAll(async () => {
  const ends: (() => Promise<void>)[] = [];
  const { url } = await server({ deployments: [SHAPES] }, (end) => ends.push(end));
  document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
    })),
  );
  return async () => {
    for (const end of ends) await end();
  };
});

describe('the OpenAPI document', () => {
  it('is one, by the rules of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...document });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('documents forms and numbers as what they are', () => {
    const { requestBody, parameters } = document.paths['/v1/api/{projectId}/classify/image']?.post ?? {};
    expect(requestBody).toMatchObject({
      content: { 'multipart/form-data': { schema: { properties: { image: { format: 'binary' } } } } },
    });
    expect(parameters).toContainEqual({
      in: 'path',
      name: 'projectId',
      required: true,
      schema: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 },
    });
  });

  it('names and describes every operation, once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.length).toBeGreaterThan(5);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(({ summary, tags }) => !summary || !tags?.length)).toEqual([]);
  });

  it('says of every operation how it fails', () => {
    const silent = operations.filter(({ responses }) => !('4XX' in responses) || !('5XX' in responses));
    expect(silent.map(({ operationId }) => operationId)).toEqual([]);
  });

  it("has the hosted API's operations under its own names, paths and methods", () => {
    const calls = clientCalls();
    expect(calls.size).toBeGreaterThan(400);
    const hosted = operations.filter(({ path }) => path.startsWith('/v1/api/'));
    const differing = hosted.filter(({ operationId, method, path }) => {
      const call = calls.get(operationId);
      return call === undefined || call.method !== method || `/v1${call.path}` !== path;
    });
    expect(differing.map(({ operationId, method, path }) => `${operationId}: ${method} ${path}`)).toEqual([]);
  });
});
