/** The table of learn blocks, of every generation. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { enumOf, listOf, nameIn, numberOf, numbersOf, stringOf } from '../headers/query.js';
import type { HeaderValue } from '../headers/values.js';
import type { DspBlock, ImageInputScaling, LearnBlock } from '../impulse.js';
import { ENGINES, IMAGE_SCALINGS } from '../sdk-constants.js';
import { readGmm, readKmeans } from './anomaly-blocks.js';
import type { Graph } from './graph.js';
import { graphKey, readGraph } from './graph.js';
import type { ImpulseSource } from './impulse-source.js';
import { factValue, idInName, numberFact, structOf } from './impulse-source.js';
import type { Meaning } from './interpretation.js';
import { meaningOfConfig } from './interpretation.js';
import type { Postprocessing } from './postprocessing-blocks.js';

/** A learn block, and where the headers say its model is; K-means has none. */
export interface LearnBlockSource {
  readonly block: LearnBlock;
  readonly graph?: Graph;
}

/** Rows of 2022 may end before the scaling. */
const NO_SCALING: HeaderValue = { kind: 'number', value: 0 };

interface Row {
  readonly id: number;
  readonly run: string;
  readonly config: Fields;
  readonly inputScaling: ImageInputScaling;
  readonly inputs: readonly number[];
}

/**
 * @throws {DeploymentError} `ERR_METADATA_*`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`, `ERR_UNSUPPORTED_LAST_LAYER`
 */
export function readLearnBlocks(
  source: ImpulseSource,
  dspBlocks: readonly DspBlock[],
  postprocessing: Postprocessing,
): LearnBlockSource[] {
  const labels = readLabels(source);
  const table = listOf(source.headers, source.fields.get('learning_blocks'));
  if (table === undefined) return impliedBlocks(source, dspBlocks, labels);
  return table.map((value, index) => {
    const row = readRow(source, value, index, dspBlocks);
    return readBlock(source, row, labels, postprocessing);
  });
}

function readBlock(
  source: ImpulseSource,
  row: Row,
  labels: readonly string[],
  { meanings }: Postprocessing,
): LearnBlockSource {
  const { id, run, config, inputScaling, inputs } = row;
  const base = { id, inputScaling, inputs };
  switch (run) {
    case 'run_kmeans_anomaly':
      return { block: readKmeans(source, config, base) };
    case 'run_gmm_anomaly': {
      const graph = readGraph(source, config);
      return { block: readGmm(source, config, { ...base, artefact: graphKey(graph) }), graph };
    }
    case 'run_nn_inference': {
      const graph = readGraph(source, config);
      const meaning = meanings.get(id) ?? meaningOfConfig(source, config, labels);
      const outputTensors = numbersOf(source.headers, config.get('output_tensors_indices'));
      const block = {
        ...base,
        artefact: graphKey(graph),
        ...(outputTensors !== undefined && outputTensors.length > 0 && { outputTensors }),
      };
      return { block: withMeaning(source, block, meaning, labels), graph };
    }
    default:
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_BLOCK',
        `Learn block ${id} runs '${run}', which this version does not have.`,
      );
  }
}

/** Before mid 2023 there may be no table: one model in `tflite-model/`, and K-means data if there is anomaly detection. */
function impliedBlocks(
  source: ImpulseSource,
  dspBlocks: readonly DspBlock[],
  labels: readonly string[],
): LearnBlockSource[] {
  const base = { inputScaling: '0..1' as const, inputs: dspBlocks.map(({ id }) => id) };
  const blocks: LearnBlockSource[] = [];
  const engine = factValue(source, 'inferencing_engine', 'EI_CLASSIFIER_INFERENCING_ENGINE');
  if (enumOf(source.headers, engine, ENGINES) !== 'none') {
    const graph = impliedGraph(source);
    const meaning = meaningOfConfig(source, new Map(), labels);
    const block = withMeaning(source, { ...base, id: 0, artefact: graphKey(graph) }, meaning, labels);
    blocks.push({ block, graph });
  }
  if (source.headers.variables.has('ei_classifier_anom_clusters')) {
    blocks.push({ block: readKmeans(source, new Map(), { ...base, id: blocks.length }) });
  }
  return blocks;
}

