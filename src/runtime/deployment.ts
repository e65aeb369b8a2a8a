/** An open deployment: the object that users hold. */
import type { Impulse, ResizeGeometry } from '../deployment/impulse.js';
import { ClosedError } from '../errors.js';
import type { PlaceRatios } from '../postprocess/response.js';
import { toResponse } from '../postprocess/response.js';
import type { ClassifyImageResponse, DecodedOutputs, PixelBox } from '../postprocess/results.js';
import type { ThresholdValue } from '../postprocess/thresholds.js';
import { ratiosOfOriginal } from '../preprocess/geometry.js';
import type { ImageSource } from '../preprocess/image-source.js';
import type {
  Classification,
  ClassifyInput,
  DetectedBox,
  StageTiming,
  TrackedObject,
} from './classification.js';
import type { ContinuousClassifier } from './continuous.js';
import type { TrackedDetection } from './impulse-runner.js';
import type { DeploymentInfo } from './info.js';
import { inputSize } from './learn-block.js';
import type { Inputs, ManyOptions } from './many.js';
import { classifyInputs } from './many.js';
import type { ImpulseResult, OpenImpulse } from './open-impulse.js';
import type { ClassifyOptions, Coordinates } from './options.js';
import { normalizeClassifyOptions } from './options.js';
import { makePixelPool } from './pixel-pool.js';
import { toOriginal } from './place.js';
import type { PictureOptions } from './prepare.js';
import { prepareInput } from './prepare.js';
import type { Frames, StreamOptions } from './stream.js';
import { classifyFrames } from './stream.js';

/** What `openDeployment()` was told of how inputs are read and results are given. */
export interface DeploymentSettings {
  readonly coordinates: Coordinates;
  readonly pictures: PictureOptions;
  /** Inputs that `classifyMany()` has in work at the same time, unless it is told otherwise. */
  readonly concurrency: number;
}

/**
 * A deployment whose models are loaded. Made by `openDeployment()`; freed by `close()` or `await using`.
 *
 * @example
 * await using deployment = await openDeployment('coffee-cups.zip');
 * const { boundingBoxes } = await deployment.classifyImage('photo.jpg');
 */
export class Deployment implements AsyncDisposable {
  readonly #impulse: Impulse;
  readonly #runs: OpenImpulse;
  readonly #settings: DeploymentSettings;
  readonly #pool = makePixelPool();
  #closing: Promise<void> | undefined;

  /** @internal Use `openDeployment()`. */
  constructor(impulse: Impulse, runs: OpenImpulse, settings: DeploymentSettings) {
    this.#impulse = impulse;
    this.#runs = runs;
    this.#settings = settings;
  }

  /**
   * The API's `classifyImage`, on this machine: the same answer in the same shape. Boxes are ratios (0..1)
   * of the model input.
   *
   * @param image path, bytes of an encoded image, or a raw frame (`RawFrame`)
   * @throws {InputError} the image can't be read or used
   * @throws {EngineError} the engine failed
   * @throws {ClosedError} after `close()`
   */
  async classifyImage(image: ImageSource): Promise<ClassifyImageResponse> {
    return (await this.classify(image)).response;
  }

