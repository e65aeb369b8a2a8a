/** Options of `openDeployment()` and of each classification. */
import type {
  CropAnchor,
  GrayConversion,
  ImageInputResizeMode,
  ObjectDetectionLastLayer,
  QuantizePath,
  Resampler,
} from '../deployment/impulse.js';
import {
  CROP_ANCHORS,
  GRAY_CONVERSIONS,
  IMAGE_INPUT_RESIZE_MODES,
  OBJECT_DETECTION_LAST_LAYERS,
  QUANTIZE_PATHS,
  RESAMPLERS,
} from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { aBoolean, checkOptionNames, describe, integerInRange, oneOf } from '../options.js';
import type { ThresholdValue } from '../postprocess/thresholds.js';
import type { InputLimits } from '../preprocess/input-limits.js';
import { normalizeLimits } from '../preprocess/input-limits.js';
import type { Orientation } from '../preprocess/resize-options.js';
import { ORIENTATIONS } from '../preprocess/resize-options.js';
import { type AcceleratorOptions, isolationFor, normalizeAccelerators } from './accelerator-options.js';
import { usableProcessors } from './processors.js';
import type { EngineName } from './session.js';
import { ENGINE_NAMES } from './session.js';

export const COORDINATES = ['model-input', 'original'] as const;
export type Coordinates = (typeof COORDINATES)[number];

