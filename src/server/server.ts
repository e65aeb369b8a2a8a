/** `startServer()`: the hosted API, on this device. */
import type { AddressInfo } from 'node:net';
import { RequestError } from '../errors.js';
import { openDeployments } from '../registry/deployments.js';
import { openJobs } from '../registry/jobs.js';
import { ownStore } from '../registry/store.js';
import { defaultConcurrency } from '../runtime/many.js';
import { makeAccess } from './access.js';
import { makeAdmission } from './admission.js';
import { makeApp } from './app.js';
import { makeImpulses } from './impulses.js';
import { makeMetrics } from './metrics.js';
import { makeModelHost } from './model-host.js';
import { pretrainedSource } from './pretrained-source.js';
import { registeredModels } from './registered-models.js';
import { openServed, type ServedModel } from './served.js';
import { normalizeServerOptions, type ServerOptions, type ServerSettings } from './settings.js';

export type { ServerOptions } from './settings.js';

export interface RunningServer {
  /** Where it listens: `http://127.0.0.1:4917`. */
  readonly url: string;
  readonly port: number;
  readonly served: readonly ServedModel[];
  /** Takes no more requests, waits for those in progress, and frees the models. Closing twice is fine. */
  close(): Promise<void>;
}

/**
 * Opens the deployments and starts to listen.
 *
 * @throws as `openDeployment()`; {RegistryError} `ERR_REGISTRY_STORE`, `ERR_REGISTRY_LOCKED`; {RequestError}
 *   `ERR_SERVER_ADDRESS`: the address is taken, or demands an API key; {InputError} `ERR_OPTION_*`
 *
 * @example
 * const server = await startServer({ deployments: ['coffee-cups.zip'] });
 * console.log(server.url);
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const settings = normalizeServerOptions(options);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    return await start(settings, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param closers takes what undoes each step, in order */
async function start(
  settings: ServerSettings,
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<RunningServer> {
  const store = await ownStore(settings.data);
  closers.push(() => store.close());
  const jobs = openJobs(store, (error) => settings.log(`A job failed: ${detail(error)}`));
  closers.push(() => jobs.close());
  const access = makeAccess(settings, store);
  const served = await openServed(settings.deployments, {
    ...settings.open,
    limits: { pixels: settings.maxPixels, ...settings.open.limits },
  });
  closers.push(() => Promise.all(served.map(({ deployment }) => deployment.close())));
  const host = makeModelHost(store.folder, settings);
  closers.push(() => host.close());
  const { queue, maxBodyBytes } = settings;
  const concurrency = settings.concurrency ?? defaultConcurrency(settings.open.sessions ?? 1);
  const admission = makeAdmission({ concurrency, queue, maxBodyBytes });
  const metrics = makeMetrics();
  metrics.watch(admission);
  const impulses = makeImpulses(served, host, [registeredModels(store), pretrainedSource(store)]);
  const context = {
    settings,
    store,
    jobs,
    deployments: openDeployments(store),
    served,
    host,
    impulses,
    admission,
    metrics,
  };
  const app = await makeApp(context, access);
  closers.push(() => app.close());
  await listen(() => app.listen({ host: settings.host, port: settings.port }), settings);
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://${inUrl(settings.host)}:${port}`, port, served, close };
}

async function listen(start: () => Promise<unknown>, { host, port }: ServerSettings): Promise<void> {
  try {
    await start();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : message;
    throw new RequestError(
      'ERR_SERVER_ADDRESS',
      `Can't listen on ${host}, port ${port}: ${reason}. Give another one with --port or --host.`,
      { cause },
    );
  }
}

function detail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
