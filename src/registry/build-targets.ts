/** What can be built here, in the API's words, and what the API knows beside it. */
import { RegistryError } from '../errors.js';

export const BUILD_FORMATS = ['zip', 'folder'] as const;
export type BuildFormat = (typeof BUILD_FORMATS)[number];

/** Also what runs ONNX models here is called so: the API has no other word for it. */
export const BUILD_ENGINE = 'tflite';

export const MODEL_VARIANTS = ['int8', 'float32'] as const;
export type ModelVariant = (typeof MODEL_VARIANTS)[number];

/** The API's `DeploymentTargetEngine`. */
const ENGINES = [
  'tflite',
  'tflite-eon',
  'tflite-eon-ram-optimized',
  'tensorrt',
  'tensaiflow',
  'drp-ai',
  'tidl',
  'akida',
  'syntiant',
  'memryx',
  'neox',
  'ethos-linux',
  'st-aton',
  'ceva-npn',
  'nordic-axon',
  'vlm-connector',
  'qaic',
];

/** What a build is to be, as a client asks for it. */
export interface BuildRequest {
  readonly type: string;
  readonly engine: string;
  readonly modelType?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface BuildSettings {
  readonly format: BuildFormat;
  readonly engine: typeof BUILD_ENGINE;
  /** Absent: the variant that there is. */
  readonly variant?: ModelVariant;
}

/** What each format is, for people. */
export const FORMAT_FACTS: Readonly<
  Record<BuildFormat, { readonly name: string; readonly description: string }>
> = {
  zip: {
    name: 'Impulse package',
    description:
      'One zip with models, labels, impulse, thresholds and checksums, which impulse-runtime opens as it is.',
  },
  folder: {
    name: 'Plain model',
    description:
      'The model as .tflite or .onnx, with labels.txt, model-info.json and checksums beside it; no signal processing.',
  },
};

/**
 * Checks what can be told before anything is read.
 *
 * @throws {RegistryError} `ERR_BUILD_UNSUPPORTED`: with what there is
 */
export function checkBuildRequest({ type, engine, modelType, parameters = {} }: BuildRequest): BuildSettings {
  const format = BUILD_FORMATS.find((each) => each === type);
  if (format === undefined) {
    throw unsupported(
      `${quoted(type)} can't be built on this device: it builds ${BUILD_FORMATS.join(', ')}.`,
    );
  }
  if (engine !== BUILD_ENGINE) {
    const what = ENGINES.includes(engine)
      ? `${quoted(engine)} can't be built for`
      : `There is no ${quoted(engine)}`;
    throw unsupported(`Engine: ${what} on this device: it builds for ${BUILD_ENGINE}.`);
  }
  const variant = MODEL_VARIANTS.find((each) => each === modelType);
  if (modelType !== undefined && variant === undefined) {
    throw unsupported(
      `Model type: ${quoted(modelType)} can't be built on this device: it builds ${MODEL_VARIANTS.join(', ')}.`,
    );
  }
  const [parameter] = Object.keys(parameters);
  if (parameter !== undefined) {
    throw unsupported(`There is no parameter ${quoted(parameter)}: builds of this device have none.`);
  }
  return { format, engine: BUILD_ENGINE, ...(variant !== undefined && { variant }) };
}

export function unsupported(message: string, cause?: unknown): RegistryError {
  return new RegistryError('ERR_BUILD_UNSUPPORTED', message, { cause });
}

function quoted(text: string): string {
  return `'${text.slice(0, 100)}'`;
}
