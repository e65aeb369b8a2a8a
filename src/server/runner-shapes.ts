/** What the Linux runner's HTTP server says of a model and of a result: the words of its protocol. */
import type { ImpulseInput, LearnBlock, ResizeGeometry, ResizeMode } from '../deployment/impulse.js';
import type { ResponseBox } from '../postprocess/results.js';
import { mapBoxToOriginal } from '../preprocess/geometry.js';
import type { PixelRect } from '../runtime/classification.js';
import type { Deployment } from '../runtime/deployment.js';
import type { DeploymentInfo } from '../runtime/info.js';

type Classification = Awaited<ReturnType<Deployment['classify']>>;

/** Numbers of the SDK. */
const SENSORS = { microphone: 1, accelerometer: 2, camera: 3, unknown: -1 } as const;
const ANOMALIES = { none: 0, kmeans: 1, gmm: 2, visualGmm: 3, visualPatchcore: 4 } as const;
const FULL_TFLITE = 4;

/** Its words; `crop` it does not know. */
const RESIZE_WORDS: Readonly<Record<ResizeMode, string>> = {
  none: 'none',
  'fit-short': 'fit-shortest',
  'fit-long': 'fit-longest',
  squash: 'squash',
  crop: 'crop',
};

/** Windows move on by a quarter where nothing is said. */
const SLICES_IN_WINDOW = 4;

/** Scores of classes below this are told as 0, where no threshold says otherwise. */
const LEAST_SCORE = 0.001;

/** @param name of the model, for one that names no project */
export function runnerInfo(info: DeploymentInfo, name: string) {
  return { project: projectOf(info, name), modelParameters: modelParameters(info) };
}

/** Owner, name and version of the project, as they stand in the header of every answer. */
export function runnerHeaders(info: DeploymentInfo, name: string): Record<string, string> {
  const project = projectOf(info, name);
  return {
    'x-ei-owner': headerText(project.owner),
    'x-ei-project-name': headerText(project.name),
    'x-ei-project-version': String(project.deploy_version ?? ''),
  };
}

/** Numbers that one input has: of a picture one for each pixel. */
export function featureCount(input: ImpulseInput): number {
  return input.inputType === 'image' ? input.width * input.height : input.featureCount;
}

/**
 * @param picture boxes and cells are of the picture as it was sent, which is said; else of the model input
 * @param areOriginal whether the response's ratios are those of the picture as it was sent
 */
export function runnerResult(
  classification: Classification,
  info: DeploymentInfo,
  { picture, areOriginal }: { readonly picture: boolean; readonly areOriginal: boolean },
) {
  const { geometry, timing } = classification;
  const place: Place = {
    rect: (box) => (picture ? box.original : box.input),
    cell: (box) => cellIn(box, geometry, picture, areOriginal),
  };
  return {
    result: {
      ...Object.assign({}, ...info.learnBlocks.map(({ block }) => blockResult(block, classification, place))),
      ...(picture && geometry !== undefined && resized(geometry)),
    },
    timing: {
      dsp: timing.dspMs + timing.tensorMs,
      classification: timing.inferenceMs,
      anomaly: 0,
      postprocessing: timing.postprocessMs,
      json: 0,
      stdin: 0,
    },
  };
}

interface Place {
  rect(box: NonNullable<Classification['boxes']>[number]): PixelRect;
  cell(box: ResponseBox): PixelRect;
}

function blockResult(block: LearnBlock, { response, boxes = [] }: Classification, place: Place): object {
  const { result = {}, anomalyResult = [], freeformResult } = response;
  switch (block.modelType) {
    case 'classification':
      return { classification: scores(block.labels, result, LEAST_SCORE) };
    case 'regression':
      return { classification: scores(block.labels, result, Number.NEGATIVE_INFINITY) };
    case 'object-detection':
      return {
        bounding_boxes: boxes.map((box) => ({ label: box.label, value: box.score, ...place.rect(box) })),
      };
    case 'anomaly':
      return { anomaly: result.anomaly };
    case 'visual-anomaly': {
      const [window] = anomalyResult;
      return {
        anomaly: result.anomaly,
        visual_anomaly_grid: window?.boxes.map((box) => ({
          label: box.label,
          value: box.score,
          ...place.cell(box),
        })),
        visual_anomaly_max: window?.maxScore,
        visual_anomaly_mean: window?.meanScore,
      };
    }
    case 'freeform':
      return { freeform: freeformResult?.outputTensors.map(({ data }) => data) };
  }
}

/** A score that is too low stays, as 0. */
function scores(labels: readonly string[], result: Readonly<Record<string, number>>, least: number): object {
  return Object.fromEntries(
    labels.map((label) => {
      const value = result[label] ?? 0;
      return [label, value < least ? 0 : value];
    }),
  );
}

