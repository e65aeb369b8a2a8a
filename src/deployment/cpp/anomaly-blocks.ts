/** Anomaly blocks on features: K-means, whose data stands in the headers, and GMM, a small model of its own. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { fieldsOfValue, listOf, numberOf, numbersOf } from '../headers/query.js';
import type { HeaderValue } from '../headers/values.js';
import type { AnomalyBlock, ImageInputScaling } from '../impulse.js';
import { BLOCK_MODES } from '../sdk-constants.js';
import type { ImpulseSource } from './impulse-source.js';

interface Base {
  readonly id: number;
  readonly inputScaling: ImageInputScaling;
  readonly inputs: readonly number[];
}

/** Field of the configuration to the array that headers without configuration hold, under names of two ages. */
const ARRAYS = {
  anom_axis: ['ei_classifier_anom_axes', 'EI_CLASSIFIER_ANOM_AXIS'],
  anom_scale: ['ei_classifier_anom_scale'],
  anom_mean: ['ei_classifier_anom_mean'],
  anom_clusters: ['ei_classifier_anom_clusters'],
} as const;

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: arrays are missing or of different lengths */
export function readKmeans(source: ImpulseSource, config: Fields, base: Base): AnomalyBlock {
  const axes = numbers(source, config, 'anom_axis');
  const mean = numbers(source, config, 'anom_mean');
  const scale = numbers(source, config, 'anom_scale');
  const rows = listOf(source.headers, arrayOf(source, config, 'anom_clusters')) ?? [];
  const clusters = rows.map((row) => readCluster(source, row));
  const lengths = [mean.length, scale.length, ...clusters.map(({ centroid }) => centroid.length)];
  if (clusters.length === 0 || lengths.some((length) => length !== axes.length)) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `The K-means data of anomaly block ${base.id} do not fit together: ${axes.length} axes, ${mean.length} means, ` +
        `${scale.length} scales, ${clusters.length} clusters. Download the deployment again.`,
    );
  }
  return {
    ...base,
    name: `anomaly ${base.id}`,
    artefact: '',
    modelType: 'anomaly',
    algorithm: 'kmeans',
    axes,
    kmeans: { mean, scale, clusters },
  };
}

/**
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: visual anomaly detection in two models, before Studio 1.74
 */
export function readGmm(
  source: ImpulseSource,
  config: Fields,
  base: Base & { artefact: string },
): AnomalyBlock {
  const mode = numberOf(source.headers, config.get('classification_mode'));
  if (mode === BLOCK_MODES.VISUAL_ANOMALY || numberOf(source.headers, config.get('visual')) === 1) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `Learn block ${base.id} is visual anomaly detection in the form from before Studio 1.74: ` +
        'build the deployment again in the Studio and download it.',
    );
  }
  const axes = numbers(source, config, 'anom_axis');
  return { ...base, name: `anomaly ${base.id}`, modelType: 'anomaly', algorithm: 'gmm', axes };
}

/** `{ ( float[3] ) { 1, 2, 3 }, 0.1 }` */
function readCluster(
  source: ImpulseSource,
  row: HeaderValue,
): { centroid: readonly number[]; maxError: number } {
  const fields = fieldsOfValue(source.headers, row, ['centroid', 'max_error']);
  const centroid = numbersOf(source.headers, fields?.get('centroid'));
  const maxError = numberOf(source.headers, fields?.get('max_error'));
  if (centroid === undefined || maxError === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      'A K-means cluster is not of the form { { numbers }, number }.',
    );
  }
  return { centroid, maxError };
}

function numbers(source: ImpulseSource, config: Fields, field: keyof typeof ARRAYS): number[] {
  const found = numbersOf(source.headers, arrayOf(source, config, field));
  if (found !== undefined) return found;
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The anomaly block names no array of numbers for ${field} (${ARRAYS[field][0]}).`,
  );
}

function arrayOf(
  { headers }: ImpulseSource,
  config: Fields,
  field: keyof typeof ARRAYS,
): HeaderValue | undefined {
  const name = ARRAYS[field].find((candidate) => headers.variables.has(candidate));
  return config.get(field) ?? (name === undefined ? undefined : { kind: 'name', name });
}
