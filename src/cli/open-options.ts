/** Options that commands share: what the deployment is, and how it is run. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  GRAY_CONVERSIONS,
  type GrayConversion,
  IMAGE_INPUT_RESIZE_MODES,
  type ImageInputResizeMode,
  OBJECT_DETECTION_LAST_LAYERS,
  type ObjectDetectionLastLayer,
  QUANTIZE_PATHS,
  type QuantizePath,
  RESAMPLERS,
  type Resampler,
} from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { suggest } from '../options.js';
import type { ThresholdSetting, ThresholdValue } from '../postprocess/thresholds.js';
import { parseThreshold } from '../postprocess/thresholds.js';
import { MAX_INPUT_PIXELS } from '../preprocess/input-limits.js';
import { ORIENTATIONS, type Orientation } from '../preprocess/resize-options.js';
import type { AcceleratorOptions } from '../runtime/accelerator-options.js';
import type { ConvertOptions } from '../runtime/convert.js';
import {
  COORDINATES,
  type Coordinates,
  ISOLATIONS,
  type Isolation,
  type OpenOptions,
  RUNNER_ISOLATIONS,
  type RunnerIsolation,
} from '../runtime/options.js';
import type { PictureOptions } from '../runtime/prepare.js';
import { ENGINE_NAMES, type EngineName } from '../runtime/session.js';

/** What the deployment is, as commander hands it over. */
export interface ContentFlags {
  readonly modelInfo?: string;
  readonly lastLayer?: ObjectDetectionLastLayer;
  readonly impulse?: string;
  readonly resizeMode?: ImageInputResizeMode;
  readonly resampler?: Resampler;
  readonly gray?: GrayConversion;
  readonly quantizePath?: QuantizePath;
  readonly threshold?: Readonly<Record<string, ThresholdValue>>;
}

/** How it is run, too. */
export interface OpenFlags extends ContentFlags {
  readonly engine?: EngineName | 'auto';
  readonly threads?: number;
  readonly sessions?: number;
  /** commander makes `--no-tune` false, and true without it. */
  readonly tune?: boolean;
  readonly tfliteLibrary?: string;
  readonly tfliteDelegate?: string;
  readonly delegateOption?: Readonly<Record<string, string>>;
  readonly executionProvider?: string;
  /** commander makes `--no-xnnpack` false, and true without it. */
  readonly xnnpack?: boolean;
  readonly isolation?: Isolation;
  readonly coordinates?: Coordinates;
  readonly allowExec?: true;
  readonly runnerIsolation?: RunnerIsolation;
}

/** How pictures are read. */
export interface PictureFlags {
  readonly orientation?: Orientation;
  readonly maxPixels?: number;
}

const ENGINES = ['auto', ...ENGINE_NAMES] as const;

/** @param isolation where models run unless `--isolation` says otherwise; by default as in `openDeployment()` */
export function addOpenOptions(command: Command, isolation?: Isolation): Command {
  return addContentOptions(addEngineOptions(command, isolation)).addOption(
    new Option(
      '--coordinates <kind>',
      `what the boxes of the response are ratios of: ${COORDINATES.join(', ')}`,
    ).argParser(oneOf(COORDINATES)),
  );
}

