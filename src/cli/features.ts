/** `impulse features`: the raw features of pictures, as the studio shows them. */
import type { Command } from 'commander';
import type { ImageInput } from '../deployment/impulse.js';
import { InputError, isImpulseError } from '../errors.js';
import { inOrder, ONE_AHEAD } from '../runtime/in-order.js';
import type { PictureOptions } from '../runtime/prepare.js';
import { writeWhole } from './annotated-files.js';
import type { SetExitCode } from './exit-codes.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { expandInputs, type PictureInput, pictureSource } from './inputs.js';
import { printError, printWarning } from './messages.js';
import {
  addOpenOptions,
  addPictureOptions,
  type OpenFlags,
  openOptionsOf,
  type PictureFlags,
  pictureOptionsOf,
} from './open-options.js';

interface FeaturesFlags extends OpenFlags, PictureFlags {
  readonly json?: true;
  readonly out?: string;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse features coffee-cups.zip photo.jpg
  $ impulse features coffee-cups.zip photo.jpg --out features.txt
  $ impulse classify coffee-cups.zip --features features.txt
  $ impulse features coffee-cups.zip frames/ --json > features.jsonl`;

export function addFeatures(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('features')
    .summary('print the raw features of pictures')
    .description(
      "Print the raw features of pictures as the studio shows them: one colour 0xRRGGBB for each pixel of the model's input.",
    )
    .argument('<deployment>', 'Edge Impulse library (zip or folder), a package, or a .tflite / .onnx model')
    .argument('<image...>', 'pictures, folders of pictures, or - for one on stdin')
    .option('--json', 'print {"features": [...]}; for several pictures JSON Lines, with "file" first')
    .option('--out <file>', 'write to this file instead of stdout')
    .option('-q, --quiet', 'no warnings');
  addPictureOptions(addOpenOptions(command))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse features --help' to see its arguments and options.")
    .action(async (path: string, images: string[], flags: FeaturesFlags) => {
      setExitCode(await features(path, images, flags));
    });
}

async function features(path: string, images: readonly string[], flags: FeaturesFlags): Promise<number> {
  const { pictures, single } = await expandInputs(images);
  const input = await imageInput(path, flags);
  const lines: string[] = [];
  let code: number = EXIT.ok;
  const options = pictureOptionsOf(flags);
  for await (const { file, features } of inOrder(
    pictures,
    (picture) => featuresOf(picture, input, options),
    ONE_AHEAD,
  )) {
    if (features instanceof Error) {
      printError(features, single ? undefined : file);
      code = Math.max(code, exitCodeOf(features));
      continue;
    }
    const line = await lineOf(single ? undefined : file, features, flags);
    if (flags.out === undefined) process.stdout.write(line);
    else lines.push(line);
  }
  if (flags.out !== undefined && code === EXIT.ok)
    await writeWhole(flags.out, Buffer.concat(lines.map((line) => Buffer.from(line))));
  return code;
}

/** What the pictures must become. */
async function imageInput(path: string, flags: FeaturesFlags): Promise<ImageInput> {
  const { openDeployment } = await import('../index.js');
  const deployment = await openDeployment(path, openOptionsOf(flags));
  try {
    const { input, warnings } = deployment.info();
    if (!flags.quiet) for (const { code, message } of warnings) printWarning(message, code);
    if (input.inputType === 'image') return input;
    throw new InputError(
      'ERR_INPUT_TYPE',
      `This impulse takes ${input.inputType} data, whose raw features are the samples themselves: ${input.featureCount} numbers` +
        ` (${input.axes.join(', ')} interleaved), which 'impulse classify --features' takes. Only pictures have to be made into features.`,
    );
  } finally {
    await deployment.close();
  }
}

interface PictureFeatures {
  readonly file: string;
  readonly features: Float32Array | Error;
}

/** A picture that can't be used is an outcome like another. */
async function featuresOf(
  picture: PictureInput,
  input: ImageInput,
  options: PictureOptions,
): Promise<PictureFeatures> {
  const { imageFeatures, resizeImage } = await import('../preprocess/index.js');
  const { file } = picture;
  try {
    const { pixels } = await resizeImage(await pictureSource(picture), { ...input, ...options });
    return { file, features: imageFeatures(pixels) };
  } catch (error) {
    if (!isImpulseError(error)) throw error;
    return { file, features: error };
  }
}

async function lineOf(
  file: string | undefined,
  features: Float32Array,
  { json }: FeaturesFlags,
): Promise<string> {
  if (json) return `${JSON.stringify({ ...(file !== undefined && { file }), features: [...features] })}\n`;
  const { formatFeatures } = await import('../preprocess/index.js');
  return `${formatFeatures(features)}\n`;
}