/** From late 2022 to mid 2023 the impulse itself names its model; before, there is one that all call the same. */
function impliedGraph(source: ImpulseSource): Graph {
  const { fields } = source;
  const compiled = numberFact(source, 'compiled', 'EI_CLASSIFIER_COMPILED') === 1;
  if (compiled)
    return {
      kind: 'eon',
      stem: /^(\w+)_init$/.exec(nameIn(fields.get('model_init')) ?? '')?.[1] ?? 'trained_model',
    };
  const symbol = nameIn(fields.get('model_arr') ?? fields.get('tflite_file'));
  return symbol === undefined
    ? { kind: 'tflite', symbol: 'trained_tflite', implied: true }
    : { kind: 'tflite', symbol };
}

/**
 * Rows are positional: `{ fn, config, scaling }` in 2022, with `id, keep_output` before and inputs after
 * from 2024 on, without `keep_output` from Studio 1.74 on. The place of the function tells.
 */
function readRow(
  source: ImpulseSource,
  value: HeaderValue,
  index: number,
  dspBlocks: readonly DspBlock[],
): Row {
  const { headers } = source;
  const items = listOf(headers, value) ?? [];
  const place = items.findIndex((item) => nameIn(item)?.startsWith('run_'));
  const run = nameIn(items[place]);
  if (run === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `Row ${index} of the learn blocks names no function to run.`,
    );
  }
  const config = structOf(source, items[place + 1], `the configuration of learn block ${index}`);
  const configName = nameIn(items[place + 1]) ?? '';
  const statedId = place > 0 ? numberOf(headers, items[0]) : undefined;
  const scaling = items[place + 2] ?? NO_SCALING;
  const inputScaling = enumOf(headers, scaling, IMAGE_SCALINGS);
  if (inputScaling === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `Learn block ${index}: unknown image scaling ${nameIn(scaling) ?? numberOf(headers, scaling)}.`,
    );
  }
  return {
    id: statedId ?? numberOf(headers, config.get('block_id')) ?? idInName(configName) ?? index,
    run,
    config,
    inputScaling,
    inputs: numbersOf(headers, items[place + 3]) ?? dspBlocks.map(({ id }) => id),
  };
}

function withMeaning(
  source: ImpulseSource,
  base: { id: number; inputScaling: ImageInputScaling; inputs: readonly number[]; artefact: string },
  meaning: Meaning,
  labels: readonly string[],
): LearnBlock {
  const named = { ...base, name: `${meaning.modelType} ${base.id}` };
  switch (meaning.modelType) {
    case 'freeform':
      return { ...named, modelType: meaning.modelType };
    case 'visual-anomaly':
      return { ...named, ...meaning };
    case 'object-detection':
      checkLabelCount(source, labels);
      return { ...named, ...meaning, labels };
    default:
      checkLabelCount(source, labels);
      return { ...named, modelType: meaning.modelType, labels };
  }
}

/** In the order of the model's outputs. */
function readLabels(source: ImpulseSource): string[] {
  const { headers } = source;
  const categories = source.fields.get('categories') ?? {
    kind: 'name',
    name: 'ei_classifier_inferencing_categories',
  };
  const labels = (listOf(headers, categories) ?? []).map((item) => stringOf(headers, item));
  if (!labels.every((label) => label !== undefined)) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      'The array of labels holds something that is no string.',
    );
  }
  return labels;
}

/** Anomaly detection alone has no labels, whatever the count says. */
function checkLabelCount(source: ImpulseSource, labels: readonly string[]): void {
  const count = numberFact(source, 'label_count', 'EI_CLASSIFIER_LABEL_COUNT') ?? labels.length;
  if (labels.length === count) return;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The headers state ${count} labels but list ${labels.length}. Download the deployment again.`,
  );
}