function cellIn(
  { x, y, width, height }: ResponseBox,
  geometry: ResizeGeometry | undefined,
  picture: boolean,
  areOriginal: boolean,
): PixelRect {
  const ratios = { x, y, width, height };
  if (geometry === undefined) return ratios;
  if (picture && !areOriginal) return mapBoxToOriginal(ratios, geometry);
  const { originalWidth, originalHeight, inputWidth, inputHeight } = geometry;
  const [across, down] = picture ? [originalWidth, originalHeight] : [inputWidth, inputHeight];
  return { x: x * across, y: y * down, width: width * across, height: height * down };
}

function resized({ mode, originalWidth, originalHeight, inputWidth, inputHeight }: ResizeGeometry) {
  return {
    resizeMode: RESIZE_WORDS[mode],
    resized: { originalWidth, originalHeight, newWidth: inputWidth, newHeight: inputHeight },
  };
}

function projectOf({ project }: DeploymentInfo, name: string) {
  const { id, deployVersion, impulseId, impulseName } = project;
  return {
    ...(deployVersion !== undefined && { deploy_version: deployVersion }),
    ...(id !== undefined && { id }),
    ...(impulseId !== undefined && { impulse_id: impulseId }),
    ...(impulseName !== undefined && { impulse_name: impulseName }),
    name: project.name ?? name,
    owner: project.owner ?? '',
  };
}

function modelParameters({ input, learnBlocks }: DeploymentInfo) {
  const blocks = learnBlocks.map(({ block }) => block);
  const main = blocks.find(({ modelType }) => !modelType.includes('anomaly'));
  const labels = main !== undefined && 'labels' in main ? main.labels : [];
  const engine = learnBlocks.find(({ model }) => model !== undefined)?.model?.engine.engine;
  const anomaly = anomalyOf(blocks);
  const sensorType = sensorOf(input);
  return {
    ...inputParameters(input),
    has_anomaly: anomaly,
    has_object_tracking: false,
    has_performance_calibration: false,
    has_visual_anomaly_detection: anomaly === ANOMALIES.visualGmm,
    ...((engine === 'tflite' || engine === 'litert-wasm') && { inferencing_engine: FULL_TFLITE }),
    input_features_count: featureCount(input),
    label_count: labels.length,
    labels,
    model_type: modelTypeOf(main),
    sensor: SENSORS[sensorType],
    sensorType,
    thresholds: blocks.flatMap((block) =>
      'thresholds' in block
        ? [
            {
              id: block.id,
              type: block.modelType === 'visual-anomaly' ? 'anomaly_gmm' : 'object_detection',
              ...block.thresholds,
            },
          ]
        : [],
    ),
  };
}

function inputParameters(input: ImpulseInput) {
  if (input.inputType === 'image') {
    const { width, height, channels, resizeMode } = input;
    return {
      axis_count: 1,
      frequency: 0,
      image_channel_count: channels === 'RGB' ? 3 : 1,
      image_input_frames: 1,
      image_input_height: height,
      image_input_width: width,
      image_resize_mode: RESIZE_WORDS[resizeMode],
      interval_ms: 1,
      slice_size: Math.floor((width * height) / SLICES_IN_WINDOW),
      use_continuous_mode: false,
    };
  }
  const { axes, frequencyHz, sliceSize } = input;
  const samples = input.featureCount / Math.max(1, axes.length);
  return {
    axis_count: Math.max(1, axes.length),
    frequency: frequencyHz,
    image_channel_count: 0,
    image_input_frames: 0,
    image_input_height: 0,
    image_input_width: 0,
    image_resize_mode: RESIZE_WORDS.none,
    interval_ms: frequencyHz > 0 ? 1000 / frequencyHz : 1,
    slice_size: sliceSize ?? Math.floor(samples / SLICES_IN_WINDOW),
    use_continuous_mode: sensorOf(input) === 'microphone',
  };
}

/** Deployments do not say what they were recorded with: axes do, by their customary names. */
function sensorOf(input: ImpulseInput): keyof typeof SENSORS {
  if (input.inputType === 'image') return 'camera';
  if (input.inputType === 'audio') return 'microphone';
  const { axes } = input;
  if (axes.length === 1 && axes[0] === 'audio') return 'microphone';
  return axes.length > 0 && axes.every((axis) => /^acc/i.test(axis)) ? 'accelerometer' : 'unknown';
}

function anomalyOf(blocks: readonly LearnBlock[]): number {
  const [block] = blocks.flatMap((each) =>
    each.modelType === 'anomaly' || each.modelType === 'visual-anomaly' ? [each] : [],
  );
  if (block === undefined) return ANOMALIES.none;
  if (block.modelType === 'anomaly') return ANOMALIES[block.algorithm];
  return block.algorithm === 'patchcore' ? ANOMALIES.visualPatchcore : ANOMALIES.visualGmm;
}

function modelTypeOf(block: LearnBlock | undefined): string {
  if (block?.modelType === 'freeform') return 'freeform';
  if (block?.modelType !== 'object-detection') return 'classification';
  return block.lastLayer === 'fomo' ? 'constrained_object_detection' : 'object_detection';
}

/** Headers hold bytes: UTF-8, without control characters. */
function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
  return Buffer.from(text.replace(/[\u0000-\u001f\u007f]/g, ' ').trim(), 'utf8').toString('latin1');
}
