/** `impulse models`: the models that are kept on this device, with or without a server. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { DeploymentError } from '../errors.js';
import type { Store } from '../registry/store.js';
import { writeWhole } from './annotated-files.js';
import { toJson } from './json.js';
import { modelReport, modelTable, transcodingLine } from './models-report.js';
import { wholeNumber } from './open-options.js';
import { NO_BYTE_PROGRESS, startByteProgress } from './progress.js';
import { styleFor } from './style.js';
import { byteSize, printable } from './text.js';

interface CommonFlags {
  readonly data?: string;
  readonly json?: true;
}

interface ListFlags extends CommonFlags {
  readonly limit?: number;
  readonly start?: number;
  readonly orderby?: string;
  readonly property?: readonly string[];
}

interface AddFlags extends CommonFlags {
  readonly name: string;
  readonly description?: string;
  readonly modelInfo?: string;
  readonly property?: Readonly<Record<string, unknown>>;
  readonly quiet?: true;
}

interface TranscodeFlags extends CommonFlags {
  readonly to: string;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  $ impulse models add coffee-cups.zip --name cups              a library, which describes itself
  $ impulse models add yolo.onnx --name yolo --model-info yolo.json --property team=vision
  $ impulse models ls --property 'team==vision' --orderby -created
  $ impulse models show cups                                    with what it can be made into
  $ impulse models transcode yolo --to ort --out yolo.ort
  $ impulse models rm cups
  $ impulse classify registry:cups photo.jpg                    wherever a command takes a deployment

A server with the same data folder serves what is added here, at once.

Exit codes: 0 success, 1 no such model or a bad file, 2 bad usage or filter, 3 the store or an engine.`;

/** Of a file that is read. */
const CHUNK_BYTES = 2 ** 20;

export function addModels(program: Command): void {
  const command = program
    .command('models')
    .summary('keep models on this device')
    .description('Register, list, convert and remove models in the data folder of this device.')
    .addHelpText('after', EXAMPLES);
  common(command.command('ls'), 'list the registered models', list)
    .option('--limit <n>', 'how many at most (default: 25)', wholeNumber)
    .option('--start <n>', 'index of the first one (default: 0)', wholeNumber)
    .option('--orderby <properties>', 'comma separated, - before one turns it round (default: created)')
    .option(
      '--property <filter>',
      'name==cups, created>=2026-01-01, ... (repeatable: all must hold)',
      collected,
    );
  common(command.command('add'), 'register a model', add)
    .argument('<file>', 'an Edge Impulse library or package (zip), or a .tflite / .onnx / .ort model')
    .requiredOption('--name <name>', 'what to call it; the newest of a name counts')
    .option('--description <text>', 'what it is, for people')
    .option('--model-info <file>', 'JSON description of a plain model')
    .option('--property <key=value>', 'further property; JSON, or else text (repeatable)', property)
    .option('-q, --quiet', 'no progress bar');
  common(
    command.command('show'),
    'show a model, its transcodings, and what it can be made into',
    show,
  ).argument('<model>', 'its id or name');
  common(command.command('rm'), 'remove models with their transcodings', remove).argument(
    '<models...>',
    'ids, or names that only one model has',
  );
  common(command.command('transcode'), 'make a model into another format and keep that', transcode)
    .argument('<model>', 'its id or name')
    .requiredOption('--to <format>', 'impulse-package, tflite, onnx, float32, int8, ort')
    .option('--out <file>', 'also write it there');
}

type Action<Args extends unknown[]> = (store: Store, ...args: Args) => Promise<string>;

/** What all of them have, and a store that is closed again. What the action gives is printed. */
function common<Args extends unknown[]>(command: Command, summary: string, action: Action<Args>): Command {
  return command
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .option('--data <folder>', 'where models are kept (default: $IMPULSE_DATA, else your data folder)')
    .option('--json', 'print it as JSON')
    .showHelpAfterError(`Run 'impulse models ${command.name()} --help' to see its arguments and options.`)
    .action(async (...args: unknown[]) => {
      const given = args.slice(0, -1) as Args;
      const { data } = given.at(-1) as CommonFlags;
      const { openStore } = await import('../registry/store.js');
      const store = await openStore(data);
      try {
        process.stdout.write(await action(store, ...given));
      } finally {
        store.close();
      }
    });
}

