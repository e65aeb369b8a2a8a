/** `impulse convert`: whatever holds a model becomes our own package. */
import type { Command } from 'commander';
import type { Conversion } from '../runtime/convert.js';
import { writeWhole } from './annotated-files.js';
import { toJson } from './json.js';
import { printWarning } from './messages.js';
import { addContentOptions, type ContentFlags, contentOptionsOf } from './open-options.js';
import { byteSize, counted, printable } from './text.js';

interface ConvertFlags extends ContentFlags {
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse convert library.zip cups.zip
  $ impulse convert yolo.tflite yolo.zip --model-info yolo.json --threshold min_score=0.4
  $ impulse convert two-impulses.zip second.zip --impulse mic
  $ impulse classify cups.zip photo.jpg`;

export function addConvert(program: Command): void {
  const command = program
    .command('convert')
    .summary('write a deployment as one package')
    .description(
      'Write a deployment as an impulse package: a zip with models, labels, impulse and thresholds, ' +
        'which every command takes. Nothing of the deployment is run.',
    )
    .argument('<deployment>', 'Edge Impulse library (zip or folder), a package, or a .tflite / .onnx model')
    .argument('<out.zip>', 'the package to write')
    .option('--json', 'print what was written as JSON')
    .option('-q, --quiet', 'no warnings');
  addContentOptions(command)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse convert --help' to see its arguments and options.")
    .action(convert);
}

async function convert(path: string, out: string, flags: ConvertFlags): Promise<void> {
  const { convertDeployment } = await import('../index.js');
  const conversion = await convertDeployment(path, contentOptionsOf(flags));
  if (!flags.quiet) for (const { code, message } of conversion.contents.warnings) printWarning(message, code);
  await writeWhole(out, conversion.bytes);
  process.stdout.write(flags.json ? `${toJson(facts(out, conversion))}\n` : `${summary(out, conversion)}\n`);
}

function facts(out: string, { bytes, contents }: Conversion): unknown {
  const models = [...contents.artefacts.values()].map(({ name, format, bytes }) => ({
    name,
    format,
    bytes: bytes.length,
  }));
  return { package: out, bytes: bytes.length, from: contents.format, models };
}

function summary(out: string, { bytes, contents }: Conversion): string {
  const models = [...contents.artefacts.values()].map(
    ({ name, format, bytes }) => `  ${printable(name)} (${format}, ${byteSize(bytes.length)})`,
  );
  const blocks = counted(contents.impulse.learnBlocks.length, 'learn block');
  return [`${printable(out)}  ${byteSize(bytes.length)}, ${blocks}`, ...models].join('\n');
}
