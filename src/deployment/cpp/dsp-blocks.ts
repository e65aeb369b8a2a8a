/** The table of processing blocks. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import {
  fieldsOfValue,
  listOf,
  nameIn,
  numberOf,
  numbersOf,
  stringOf,
  variableOf,
} from '../headers/query.js';
import type { HeaderValue, StructField } from '../headers/values.js';
import type { DspBlock } from '../impulse.js';
import type { ImpulseSource } from './impulse-source.js';
import { idInName } from './impulse-source.js';

/** Blocks whose code is licensed and not published. */
const CLOSED_BLOCKS = new Map([
  ['hr', 'heart rate'],
  ['eeg', 'EEG'],
]);
/** Struct names that differ from the API's block types by more than `_` for `-`. */
const TYPE_NAMES = new Map([['imu-syntiant', 'syntiant-imu']]);
/** Fields of a configuration that are no parameters. */
const NOT_PARAMETERS = new Set([
  'block_id',
  'implementation_version',
  'axes',
  'named_axes',
  'named_axes_size',
]);
/** The SDK's own structs, which headers fill by place and do not declare. */
const NORMALIZATION_FIELDS = ['config', 'method', 'context', 'init_fn', 'deinit_fn', 'exec_fn'];
const SCALER_FIELDS = [
  'mean_data',
  'mean_data_len',
  'scale_data',
  'scale_data_len',
  'var_data',
  'var_data_len',
];
const STANDARD_SCALER = 'data_normalization_standard_scaler';
const ROW_FIELDS = ['n_output_features', 'extract_fn', 'config', 'axes', 'axes_size'];

/**
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a block whose code is not published
 */
export function readDspBlocks(source: ImpulseSource): DspBlock[] {
  const rows = listOf(
    source.headers,
    source.fields.get('dsp_blocks') ?? { kind: 'name', name: 'ei_dsp_blocks' },
  );
  if (rows === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_MISSING',
      'The headers hold no table of processing blocks (ei_dsp_blocks): this is no complete C++ library. ' +
        'Download the deployment again.',
    );
  }
  return rows.map((row) => readRow(source, row));
}

function readRow(source: ImpulseSource, value: HeaderValue): DspBlock {
  const { headers } = source;
  const row = rowFields(source, value);
  const config = row.get('config');
  const configName = nameIn(config) ?? '';
  const fields: Fields = fieldsOfValue(headers, config) ?? new Map();
  const struct = variableOf(headers, config)?.type ?? '';
  const type = blockType(struct, nameIn(row.get('extract_fn')));
  refuseClosed(type);
  const standardScaler = readStandardScaler(source, row.get('data_normalization_config'), type);
  const id =
    numberOf(headers, row.get('blockId')) ??
    numberOf(headers, fields.get('block_id')) ??
    idInName(configName);
  const outputSize = numberOf(headers, row.get('n_output_features'));
  if (id === undefined || outputSize === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `The row of the ${type} block lacks its id or output size.`,
    );
  }
  return {
    id,
    type,
    implementationVersion: numberOf(headers, fields.get('implementation_version')) ?? 1,
    axes: numbersOf(headers, row.get('axes')) ?? range(numberOf(headers, fields.get('axes')) ?? 1),
    outputSize,
    parameters: parametersOf(source, fields, headers.structs.get(struct)),
    ...(standardScaler !== undefined && { standardScaler }),
  };
}

/**
 * Rows are positional and grew over the years, at both ends: from 2024 on the block's id comes first. The
 * place of the function tells.
 */
function rowFields({ headers }: ImpulseSource, value: HeaderValue): Fields {
  const items = listOf(headers, value);
  const hasId = items !== undefined && nameIn(items[1]) === undefined;
  const names = hasId
    ? ['blockId', ...ROW_FIELDS, 'version', 'factory', 'data_normalization_config']
    : ROW_FIELDS;
  const fields = fieldsOfValue(headers, value, names);
  if (fields === undefined) {
    throw new DeploymentError('ERR_METADATA_INVALID', 'A row of the table of processing blocks is no list.');
  }
  return fields;
}

/** `ei_dsp_config_spectral_analysis_t` or `extract_spectral_analysis_features` -> `spectral-analysis` */
function blockType(struct: string, extract = ''): string {
  const name =
    /^ei_dsp_config_(\w+)_t$/.exec(struct)?.[1] ??
    /^extract_(\w+?)(_features)?$/.exec(extract)?.[1] ??
    extract;
  const hyphenated = name.replaceAll('_', '-');
  return TYPE_NAMES.get(hyphenated) ?? hyphenated;
}

function refuseClosed(type: string): void {
  const name = CLOSED_BLOCKS.get(type);
  if (name === undefined) return;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    `The impulse begins with the ${name} block, whose code is licensed and not published. ` +
      'It runs only as a deployment that holds it compiled: a Linux runner (.eim).',
  );
}

/** Variances are stated too, and never used. */
function readStandardScaler(
  { headers }: ImpulseSource,
  value: HeaderValue | undefined,
  type: string,
): DspBlock['standardScaler'] {
  if (value === undefined || value.kind === 'null') return undefined;
  const normalization = fieldsOfValue(headers, value, NORMALIZATION_FIELDS);
  const method = nameIn(normalization?.get('exec_fn'));
  if (normalization !== undefined && method !== STANDARD_SCALER) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `The ${type} block normalises its features by '${method ?? 'an unknown method'}'; known here is the standard scaler. ` +
        'Turn the data normalisation of the block off, or choose the standard scaler, and train again.',
    );
  }
  const config = normalization?.get('config');
  const fields = fieldsOfValue(headers, config, SCALER_FIELDS);
  const mean = numbersOf(headers, fields?.get('mean_data'));
  const scale = numbersOf(headers, fields?.get('scale_data'));
  if (mean !== undefined && scale !== undefined && fields?.get('var_data')?.kind === 'name') {
    return { mean, scale };
  }
  throw new DeploymentError(
    'ERR_METADATA_INVALID',
    `The data normalisation of the ${type} block lacks its means, factors or variances. Download the deployment again.`,
  );
}

function parametersOf(
  { headers }: ImpulseSource,
  fields: Fields,
  struct: readonly StructField[] | undefined,
): Record<string, string | number | boolean> {
  const types = new Map(struct?.map(({ name, type }) => [name, type]));
  const parameters: Record<string, string | number | boolean> = {};
  for (const [name, value] of fields) {
    if (NOT_PARAMETERS.has(name)) continue;
    const number = numberOf(headers, value);
    const parameter = number === undefined ? stringOf(headers, value) : number;
    if (parameter !== undefined) parameters[name] = types.get(name) === 'bool' ? parameter !== 0 : parameter;
  }
  return parameters;
}

function range(count: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(count, 1000)) }, (_, index) => index);
}