  /**
   * The rich form: the response together with boxes in pixels of the model input and of the original
   * picture, the time of each stage and, on request, the raw tensors. Calls may overlap; each model runs
   * one at a time, in order.
   *
   * @param input a picture, `{ features }` or `{ tensor }`; do not change or transfer its memory before the promise settles
   * @throws as {@link classifyImage}; {UnsupportedError} for a DSP block that this version does not compute
   */
  async classify(input: ClassifyInput, options: ClassifyOptions = {}): Promise<Classification> {
    const normalized = normalizeClassifyOptions(options);
    const started = performance.now();
    const runs = this.#open();
    const preparing = prepareInput(this.#impulse, input, this.#settings.pictures, this.#pool);
    const [prepared, result] = await Promise.all([preparing, runs.run(preparing, normalized)]);
    if (prepared.kind === 'pixels' && prepared.pooled) this.#pool.give(prepared.pixels);
    const { geometry, decodeMs, resizeMs } = prepared.kind === 'pixels' ? prepared : NO_PICTURE;
    return this.#classification(result, geometry, {
      decodeMs,
      resizeMs,
      ...result.timing,
      totalMs: performance.now() - started,
    });
  }

  /**
   * Classifies a signal without end, for example a microphone's: slices of a window, the next as soon as it is there. Each
   * classifier belongs to one signal; a deployment may have several, unless it is a runner, which has one state.
   *
   * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: only MFCC, MFE and spectrogram are computed slice by slice
   * @throws {DeploymentError} `ERR_METADATA_MISSING`: the deployment states no slices
   * @throws {ClosedError} after `close()`
   *
   * @example
   * const words = deployment.continuous();
   * for await (const slice of microphone) console.log((await words.push(slice))?.response.result);
   */
  continuous(): ContinuousClassifier {
    const { sliceLength, push, close } = this.#open().continuous();
    return {
      sliceLength,
      push: async (slice) => {
        this.#open();
        const started = performance.now();
        const result = await push(slice);
        if (result === undefined) return undefined;
        const timing = { decodeMs: 0, resizeMs: 0, ...result.timing, totalMs: performance.now() - started };
        return this.#classification(result, undefined, timing);
      },
      close,
    };
  }

  #classification(
    result: ImpulseResult,
    geometry: ResizeGeometry | undefined,
    timing: StageTiming,
  ): Classification {
    const boxes = detectedBoxes(result.decoded, geometry);
    const tracked = result.tracked?.map((object) => trackedByRunner(object, geometry));
    return {
      response: toResponse(result.decoded, inputSize(this.#impulse), this.#placeIn(geometry)),
      ...(boxes !== undefined && { boxes }),
      ...(geometry !== undefined && { geometry }),
      ...(tracked !== undefined && { tracked }),
      timing,
      engines: this.#runs.engines,
      ...(result.tensors !== undefined && { tensors: result.tensors }),
    };
  }

  /**
   * Classifies frame after frame: results in order, at the consumer's pace, and the next frame is decoded while this
   * one is on the engine. With `frames: 'latest'` it is the newest frame that is classified whenever the model is free. The first frame that can't be used ends the stream with its error. Once it has ended,
   * nothing of it is running any more, and the source is closed.
   *
   * @param frames paths, encoded images, raw frames, ...: see `framesInFolder()` and `rawFrames()`; do not change a
   *   frame's memory before its result is there
   * @throws {InputError} `ERR_INPUT_TYPE`, `ERR_OPTION_*`, `ERR_THRESHOLD_*` at once; from the results what
   *   {@link classify} throws and what the source throws, in its turn, or the signal's reason
   *
   * @example
   * for await (const { tracked } of deployment.classifyStream(frames, { track: true })) console.log(tracked);
   */
  classifyStream(
    frames: Frames,
    options: StreamOptions = {},
  ): AsyncGenerator<Classification, void, undefined> {
    this.#open();
    return classifyFrames(frames, options, this.#impulse, (frame, each) => this.classify(frame, each));
  }

  /**
   * Classifies many inputs as fast as the machine can, for example the pictures of a folder: several are in work at the same
   * time, and the results come in the order of the inputs, at the consumer's pace. With `sessions: n` the model itself
   * works on several. The first input that can't be used ends the results with its error.
   *
   * @param inputs see {@link classify}; do not change an input's memory before its result is there
   * @throws {InputError} `ERR_INPUT_TYPE`, `ERR_OPTION_*` at once; from the results what {@link classify} throws and what the
   *   source throws, in its turn, or the signal's reason
   *
   * @example
   * for await (const { response } of deployment.classifyMany(await framesInFolder('photos'))) console.log(response);
   */
  classifyMany(inputs: Inputs, options: ManyOptions = {}): AsyncGenerator<Classification, void, undefined> {
    this.#open();
    const { concurrency } = this.#settings;
    return classifyInputs(inputs, options, concurrency, (input, each) => this.classify(input, each));
  }

  /**
   * Changes thresholds from the next call on: `{ min_score: 0.4 }` for every block that has the key, or
   * `{ '3.min_score': 0.4 }` for block 3.
   *
   * @throws {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID`; nothing is changed then
   */
  setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>): void {
    this.#open().setThresholds(thresholds);
  }

  /** Project, input, labels, tensors, thresholds, the engine of each model and why it was chosen. */
  info(): DeploymentInfo {
    return this.#open().info();
  }

  /** Waits for the runs in progress and frees the models. Closing twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#runs.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How ratios of the model input become those of the response. */
  #placeIn(geometry: ResizeGeometry | undefined): PlaceRatios | undefined {
    if (this.#settings.coordinates === 'model-input' || geometry === undefined) return undefined;
    return (ratios) => ratiosOfOriginal(ratios, geometry);
  }

  #open(): OpenImpulse {
    if (this.#closing === undefined) return this.#runs;
    throw new ClosedError('ERR_CLOSED', 'This deployment was closed: open it again with openDeployment().');
  }
}

function detectedBoxes(
  decoded: readonly DecodedOutputs[],
  geometry: ResizeGeometry | undefined,
): DetectedBox[] | undefined {
  const detections = decoded.filter((outputs) => outputs.modelType === 'object-detection');
  if (detections.length === 0) return undefined;
  return detections.flatMap(({ boxes }) => boxes.map((box) => detectedBox(box, geometry)));
}

function detectedBox(box: PixelBox, geometry: ResizeGeometry | undefined): DetectedBox {
  const { label, value, x, y, width, height } = box;
  const input = { x, y, width, height };
  return { label, score: value, input, original: toOriginal(input, geometry) };
}

/** A runner tells where each object is, and keeps to itself where it was. */
function trackedByRunner(object: TrackedDetection, geometry: ResizeGeometry | undefined): TrackedObject {
  const { objectId, x, y, width, height } = object;
  const [cx, cy] = [Math.trunc(x + width / 2), Math.trunc(y + height / 2)];
  const box = detectedBox(object, geometry);
  return {
    ...box,
    objectId,
    unseenFrames: 0,
    lastCentroidSegment: [cx, cy, cx, cy],
    trail: [{ x: box.original.x + box.original.width / 2, y: box.original.y + box.original.height / 2 }],
  };
}

const NO_PICTURE = { geometry: undefined, decodeMs: 0, resizeMs: 0 };
