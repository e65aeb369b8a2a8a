/** `impulse serve`: the hosted API and a page, on this device. */
import type { Command } from 'commander';
import type { RunningServer, ServerOptions } from '../server/server.js';
import { EXIT, type SetExitCode } from './exit-codes.js';
import { toJson } from './json.js';
import {
  addOpenOptions,
  addPictureOptions,
  type OpenFlags,
  openOptionsOf,
  type PictureFlags,
  pictureOptionsOf,
  wholeNumber,
} from './open-options.js';
import { printable } from './text.js';

interface ServeFlags extends OpenFlags, PictureFlags {
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
  readonly requireKey?: true;
  readonly newKey?: true;
  readonly forgetKeys?: true;
  readonly allowOrigin?: string;
  readonly maxBody?: number;
  readonly maxModel?: number;
  readonly concurrency?: number;
  readonly queue?: number;
  readonly requestTimeout?: number;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse serve coffee-cups.zip                    then open http://127.0.0.1:4917
  $ impulse serve cups.zip faces.tflite --port 8080  two models; the page and the API choose by name
  $ impulse serve                                    models that were registered or uploaded
  $ impulse serve --new-key                          make an API key and print it, this once
  $ impulse serve cups.zip --host 0.0.0.0            for other machines, which need that key
  $ curl -F image=@photo.jpg http://127.0.0.1:4917/v1/api/1/classify/image

The number in the path is the project's; a deployment that states none is project 1. Ctrl-C stops it, once what is in
progress has been answered.`;

export function addServe(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('serve')
    .summary('the hosted API and a page, on this device')
    .description(
      "Serve deployments over the hosted API's own operations, so that existing clients only change their endpoint: " +
        'classify, pretrained models, on-device builds, the model registry. With a page to try them at /.',
    )
    .argument('[deployments...]', 'Edge Impulse libraries (zip or folder), packages, .tflite / .onnx models')
    .option(
      '--host <address>',
      "address to listen on; any but this machine's own demands an API key",
      '127.0.0.1',
    )
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 4917)', wholeNumber)
    .option(
      '--data <folder>',
      'where models, builds and jobs are kept (default: $IMPULSE_DATA, else your data folder)',
    )
    .option('--new-key', 'make an API key, print it this once, keep its hash, and end')
    .option('--forget-keys', 'forget all API keys, and end')
    .option('--require-key', 'demand an API key also of this machine')
    .option('--allow-origin <origin>', 'let pages of this origin call, for example https://example.org')
    .option('--max-body <bytes>', 'bytes a picture may have (default: 10485760)', wholeNumber)
    .option(
      '--max-model <bytes>',
      'bytes a model that is uploaded may have (default: 536870912)',
      wholeNumber,
    )
    .option(
      '--concurrency <n>',
      'pictures in work at once (default: by sessions and processors)',
      wholeNumber,
    )
    .option('--queue <n>', 'requests that may wait; more are refused with 429 (default: 128)', wholeNumber)
    .option('--request-timeout <ms>', 'how long a request may take to arrive (default: 30000)', wholeNumber)
    .option('--json', 'print where it listens as JSON')
    .option('-q, --quiet', 'no log on stderr');
  addPictureOptions(addOpenOptions(command))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse serve --help' to see its arguments and options.")
    .action((deployments, flags) => serve(deployments, flags, setExitCode));
}

async function serve(
  deployments: readonly string[],
  flags: ServeFlags,
  setExitCode: SetExitCode,
): Promise<void> {
  if (flags.newKey || flags.forgetKeys) return changeKeys(flags);
  const { startServer } = await import('../server/server.js');
  const server = await startServer(serverOptionsOf(deployments, flags));
  process.stdout.write(flags.json ? `${toJson(facts(server))}\n` : banner(server));
  setExitCode(await untilStopped(server));
}

async function changeKeys({ data, newKey, forgetKeys }: ServeFlags): Promise<void> {
  const { openStore } = await import('../registry/store.js');
  const { createApiKey, forgetApiKeys } = await import('../registry/api-keys.js');
  const store = await openStore(data);
  try {
    if (forgetKeys) forgetApiKeys(store.database);
    if (newKey) process.stdout.write(`${createApiKey(store.database)}\n`);
  } finally {
    store.close();
  }
}

function serverOptionsOf(deployments: readonly string[], flags: ServeFlags): ServerOptions {
  const { host, port, data, requireKey, allowOrigin, quiet } = flags;
  const { limits, ...pictures } = pictureOptionsOf(flags);
  return {
    deployments,
    open: { ...openOptionsOf(flags), ...pictures },
    ...(limits?.pixels !== undefined && { maxPixels: limits.pixels }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(data !== undefined && { data }),
    ...(requireKey === true && { requireKey }),
    ...(allowOrigin !== undefined && { allowOrigin }),
    ...(flags.maxBody !== undefined && { maxBodyBytes: flags.maxBody }),
    ...(flags.maxModel !== undefined && { maxModelBytes: flags.maxModel }),
    ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
    ...(flags.queue !== undefined && { queue: flags.queue }),
    ...(flags.requestTimeout !== undefined && { requestTimeoutMs: flags.requestTimeout }),
    ...(!quiet && { log: (line: string) => process.stderr.write(`${printable(line)}\n`) }),
  };
}

function facts({ url, port, served }: RunningServer): unknown {
  return {
    url,
    port,
    pid: process.pid,
    models: served.map(({ name, projectId, impulseId }) => ({ name, projectId, impulseId })),
  };
}

function banner({ url, served }: RunningServer): string {
  const lines = served.map(({ name, projectId, impulseId, info }) => {
    const engines = new Set(info.learnBlocks.flatMap(({ model }) => model?.engine.engine ?? []));
    const by = info.runner?.engine ?? [...engines].join(', ');
    return `  ${printable(name)}  project ${projectId}, impulse ${impulseId}, on ${by}\n`;
  });
  return `${url}\n${lines.join('')}`;
}

/** The first signal lets what is in progress end, the second does not wait. */
async function untilStopped(server: RunningServer): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal);
  const code = await new Promise<number>((resolve) => {
    process.once('SIGINT', () => resolve(EXIT.ok));
    process.once('SIGTERM', () => resolve(EXIT.ok));
  });
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
  process.once('SIGTERM', () => process.exit(EXIT.terminated));
  await server.close();
  return code;
}
