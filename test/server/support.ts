/** Servers of tests: on a free port, with a data folder that is gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.js';

export const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
export const SHAPES = example('shapes.zip');

export interface TestServer extends RunningServer {
  readonly data: string;
  /** Lines of its log. */
  readonly logged: readonly string[];
}

/** Closed, and its folder removed, with the test; with `afterwards` when that is called. */
export async function server(
  options: ServerOptions = {},
  afterwards: (end: () => Promise<void>) => void = onTestFinished,
): Promise<TestServer> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'impulse-server-'));
  const logged: string[] = [];
  const running = await startServer({ port: 0, data, log: (line) => logged.push(line), ...options });
  afterwards(async () => {
    await running.close();
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
  });
  return { ...running, data, logged };
}

/** A form with one picture, or whatever else is to be sent as one. */
export function form(
  field: string,
  bytes: Uint8Array,
  name = 'photo.jpg',
  more: Record<string, string> = {},
): FormData {
  const data = new FormData();
  for (const [key, value] of Object.entries(more)) data.append(key, value);
  data.append(field, new Blob([new Uint8Array(bytes)]), name);
  return data;
}

/** What a refusal must always be. */
export interface Refusal {
  readonly status: number;
  readonly body: { readonly success: false; readonly error: string; readonly code: string };
}

export async function refusal(response: Response): Promise<Refusal> {
  return { status: response.status, body: (await response.json()) as Refusal['body'] };
}
