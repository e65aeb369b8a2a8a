/**
 * What a module says of itself, in the words of a Linux runner, which says the same things. Builds before 2022 leave
 * out what newer ones say.
 */
import { DeploymentError } from '../../../errors.js';
import type { Hello } from '../runner/protocol.js';
import { readHello } from '../runner/protocol.js';
import type { Facts, ModuleFacts, RawResult } from './guest.js';

/** Numbers in one window: 160 times those of a 640x640 picture. */
const MAX_FEATURES = 2 ** 26;

/** The SDK's number of a microphone: one axis, whether it is said or not. */
const MICROPHONE = 1;

/** The SDK's numbers of ways to score anomalies: modules say only whether they do, and whether on a picture. */
const [NO_ANOMALY, KMEANS, VISUAL_GMM] = [0, 1, 3];

/**
 * Numbers in one window.
 *
 * @param axisCount numbers in one sample, for builds that do not say
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`
 */
export function featureCountOf(
  { properties }: ModuleFacts,
  axisCount: number | undefined,
  name: string,
): number {
  const { input_features_count: said, frame_sample_count: samples, input_width, input_height } = properties;
  if (typeof said === 'number' && said > 0) return checkedCount(said, name);
  if (typeof samples !== 'number' || !(samples > 0)) {
    throw new DeploymentError('ERR_METADATA_MISSING', `${name} does not say how many features it takes.`);
  }
  const picture = Number(input_width ?? 0) * Number(input_height ?? 0) === samples;
  const axes = picture || properties.sensor === MICROPHONE ? 1 : axisCount;
  if (axes !== undefined) return checkedCount(samples * axes, name);
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `${name} is of 2020 or 2021: it says that a window has ${samples} samples, but not how many axes a sample has, and ` +
      'would compute nonsense from too few numbers. Give them with the option axisCount, or build it again in the Studio.',
  );
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID` memory can't be reserved for so many */
export function checkedCount(count: number, name: string): number {
  if (Number.isInteger(count) && count <= MAX_FEATURES) return count;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `${name} says that it takes ${count} features at a time: expected a whole number up to ${MAX_FEATURES}. Download it again.`,
  );
}

/**
 * @param first result of a run on zeros: the only thing that tells the labels of builds that do not say them
 * @throws {DeploymentError} `ERR_METADATA_MISSING`
 * @throws {EngineError} `ERR_ENGINE_OUTPUT`
 */
export function helloOf(
  facts: ModuleFacts,
  featureCount: number,
  axisCount: number | undefined,
  first: RawResult | undefined,
  name: string,
): Hello {
  const { properties, project = {}, labels = labelsOf(first, name), thresholds = [] } = facts;
  return readHello({
    project,
    model_parameters: {
      ...(axisCount !== undefined && { axis_count: axisCount }),
      ...oldNames(properties),
      ...properties,
      input_features_count: featureCount,
      labels,
      has_anomaly: anomalyOf(properties, first),
      thresholds,
    },
  });
}

/** Builds of 2020 and 2021 name the sizes of their pictures without `image_`. */
function oldNames({ input_width, input_height }: Facts): object {
  return {
    ...(input_width !== undefined && { image_input_width: input_width }),
    ...(input_height !== undefined && { image_input_height: input_height }),
    // It gets colours, and makes them gray itself where its model wants that.
    ...(input_width !== 0 && { image_channel_count: 3 }),
  };
}

/** Builds that do not say whether they score anomalies give 0 where they do not. */
function anomalyOf(properties: Facts, first: RawResult | undefined): number {
  if (properties.has_visual_anomaly_detection === true) return VISUAL_GMM;
  const { has_anomaly: said = (first?.anomaly ?? 0) !== 0 } = properties;
  return Number(said) > 0 ? KMEANS : NO_ANOMALY;
}

function labelsOf(first: RawResult | undefined, name: string): string[] {
  const rows = first?.rows ?? [];
  const boxes = rows.some(({ width }) => typeof width === 'number' && width > 0);
  if (rows.length > 0 && !boxes) return rows.map(({ label }) => String(label));
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `${name} does not say its labels, and a run on zeros gave ${boxes ? 'boxes' : 'none'}: build it again in the Studio.`,
  );
}
