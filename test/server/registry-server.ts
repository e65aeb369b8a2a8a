/** A server with a registry of its own, and what its clients do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/server.js';

export interface RegistryServer extends RunningServer {
  /** Of the models. */
  readonly models: string;
  readonly folder: string;
  remove(): Promise<void>;
}

export async function startRegistry(options: ServerOptions = {}): Promise<RegistryServer> {
  const folder = mkdtempSync(join(tmpdir(), 'impulse-server-'));
  const server = await startServer({ data: join(folder, 'data'), port: 0, ...options });
  return {
    ...server,
    models: `${server.url}/data/sensei/models`,
    folder,
    async remove() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a server says is looked at by the tests
  readonly body: any;
  readonly headers: Headers;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : text,
  };
}

/** @param model properties, or the text of the field as it is sent */
export function post(
  { models }: RegistryServer,
  bytes: Uint8Array,
  model: string | object = { name: 'Cups' },
  fileName = 'model.onnx',
): Promise<Answer> {
  const form = new FormData();
  form.append('modelArtifact', new Blob([Uint8Array.from(bytes)]), fileName);
  form.append('model', typeof model === 'string' ? model : JSON.stringify(model));
  return ask(models, { method: 'POST', body: form });
}

export function sendJson(
  method: 'POST' | 'PUT',
  url: string,
  body: string | object,
  type = 'application/json',
): Promise<Answer> {
  return ask(url, {
    method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': type },
  });
}
