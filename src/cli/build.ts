/** `impulse build`: what the server's build job does, without a server. */
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import type { Build } from '../registry/build.js';
import { writeWhole } from './annotated-files.js';
import { toJson } from './json.js';
import { printWarning } from './messages.js';
import { addContentOptions, type ContentFlags, contentOptionsOf } from './open-options.js';
import { byteSize, printable } from './text.js';
import { writeWholeFolder } from './whole-folder.js';

interface BuildFlags extends ContentFlags {
  readonly type: string;
  readonly engine: string;
  readonly modelType?: string;
  readonly out?: string;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse build coffee-cups.zip                                  coffee-cups.impulse.zip
  $ impulse build dashboard-files/ --model-type int8 --out cups.zip
  $ impulse build yolo.onnx --model-info yolo.json --type folder   the folder yolo.impulse`;

export function addBuild(program: Command): void {
  const command = program
    .command('build')
    .summary('build a deployment for this device')
    .description(
      "Build a deployment: the same as the server's build job, with no server. Nothing of the deployment is run.",
    )
    .argument('<deployment>', 'Edge Impulse library (zip or folder), a package, or a .tflite / .onnx model')
    .option(
      '--type <format>',
      'zip: an impulse package; folder: a plain model with its description beside it',
      'zip',
    )
    .option('--engine <name>', 'engine to build for: tflite, which here means ONNX models too', 'tflite')
    .option('--model-type <variant>', 'int8 or float32, where there are both (default: what there is)')
    .option('--out <path>', 'what to write (default: the name of the deployment, with .impulse)')
    .option('--json', 'print what was written as JSON')
    .option('-q, --quiet', 'no warnings');
  addContentOptions(command)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse build --help' to see its arguments and options.")
    .action(build);
}

async function build(path: string, flags: BuildFlags): Promise<void> {
  const { build } = await import('../registry/build.js');
  const { checkBuildRequest } = await import('../registry/build-targets.js');
  const { type, engine, modelType } = flags;
  const settings = checkBuildRequest({ type, engine, ...(modelType !== undefined && { modelType }) });
  const built = await build({ input: { source: path, options: contentOptionsOf(flags) }, settings });
  if (!flags.quiet) for (const { code, message } of built.contents.warnings) printWarning(message, code);
  const isFolder = built.format === 'folder';
  const out = flags.out ?? `${stemOf(path)}.impulse${isFolder ? '' : '.zip'}`;
  const bytes = isFolder ? await writeFiles(out, built) : await writeZip(out, built);
  process.stdout.write(
    flags.json ? `${toJson(facts(out, bytes, built))}\n` : `${summary(out, bytes, built)}\n`,
  );
}

async function writeFiles(out: string, { files }: Build): Promise<number> {
  await writeWholeFolder(out, files);
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

async function writeZip(out: string, built: Build): Promise<number> {
  const bytes = await built.zip();
  await writeWhole(out, bytes);
  return bytes.length;
}

function facts(out: string, bytes: number, { format, contents }: Build): unknown {
  const models = [...contents.artefacts.values()].map(({ name, format, bytes }) => ({
    name,
    format,
    bytes: bytes.length,
  }));
  return { out, type: format, modelType: contents.variant, bytes, from: contents.format, models };
}

function summary(out: string, bytes: number, { contents }: Build): string {
  const models = [...contents.artefacts.values()].map(
    ({ name, format, bytes }) => `  ${printable(name)} (${format}, ${byteSize(bytes.length)})`,
  );
  return [`${printable(out)}  ${byteSize(bytes)}, ${contents.variant}`, ...models].join('\n');
}

function stemOf(path: string): string {
  const name = basename(path);
  return basename(name, extname(name));
}
