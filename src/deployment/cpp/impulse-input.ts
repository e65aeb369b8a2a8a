/** What an impulse takes: a picture, or a window of samples. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { DeploymentWarning } from '../contents.js';
import { enumOf, numberDefine } from '../headers/query.js';
import type { CropAnchor, DspBlock, ImageInput, ImpulseInput, ResizeMode, SignalInput } from '../impulse.js';
import { MICROPHONE, RESIZE_MODES } from '../sdk-constants.js';
import type { ImpulseSource } from './impulse-source.js';
import { numberFact, requiredNumber, stringFact } from './impulse-source.js';

const RESIZE_DEFINE = 'EI_CLASSIFIER_RESIZE_MODE';

/** What `deployment-metadata.json` beside the headers adds to them. */
export interface ResizeHints {
  readonly resizeMode?: ResizeMode;
  readonly cropAnchor?: CropAnchor;
}

/**
 * @param warn takes what a person should know
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function readInput(
  source: ImpulseSource,
  dspBlocks: readonly DspBlock[],
  hints: ResizeHints,
  warn: (warning: DeploymentWarning) => void,
): ImpulseInput {
  const width = numberFact(source, 'input_width', 'EI_CLASSIFIER_INPUT_WIDTH') ?? 0;
  const height = numberFact(source, 'input_height', 'EI_CLASSIFIER_INPUT_HEIGHT') ?? 0;
  if (width === 0 && height === 0) return readSignal(source);
  return readImage(source, dspBlocks, { width, height }, hints, warn);
}

function readImage(
  source: ImpulseSource,
  dspBlocks: readonly DspBlock[],
  { width, height }: { width: number; height: number },
  hints: ResizeHints,
  warn: (warning: DeploymentWarning) => void,
): ImageInput {
  if (!isSize(width) || !isSize(height)) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `The headers state a picture of ${width} x ${height} pixels.`,
    );
  }
  const frames = numberFact(source, 'input_frames', 'EI_CLASSIFIER_INPUT_FRAMES') ?? 1;
  if (frames > 1) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `The impulse takes ${frames} frames of video at a time.`,
    );
  }
  return {
    inputType: 'image',
    width,
    height,
    channels: readChannels(dspBlocks),
    resizeMode: readResizeMode(source, hints, warn),
    cropAnchor: hints.cropAnchor ?? 'middle-center',
  };
}

function readChannels(dspBlocks: readonly DspBlock[]): 'RGB' | 'Grayscale' {
  const stated = new Set(
    dspBlocks.filter(({ type }) => type === 'image').map((block) => block.parameters.channels),
  );
  const [channels] = stated;
  if (stated.size === 1 && (channels === 'RGB' || channels === 'Grayscale')) return channels;
  if (stated.size > 0) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `The image block's channels: expected 'RGB' or 'Grayscale' but found ${[...stated].map(String).join(' and ')}.`,
    );
  }
  const types = dspBlocks.map(({ type }) => `'${type}'`).join(', ') || 'no block';
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    `Pictures go through ${types}, which is not the ordinary image block, and its code is not in the headers.`,
  );
}

/** Written since Studio 1.57; before that the libraries' examples cropped to the shortest side. */
function readResizeMode(
  { headers }: ImpulseSource,
  hints: ResizeHints,
  warn: (warning: DeploymentWarning) => void,
): ResizeMode {
  const stated = numberDefine(headers, RESIZE_DEFINE);
  const mode =
    stated === undefined
      ? hints.resizeMode
      : enumOf(headers, { kind: 'name', name: RESIZE_DEFINE }, RESIZE_MODES);
  if (mode !== undefined) return mode;
  if (stated !== undefined) {
    throw new DeploymentError('ERR_METADATA_INVALID', `${RESIZE_DEFINE} is ${stated}: expected 0 to 3.`);
  }
  warn({
    code: 'RESIZE_MODE_ASSUMED',
    message:
      "The headers do not say how pictures are resized (those before Studio 1.57 don't): 'fit-short' is assumed. " +
      'If the impulse in the Studio says otherwise, pass the option resizeMode.',
  });
  return 'fit-short';
}

function readSignal(source: ImpulseSource): SignalInput {
  const samples = requiredNumber(source, 'raw_sample_count', 'EI_CLASSIFIER_RAW_SAMPLE_COUNT');
  const perSample = requiredNumber(source, 'raw_samples_per_frame', 'EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME');
  const featureCount =
    numberFact(source, 'dsp_input_frame_size', 'EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE') ?? samples * perSample;
  if (!Number.isSafeInteger(featureCount) || featureCount <= 0) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `The headers state a window of ${featureCount} numbers.`,
    );
  }
  const frequencyHz = numberFact(source, 'frequency', 'EI_CLASSIFIER_FREQUENCY') ?? 0;
  const sensor = numberFact(source, 'sensor', 'EI_CLASSIFIER_SENSOR');
  const inputType = sensor === MICROPHONE ? 'audio' : frequencyHz > 0 ? 'time-series' : 'other';
  const sliceSize = numberDefine(source.headers, 'EI_CLASSIFIER_SLICE_SIZE');
  return {
    inputType,
    featureCount,
    axes: readAxes(source, perSample),
    frequencyHz,
    // A window of fewer samples than slices leaves none for a slice.
    ...(sliceSize !== undefined && sliceSize > 0 && { sliceSize }),
  };
}

function readAxes(source: ImpulseSource, count: number): string[] {
  const names = stringFact(source, 'fusion_string', 'EI_CLASSIFIER_FUSION_AXES_STRING')?.split(' + ') ?? [];
  if (names.length === count) return names;
  return Array.from(
    { length: Math.max(0, Math.min(count, 10_000)) },
    (_, index) => names[index] ?? `axis${index}`,
  );
}

function isSize(pixels: number): boolean {
  return Number.isInteger(pixels) && pixels > 0 && pixels <= 16_384;
}
