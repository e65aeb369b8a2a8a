/** `impulse download`: a project's deployment from the hosted API. The one command that goes to the network. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { InputError } from '../errors.js';
import type { HostedFile } from '../hosted/api.js';
import { toJson } from './json.js';
import { printWarning } from './messages.js';
import { wholeNumber } from './open-options.js';
import { type ByteProgress, NO_BYTE_PROGRESS, startByteProgress } from './progress.js';
import { replaceWhole } from './replace-whole.js';
import { byteSize, printable } from './text.js';

interface DownloadFlags {
  readonly apiKey?: string;
  readonly project?: number;
  readonly type: string;
  readonly engine?: string;
  readonly modelType?: string;
  readonly impulseId?: number;
  readonly out?: string;
  readonly endpoint: string;
  readonly json?: true;
  readonly quiet?: true;
}

interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Enough to tell what a file is. */
const HEAD_BYTES = 4_096;

const EXAMPLES = `
Examples:
  $ EI_API_KEY=ei_... impulse download                        the C++ library of the key's project
  $ impulse download --type runner-linux-aarch64 --model-type int8 --out model.eim
  $ impulse download --endpoint http://192.168.1.5:4917 --project 1

The key is best given in EI_API_KEY: others on this machine can read a command line.`;

export function addDownload(program: Command): void {
  program
    .command('download')
    .summary("download a project's deployment")
    .description(
      'Download a deployment of an Edge Impulse project; where there is none yet, have it built first. ' +
        'This is the one command that goes to the network.',
    )
    .option('--api-key <key>', "the project's API key (default: $EI_API_KEY)")
    .option('--project <id>', 'which project (default: the one that the key is for)', wholeNumber)
    .option('--type <format>', 'deployment to download: zip, runner-linux-aarch64, ...', 'zip')
    .option('--engine <name>', 'engine to build for (default: what the server prefers)')
    .option('--model-type <variant>', 'int8 or float32 (default: what the server takes)')
    .option('--impulse-id <id>', 'which impulse of the project', wholeNumber)
    .option('--out <file>', 'file to write (default: as the server names it, if there is none of that name)')
    .option('--endpoint <url>', 'server to ask', 'https://studio.edgeimpulse.com')
    .option('--json', 'print what was written as JSON')
    .option('-q, --quiet', 'no notes on stderr')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse download --help' to see its arguments and options.")
    .action(download);
}

async function download(flags: DownloadFlags): Promise<void> {
  const { makeHostedApi } = await import('../hosted/api.js');
  const { downloadBuild } = await import('../hosted/download-build.js');
  const { type, engine, modelType, impulseId, project, endpoint, quiet } = flags;
  const api = makeHostedApi({ endpoint, apiKey: keyOf(flags) });
  if (isInTheClear(endpoint))
    printWarning('The key goes over the network in the clear: the endpoint is http.');
  const note = (line: string): void => {
    if (!quiet) process.stderr.write(`${line.split('\n').map(printable).join('\n')}\n`);
  };
  const wanted = {
    type,
    ...(engine !== undefined && { engine }),
    ...(modelType !== undefined && { modelType }),
    ...(impulseId !== undefined && { impulseId }),
    ...(project !== undefined && { projectId: project }),
  };
  const { projectId, version, file } = await downloadBuild(api, wanted, { note });
  try {
    const out = flags.out ?? freeName(file.name ?? `project-${projectId}-${type.replace(/[^\w-]+/g, '-')}`);
    const progress = quiet ? NO_BYTE_PROGRESS : startByteProgress(file.bytes);
    const written = await write(out, file, type, progress);
    const facts = { ...written, projectId, type, ...(version !== undefined && { version }) };
    process.stdout.write(
      flags.json ? `${toJson(facts)}\n` : `${printable(out)}  ${byteSize(written.bytes)}\n`,
    );
  } finally {
    await file.discard();
  }
}

function keyOf({ apiKey }: DownloadFlags): string {
  const key = apiKey ?? process.env.EI_API_KEY;
  if (key !== undefined && key !== '') return key;
  throw new InputError(
    'ERR_OPTION_INVALID',
    "There is no API key: set EI_API_KEY, or give --api-key. It is on the project's Dashboard, under Keys.",
  );
}

function isInTheClear(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** The server has chosen this name: it must not choose a file that is there. */
function freeName(name: string): string {
  if (!existsSync(name)) return name;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `'${name}' is there already: give the file to write with --out.`,
  );
}

/** What was there stays, until everything has come and is what was asked for. */
async function write(
  out: string,
  { chunks }: HostedFile,
  type: string,
  progress: ByteProgress,
): Promise<Downloaded> {
  const hash = createHash('sha256');
  let [bytes, head] = [0, Buffer.alloc(0)];
  try {
    await replaceWhole(out, async (temporary) => {
      const handle = await open(temporary, 'wx').catch((cause: Error) => {
        throw new Error(`${out} can't be written: ${cause.message}`, { cause });
      });
      try {
        for await (const chunk of chunks) {
          if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
          await handle.writeFile(chunk);
          hash.update(chunk);
          bytes += chunk.byteLength;
          progress.add(chunk.byteLength);
        }
        await checkKind(head, type);
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
    return { file: out, bytes, sha256: hash.digest('hex') };
  } finally {
    progress.finish();
  }
}

/** A page that asks for a login is no deployment, whatever its type says. */
async function checkKind(head: Uint8Array, type: string): Promise<void> {
  const { sniff } = await import('../deployment/sniff.js');
  const { refused } = await import('../hosted/api.js');
  const kind = sniff(head);
  const isWrong = type === 'zip' ? kind !== 'zip' : kind === 'html' || kind === 'json';
  if (isWrong)
    throw refused(`the server sent ${kind === 'unknown' ? 'something else' : kind} in place of ${type}`);
}
