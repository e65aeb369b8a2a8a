/** A real server on a free port, with a data folder of its own, and the hosted API's unmodified client for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EdgeImpulseApi } from 'edge-impulse-api';
import type { ServerOptions } from '../../src/server/index.js';
import { startServer } from '../../src/server/index.js';

export interface TestServer {
  readonly url: string;
  readonly api: EdgeImpulseApi;
  readonly data: string;
  /** Of the first deployment that is served; 1 where there is none. */
  readonly projectId: number;
  /** And removes its folder, unless it is another's. */
  close(): Promise<void>;
}

export async function serve(options: ServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'impulse-server-')));
  const server = await startServer({ port: 0, ...options, data });
  const api = new EdgeImpulseApi({ endpoint: server.url });
  await api.authenticate({ method: 'apiKey', apiKey: 'ei_none' });
  return {
    url: server.url,
    api,
    data,
    projectId: server.served[0]?.projectId ?? 1,
    async close() {
      await server.close();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

/** A file as the client wants it. */
export function fileOf(value: Uint8Array, filename = 'file') {
  return { value: Buffer.from(value), options: { filename, contentType: 'application/octet-stream' } };
}
