/** A server with the included deployment as project 1, on a folder of its own, and the unmodified client for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EdgeImpulseApi } from 'edge-impulse-api';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/server.js';

export const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));
export const PHOTO = fileURLToPath(new URL('../../examples/shapes.jpg', import.meta.url));

const client = createRequire(import.meta.url)('edge-impulse-api') as {
  EdgeImpulseApi: typeof EdgeImpulseApi;
};

export function dataFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'impulse-server-'));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

export function serve(data: string, options: ServerOptions = {}): Promise<RunningServer> {
  return startServer({ data, port: 0, deployments: [SHAPES], ...options });
}

export async function clientOf({ url }: RunningServer, apiKey = 'ei_any'): Promise<EdgeImpulseApi> {
  const api = new client.EdgeImpulseApi({ endpoint: url });
  await api.authenticate({ method: 'apiKey', apiKey });
  return api;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sends, which the tests compare
  readonly body: any;
}

export async function ask(server: RunningServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/v1/api${path}`, init);
  return { status: response.status, body: await response.json() };
}

/** `POST`s a build; `request` is the body. */
export function askForBuild(
  server: RunningServer,
  query: string,
  request: object = { engine: 'tflite' },
  projectId = 1,
): Promise<Answer> {
  return ask(server, `/${projectId}/jobs/build-ondevice-model?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
}

/** Waits until the job has ended. */
export async function jobEnded(server: RunningServer, jobId: number, projectId = 1): Promise<Answer['body']> {
  for (;;) {
    const { body } = await ask(server, `/${projectId}/jobs/${jobId}/status`);
    if (body.job.finishedSuccessful !== undefined) return body.job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