async function list(store: Store, flags: ListFlags): Promise<string> {
  const { listModels } = await import('../registry/models.js');
  const { modelJson } = await import('../registry/json.js');
  const { limit, start, orderby, property } = flags;
  const page = listModels(store, { limit, start, orderby, property });
  if (flags.json) {
    const { totalCount } = page;
    const _page = { property: page.property, count: page.models.length, start: page.start, totalCount };
    return `${toJson({ children: page.models.map(modelJson), _page })}\n`;
  }
  const next = page.start + page.models.length;
  if (next < page.totalCount && page.models.length > 0) {
    process.stderr.write(`${next} of ${page.totalCount}: the next with --start ${next}\n`);
  }
  return modelTable(page.models, styleFor(process.stdout));
}

async function add(store: Store, path: string, flags: AddFlags): Promise<string> {
  const { checkProperties } = await import('../registry/properties.js');
  const { registerModel } = await import('../registry/models.js');
  const { receive } = await import('../registry/artefacts.js');
  const { modelJson } = await import('../registry/json.js');
  const { readGivenJson } = await import('../deployment/plain/description.js');
  const { name, description, modelInfo } = flags;
  const properties = checkProperties({
    ...flags.property,
    name,
    ...(description !== undefined && { description }),
    ...(modelInfo !== undefined && { modelInfo: await readGivenJson(modelInfo) }),
  });
  const bytes = await sizeOf(path);
  const file = await receive(store.folder, read(path, bytes, flags.quiet === true));
  const model = await registerModel(store, file, basename(path), properties);
  if (flags.json) return `${toJson(modelJson(model))}\n`;
  return `${printable(model.name)}  ${model.id}  ${model.format}, ${byteSize(model.bytes)}\n`;
}

async function show(store: Store, wanted: string, flags: CommonFlags): Promise<string> {
  const { model, transcodings, targets } = await facts(store, wanted);
  const { modelJson, transcodingJson } = await import('../registry/json.js');
  if (!flags.json) return modelReport(model, transcodings, targets, styleFor(process.stdout));
  return `${toJson({ ...modelJson(model), transcodings: transcodings.map(transcodingJson), targets })}\n`;
}

async function facts(store: Store, wanted: string) {
  const { findModel, noModel } = await import('../registry/models.js');
  const { listTranscodings, targetsOfModel } = await import('../registry/transcodings.js');
  const model = findModel(store, wanted);
  if (model === undefined) throw noModel(wanted);
  const targets = await targetsOfModel(store, model);
  return { model, transcodings: listTranscodings(store, model.id), targets };
}

async function remove(store: Store, wanted: readonly string[], flags: CommonFlags): Promise<string> {
  const { deleteModel, theModel } = await import('../registry/models.js');
  // None goes where one of them is not there.
  const models = new Map(wanted.map((each) => theModel(store, each)).map((model) => [model.id, model]));
  for (const id of models.keys()) deleteModel(store, id);
  const removed = [...models.values()].map(({ id, name }) => ({ id, name }));
  if (flags.json) return `${toJson({ removed })}\n`;
  return removed.map(({ id, name }) => `removed ${printable(name)}  ${id}\n`).join('');
}

async function transcode(store: Store, wanted: string, flags: TranscodeFlags): Promise<string> {
  const { findModel, noModel } = await import('../registry/models.js');
  const { createTranscoding } = await import('../registry/transcodings.js');
  const { transcodingJson } = await import('../registry/json.js');
  const { artefactPath } = await import('../registry/artefacts.js');
  const model = findModel(store, wanted);
  if (model === undefined) throw noModel(wanted);
  const made = await createTranscoding(store, model.id, { targetFormat: flags.to });
  if (flags.out !== undefined) {
    await writeWhole(flags.out, await readFile(artefactPath(store.folder, made.sha256)));
  }
  return flags.json ? `${toJson(transcodingJson(made))}\n` : `${transcodingLine(made)}\n`;
}

/** With a bar on a terminal. */
async function* read(path: string, bytes: number, quiet: boolean): AsyncGenerator<Uint8Array> {
  const progress = quiet ? NO_BYTE_PROGRESS : startByteProgress(bytes);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      yield chunk;
      progress.add(chunk.length);
    }
  } finally {
    progress.finish();
  }
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_NOT_FOUND',
      `There is nothing that can be opened at '${path}'.`,
      {
        cause,
      },
    );
  });
  if (info.isFile()) return info.size;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_UNRECOGNISED',
    `'${path}' is no file. A folder can be registered as a package: impulse convert '${path}' model.zip`,
  );
}

function collected(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

function property(
  text: string,
  earlier: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected key=value, for example team=vision.');
  return { ...earlier, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