export const ISOLATIONS = ['none', 'process'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export const RUNNER_ISOLATIONS = ['auto', 'bubblewrap', 'unshare', 'none'] as const;
export type RunnerIsolation = (typeof RUNNER_ISOLATIONS)[number];

export interface OpenOptions extends AcceleratorOptions {
  /** Engine to run the model on; `auto` takes the first that can. @default 'auto' */
  readonly engine?: EngineName | 'auto';
  /** Threads of the engine, 1..64. @default the processors this process may use, at most 4, shared out among the sessions */
  readonly threads?: number;
  /**
   * Copies of each model that run side by side, 1..64, for calls that overlap: as many give more results in a second than one
   * copy with as many threads, and each takes its own memory. A model that remembers earlier runs has one.
   *
   * @default 1
   */
  readonly sessions?: number;
  /**
   * `impulse tune` and `tuneDeployment()` measure which engine, threads and kernels are the fastest here. What they found is
   * taken wherever engine, threads, kernels and hardware are left out: `true` measures first if it never was, which takes
   * some seconds; `false` takes the first engine that can run the model, whatever was measured.
   */
  readonly tune?: boolean;
  /** Runs each model once, on zeros, before the deployment is given: what an engine puts off until its first run is done then. @default true */
  readonly warmUp?: boolean;
  /** Path of a TFLite C library. @default `IMPULSE_TFLITE_LIBRARY`, else the one that was installed */
  readonly tfliteLibrary?: string;
  /**
   * `false` makes the engine `tflite` use TFLite's own kernels: slower, up to eight times, but 8-bit models then give
   * the very integers of the reference interpreter, where XNNPACK's rounding differs by a few steps.
   *
   * @default true
   */
  readonly xnnpack?: boolean;
  /**
   * Where models run: in this process (`none`), or each in a `process` of its own, so that one that brings down the engine's
   * library rejects its runs and nothing else. That costs a process for each model, and some tenths of a millisecond for
   * each run. It is no sandbox: the process has your rights.
   *
   * @default 'none'; 'process' with an execution provider other than `cpu`
   */
  readonly isolation?: Isolation;
  /** Description of a plain model in the API's words, `{ input, model }`, or the path of a JSON file with it. */
  readonly modelInfo?: string | object;
  /** How a plain detector's outputs are decoded; replaces the last layer of its description, if it has one. */
  readonly lastLayer?: ObjectDetectionLastLayer;
  /** Which one, where a download holds several impulses. */
  readonly impulse?: string;
  /** Replaces the deployment's own resize mode. */
  readonly resizeMode?: ImageInputResizeMode;
  /** Which part `resizeMode: 'crop'` keeps. @default 'middle-center' */
  readonly cropAnchor?: CropAnchor;
  /** How pictures are shrunk and enlarged. @default 'vips', as the hosted API is believed to */
  readonly resampler?: Resampler;
  /** How colour becomes gray for a grayscale model. @default '601', as the hosted API is believed to */
  readonly gray?: GrayConversion;
  /**
   * `image-quantized` fills 8-bit inputs as builds for microcontrollers do (TFLite Micro, EON): most grays come out one lower.
   *
   * @default 'float', as the hosted API and Linux builds do
   */
  readonly quantizePath?: QuantizePath;
  /** Numbers in one sample, for WebAssembly builds of motion impulses of 2020 and 2021, which do not say. */
  readonly axisCount?: number;
  /**
   * `exif` turns pictures as their EXIF orientation says; boxes then refer to the turned picture. The hosted API
   * ignores the orientation.
   *
   * @default 'ignore'
   */
  readonly orientation?: Orientation;
  /** How large pictures may be: `{ pixels, bytes }`. More is refused before it is decoded. */
  readonly limits?: InputLimits;
  /**
   * What the ratios of the response's boxes are ratios of: the `model-input`, as in the hosted API, or the `original`
   * picture, with the resize undone.
   *
   * @default 'model-input'
   */
  readonly coordinates?: Coordinates;
  /**
   * An `.eim` is a program, not data: `true` says that it may be run. It is confined as far as this machine can, which is no
   * licence to run one from a stranger.
   *
   * @default false
   */
  readonly allowExecution?: boolean;
  /** How an `.eim` is confined; `auto` takes the strictest way that works here. @default 'auto' */
  readonly runnerIsolation?: RunnerIsolation;
  /** Memory for data that a runner may take, in MiB. @default half of the machine's; WebAssembly 1024 */
  readonly runnerMemoryMiB?: number;
  /**
   * How long a runner (`.eim`, WebAssembly) or an isolated model may take to start, in milliseconds.
   *
   * @default 10000; WebAssembly 30000; isolated model 60000
   */
  readonly startTimeoutMs?: number;
  /** How long a runner or an isolated model may take for an answer, in milliseconds. @default 60000 */
  readonly requestTimeoutMs?: number;
  /** As for `setThresholds()`: `{ min_score: 0.4 }` or, for one block, `{ '3.min_score': 0.4 }`. */
  readonly thresholds?: Readonly<Record<string, ThresholdValue>>;
}

export interface ClassifyOptions {
  /** Also return the model's input and output tensors. @default false */
  readonly tensors?: boolean;
  /**
   * For this call alone, on top of those that are set; named as for `setThresholds()`. A runner (`.eim`, WebAssembly) has one
   * set of thresholds for all its calls, and refuses them here.
   */
  readonly thresholds?: Readonly<Record<string, ThresholdValue>>;
}

const OPEN_OPTIONS = [
  'engine',
  'threads',
  'sessions',
  'tune',
  'warmUp',
  'tfliteLibrary',
  'tfliteDelegate',
  'executionProvider',
  'xnnpack',
  'isolation',
  'modelInfo',
  'lastLayer',
  'impulse',
  'resizeMode',
  'cropAnchor',
  'resampler',
  'gray',
  'quantizePath',
  'axisCount',
  'orientation',
  'limits',
  'coordinates',
  'allowExecution',
  'runnerIsolation',
  'runnerMemoryMiB',
  'startTimeoutMs',
  'requestTimeoutMs',
  'thresholds',
] as const satisfies readonly (keyof OpenOptions)[];

const DAY_MS = 86_400_000;

const CLASSIFY_OPTIONS = ['tensors', 'thresholds'] as const satisfies readonly (keyof ClassifyOptions)[];

/** `ClassifyOptions` with every default filled in. */
export type NormalizedClassifyOptions = ClassifyOptions & { readonly tensors: boolean };

/** `OpenOptions` with every default filled in. */
export type NormalizedOpenOptions = Required<Pick<OpenOptions, Defaulted>> &
  Omit<OpenOptions, Defaulted | 'tune'> & { readonly tune: TuneMode };

/** Whether what was measured is taken: not at all, if it is remembered, or by measuring where it is not. */
export type TuneMode = 'ignore' | 'recall' | 'measure';

type Defaulted =
  | 'engine'
  | 'threads'
  | 'sessions'
  | 'warmUp'
  | 'thresholds'
  | 'xnnpack'
  | 'isolation'
  | 'coordinates'
  | 'allowExecution';

/**
 * Copies, checks and completes the options.
 *
 * @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`
 */
export function normalizeOpenOptions(options: OpenOptions): NormalizedOpenOptions {
  const where = 'openDeployment()';
  checkOptionNames(options, OPEN_OPTIONS, where);
  const { engine = 'auto', sessions = 1, thresholds = {}, xnnpack = true, warmUp = true } = options;
  integerInRange(sessions, 1, 64, `${where}: sessions`);
  const { threads = defaultThreads(sessions) } = options;
  const { coordinates = 'model-input', allowExecution = false } = options;
  oneOf(engine, ['auto', ...ENGINE_NAMES], `${where}: engine`);
  integerInRange(threads, 1, 64, `${where}: threads`);
  if (options.resizeMode !== undefined) {
    oneOf(options.resizeMode, IMAGE_INPUT_RESIZE_MODES, `${where}: resizeMode`);
  }
  if (options.cropAnchor !== undefined) oneOf(options.cropAnchor, CROP_ANCHORS, `${where}: cropAnchor`);
  if (options.lastLayer !== undefined) {
    oneOf(options.lastLayer, OBJECT_DETECTION_LAST_LAYERS, `${where}: lastLayer`);
  }
  if (options.resampler !== undefined) oneOf(options.resampler, RESAMPLERS, `${where}: resampler`);
  if (options.gray !== undefined) oneOf(options.gray, GRAY_CONVERSIONS, `${where}: gray`);
  if (options.quantizePath !== undefined) {
    oneOf(options.quantizePath, QUANTIZE_PATHS, `${where}: quantizePath`);
  }
  if (options.runnerIsolation !== undefined) {
    oneOf(options.runnerIsolation, RUNNER_ISOLATIONS, `${where}: runnerIsolation`);
  }
  if (options.runnerMemoryMiB !== undefined) {
    integerInRange(options.runnerMemoryMiB, 16, 1024 * 1024, `${where}: runnerMemoryMiB`);
  }
  if (options.axisCount !== undefined) integerInRange(options.axisCount, 1, 10_000, `${where}: axisCount`);
  if (options.orientation !== undefined) oneOf(options.orientation, ORIENTATIONS, `${where}: orientation`);
  for (const name of ['tfliteLibrary', 'impulse'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InputError(
        'ERR_OPTION_INVALID',
        `${where}: ${name}: expected a string but received ${describe(value)}.`,
      );
    }
  }
  for (const name of ['startTimeoutMs', 'requestTimeoutMs'] as const) {
    const value = options[name];
    if (value !== undefined) integerInRange(value, 1, DAY_MS, `${where}: ${name}`);
  }
  aBoolean(xnnpack, `${where}: xnnpack`);
  aBoolean(warmUp, `${where}: warmUp`);
  aBoolean(allowExecution, `${where}: allowExecution`);
  if (options.isolation !== undefined) oneOf(options.isolation, ISOLATIONS, `${where}: isolation`);
  const accelerators = normalizeAccelerators(options, engine, where);
  oneOf(coordinates, COORDINATES, `${where}: coordinates`);
  return {
    ...options,
    ...accelerators,
    ...(options.limits !== undefined && { limits: normalizeLimits(options.limits, `${where}: limits`) }),
    engine,
    threads,
    sessions,
    tune: tuneMode(options, where),
    warmUp,
    thresholds,
    xnnpack,
    isolation: isolationFor(options.isolation, accelerators.executionProvider, where),
    coordinates,
    allowExecution,
  };
}

/** @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID` */
export function normalizeClassifyOptions(options: ClassifyOptions): NormalizedClassifyOptions {
  checkOptionNames(options, CLASSIFY_OPTIONS, 'classify()');
  const { tensors = false, thresholds } = options;
  return {
    tensors: aBoolean(tensors, 'classify(): tensors'),
    ...(thresholds !== undefined && { thresholds }),
  };
}

function tuneMode(options: OpenOptions, where: string): TuneMode {
  const { tune, engine = 'auto' } = options;
  if (tune !== undefined) aBoolean(tune, `${where}: tune`);
  const settled = ['engine', 'threads', 'xnnpack', 'tfliteDelegate', 'executionProvider'] as const;
  const given = settled.find((name) => (name === 'engine' ? engine !== 'auto' : options[name] !== undefined));
  if (tune === true && given !== undefined) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: tune: it measures which ${given} is best, and ${given} is given: leave one of them out.`,
    );
  }
  if (tune === true) return 'measure';
  return tune === false || given !== undefined ? 'ignore' : 'recall';
}

/** More than four threads seldom help a model of this size, and a busy neighbour then costs all of them. */
export function defaultThreads(sessions: number): number {
  return Math.max(1, Math.min(4, Math.floor(usableProcessors() / sessions)));
}