function addEngineOptions(command: Command, isolation: Isolation | undefined): Command {
  return command
    .addOption(
      new Option('--engine <name>', `engine to run the model on: ${ENGINES.join(', ')}`)
        .argParser(oneOf(ENGINES))
        .default('auto'),
    )
    .addOption(
      new Option(
        '--threads <n>',
        'threads of the engine (default: the usable processors, at most 4)',
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option('--sessions <n>', 'copies of the model that run side by side (default: 1)').argParser(
        wholeNumber,
      ),
    )
    .option('--no-tune', 'the first engine that can run the model, whatever `impulse tune` measured')
    .option(
      '--tflite-library <path>',
      'TFLite C library to use (default: $IMPULSE_TFLITE_LIBRARY, else the installed one)',
    )
    .option(
      '--tflite-delegate <path>',
      'library of a TFLite delegate (Edge TPU: libedgetpu.so.1), which gets what it takes of the model',
    )
    .addOption(
      new Option(
        '--delegate-option <key=value>',
        'option of that delegate, for example device=usb (repeatable)',
      ).argParser(delegateOption),
    )
    .option(
      '--execution-provider <name>',
      "what ONNX Runtime computes on: cpu, or what 'impulse doctor' lists: cuda, webgpu, ... (default: cpu)",
    )
    .option('--no-xnnpack', "TFLite's own kernels instead of the XNNPACK delegate: slower, exact")
    .addOption(
      new Option(
        '--isolation <kind>',
        'where models run: process: each in one of its own, so that none can bring down the command; none: in the command',
      )
        .argParser(oneOf(ISOLATIONS))
        .default(isolation, isolation ?? 'none; process with an execution provider other than cpu'),
    )
    .option('--allow-exec', 'run an .eim: a program, so only one from a source that you trust')
    .addOption(
      new Option(
        '--runner-isolation <way>',
        `how an .eim is confined: ${RUNNER_ISOLATIONS.join(', ')}`,
      ).argParser(oneOf(RUNNER_ISOLATIONS)),
    );
}

export function addContentOptions(command: Command): Command {
  return command
    .option('--model-info <file>', 'JSON description of a plain .tflite or .onnx model')
    .addOption(
      new Option(
        '--last-layer <name>',
        'how the outputs of a plain detector are decoded: yolov5, yolov11, yolox, ... (labels from labels.txt)',
      ).argParser(oneOf(OBJECT_DETECTION_LAST_LAYERS)),
    )
    .option('--impulse <name>', 'which impulse, where a download holds several')
    .addOption(
      new Option(
        '--resize-mode <mode>',
        `resize mode instead of the deployment's own: ${IMAGE_INPUT_RESIZE_MODES.join(', ')}`,
      ).argParser(oneOf(IMAGE_INPUT_RESIZE_MODES)),
    )
    .addOption(
      new Option(
        '--resampler <name>',
        `how pictures are shrunk and enlarged: ${RESAMPLERS.join(', ')}`,
      ).argParser(oneOf(RESAMPLERS)),
    )
    .addOption(
      new Option(
        '--gray <kind>',
        `how colour becomes gray for a grayscale model: ${GRAY_CONVERSIONS.join(', ')}`,
      ).argParser(oneOf(GRAY_CONVERSIONS)),
    )
    .addOption(
      new Option(
        '--quantize-path <name>',
        `how 8-bit inputs are filled: ${QUANTIZE_PATHS.join(', ')} (as builds for microcontrollers do)`,
      ).argParser(oneOf(QUANTIZE_PATHS)),
    )
    .addOption(
      new Option(
        '--threshold <key=value>',
        'threshold to change, for example min_score=0.4, or 3.min_score=0.4 for block 3 alone (repeatable)',
      ).argParser(threshold),
    );
}

export function addPictureOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--orientation <kind>',
        `EXIF orientation of pictures: ${ORIENTATIONS.join(', ')} (default: ignore, as the hosted API does)`,
      ).argParser(oneOf(ORIENTATIONS)),
    )
    .addOption(
      new Option(
        '--max-pixels <n>',
        `pixels that a picture may have (default: ${MAX_INPUT_PIXELS})`,
      ).argParser(wholeNumber),
    );
}

export function pictureOptionsOf({ orientation, maxPixels }: PictureFlags): PictureOptions {
  return {
    ...(orientation !== undefined && { orientation }),
    ...(maxPixels !== undefined && { limits: { pixels: maxPixels } }),
  };
}

export function openOptionsOf(flags: OpenFlags): OpenOptions {
  const { engine, threads, sessions, tune, tfliteLibrary, xnnpack } = flags;
  const { isolation, coordinates, allowExec, runnerIsolation } = flags;
  return {
    ...contentOptionsOf(flags),
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
    ...(tfliteLibrary !== undefined && { tfliteLibrary }),
    // Left out where it is not given: what was measured may then decide.
    ...(xnnpack === false && { xnnpack }),
    ...(tune === false && { tune }),
    ...(sessions !== undefined && { sessions }),
    ...acceleratorsOf(flags),
    ...(isolation !== undefined && { isolation }),
    ...(coordinates !== undefined && { coordinates }),
    ...(allowExec === true && { allowExecution: true }),
    ...(runnerIsolation !== undefined && { runnerIsolation }),
  };
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
function acceleratorsOf({
  tfliteDelegate: path,
  delegateOption: options,
  executionProvider,
}: OpenFlags): AcceleratorOptions {
  if (path === undefined && options !== undefined) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      '--delegate-option is for a delegate: give its library too, with --tflite-delegate.',
    );
  }
  return {
    ...(path !== undefined && { tfliteDelegate: { path, ...(options !== undefined && { options }) } }),
    ...(executionProvider !== undefined && { executionProvider }),
  };
}

export function contentOptionsOf(flags: ContentFlags): ConvertOptions {
  const { modelInfo, lastLayer, impulse, resizeMode, threshold: thresholds } = flags;
  const { resampler, gray, quantizePath } = flags;
  return {
    ...(modelInfo !== undefined && { modelInfo }),
    ...(lastLayer !== undefined && { lastLayer }),
    ...(impulse !== undefined && { impulse }),
    ...(resizeMode !== undefined && { resizeMode }),
    ...(resampler !== undefined && { resampler }),
    ...(gray !== undefined && { gray }),
    ...(quantizePath !== undefined && { quantizePath }),
    ...(thresholds !== undefined && { thresholds }),
  };
}

export function oneOf<T extends string>(valid: readonly T[]): (value: string) => T {
  return (value) => {
    const found = valid.find((candidate) => candidate === value);
    if (found === undefined) throw new InvalidArgumentError(suggest(value, valid));
    return found;
  };
}

export function wholeNumber(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number.');
}

function delegateOption(
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected key=value, for example device=usb.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

function threshold(
  text: string,
  earlier: Readonly<Record<string, ThresholdValue>> | undefined,
): Readonly<Record<string, ThresholdValue>> {
  const { block, key, value } = parsedThreshold(text);
  return { ...earlier, [block === undefined ? key : `${block}.${key}`]: value };
}

function parsedThreshold(text: string): ThresholdSetting {
  try {
    return parseThreshold(text);
  } catch {
    throw new InvalidArgumentError('Expected key=value with a number, for example min_score=0.4.');
  }
}
