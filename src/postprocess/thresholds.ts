/** Thresholds: which ones a block has, and blocks with other values for them. */
import type { LearnBlock, ObjectDetectionLastLayer } from '../deployment/impulse.js';
import { ANOMALY_AGGREGATIONS } from '../deployment/impulse.js';
import { DeploymentError, InputError } from '../errors.js';
import { describe, suggest } from '../options.js';

/** Inclusive limits of a threshold's value. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Integers only. */
  readonly whole?: true;
}

const SCORE: Range = { min: 0, max: 1 };

/** Limits of a threshold: numbers, or names to choose from. */
type Limits = Range | readonly string[];

/** A number, or for `anomaly_scoring_aggregation_method` a name. */
export type ThresholdValue = number | string;

const DETECTION: Readonly<Record<string, Limits>> = { min_score: SCORE };

/** Overlap (intersection over union) from which the lower-scoring box goes. */
const SUPPRESSING: Readonly<Record<string, Limits>> = { ...DETECTION, iou_threshold: SCORE };

/** Their decoders drop no box for its overlap with another, or by limits of their own. */
const NOT_SUPPRESSING: readonly ObjectDetectionLastLayer[] = [
  'fomo',
  'mobilenet-ssd',
  'yolov2-akida',
  'yolov7',
];

const PADDLEOCR: Readonly<Record<string, Limits>> = {
  min_score_pixel: SCORE,
  min_score_box: SCORE,
  unclip_ratio: { min: 0, max: 100 },
};

/** Anomaly scores have no natural limits. */
const VISUAL_ANOMALY: Readonly<Record<string, Limits>> = {
  min_anomaly_score: { min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
  anomaly_scoring_aggregation_method: ANOMALY_AGGREGATIONS,
};

/** What `parseThreshold` reads. */
export interface ThresholdSetting {
  /** Id or name of a learn block; absent: every block that has the key. */
  readonly block?: number | string;
  readonly key: string;
  readonly value: ThresholdValue;
}

/** Names of the thresholds that a block has; the runner's own names (`min_score`, ...). */
export function thresholdKeys(block: LearnBlock): string[] {
  return Object.keys(limitsOf(block));
}

/** Each threshold that a block has, with the value in force: what {@link withThresholds} takes. */
export function thresholdValues(block: LearnBlock): Record<string, ThresholdValue> {
  return Object.fromEntries(thresholdKeys(block).map((key) => [key, currentValue(block, key)]));
}

/** Most thresholds stand together; two have a place of their own in the block. */
function currentValue(block: LearnBlock, key: string): ThresholdValue {
  if (key === 'iou_threshold' && block.modelType === 'object-detection') return block.nms.iou;
  if (key === 'anomaly_scoring_aggregation_method' && block.modelType === 'visual-anomaly') {
    return block.aggregation ?? 'max';
  }
  return 'thresholds' in block ? (block.thresholds[key] ?? 0) : 0;
}

/**
 * The block with other thresholds; the block given is not changed. They act from the next decoding on.
 *
 * @param thresholds value by name; scores are 0..1 and are compared as float32
 * @throws {InputError} `ERR_THRESHOLD_UNKNOWN` the block has no such threshold,
 *   `ERR_THRESHOLD_INVALID` not a number, or out of range
 */
export function withThresholds<Block extends LearnBlock>(
  block: Block,
  thresholds: Readonly<Record<string, ThresholdValue>>,
): Block {
  const valid = limitsOf(block);
  const entries = entriesOf(thresholds);
  for (const [key, value] of entries) {
    if (!Object.hasOwn(valid, key)) throw unknownKey(key, [block]);
    checkValue(key, value, valid[key] as Limits);
  }
  return entries.reduce<Block>(setValue, block);
}

/** The other direction of {@link currentValue}. */
function setValue<Block extends LearnBlock>(block: Block, [key, value]: readonly [string, unknown]): Block {
  if (key === 'iou_threshold' && block.modelType === 'object-detection') {
    return { ...block, nms: { ...block.nms, iou: value } };
  }
  if (key === 'anomaly_scoring_aggregation_method') return { ...block, aggregation: value };
  const current = 'thresholds' in block ? block.thresholds : {};
  return { ...block, thresholds: { ...current, [key]: value } };
}

/**
 * Sets thresholds of several blocks: `{ min_score: 0.4 }` for every block that has the key,
 * `{ '3.min_score': 0.4 }` for block 3 (id or name) alone, which wins over the general one.
 *
 * @returns new blocks in the same order
 * @throws {InputError} as {@link withThresholds}; nothing is changed then
 */
export function applyThresholds(
  blocks: readonly LearnBlock[],
  thresholds: Readonly<Record<string, ThresholdValue>>,
): LearnBlock[] {
  const general: ThresholdSetting[] = [];
  const particular: ThresholdSetting[] = [];
  for (const [name, value] of entriesOf(thresholds)) {
    const setting = { ...splitName(name), value };
    (setting.block === undefined ? general : particular).push(setting);
  }
  return [...general, ...particular].reduce(applySetting, [...blocks]);
}

/**
 * Reads the command line's `[block.]key=value`: `min_score=0.4`, `3.min_score=0.4`, `my block.min_score=0.4`,
 * `anomaly_scoring_aggregation_method=mean`.
 *
 * @throws {InputError} `ERR_THRESHOLD_INVALID`
 */
export function parseThreshold(text: string): ThresholdSetting {
  const [, name = '', given = ''] = /^(.+)=([^=]+)$/s.exec(text) ?? [];
  const word = given.trim();
  const value = ANOMALY_AGGREGATIONS.find((name) => name === word) ?? Number(word);
  const setting = splitName(name.trim());
  const usable = typeof value === 'string' || Number.isFinite(value);
  if (setting.key !== '' && word !== '' && usable) return { ...setting, value };
  throw new InputError(
    'ERR_THRESHOLD_INVALID',
    `Threshold: expected [block.]key=number, for example min_score=0.4, but received ${describe(text)}.`,
  );
}

/**
 * Every threshold that the decoder will read must be there: there are no silent defaults.
 *
 * @throws {DeploymentError} `ERR_METADATA_MISSING`
 */
export function checkThresholds(block: LearnBlock): void {
  if (!('thresholds' in block)) return;
  const own = Object.entries(limitsOf(block)).filter(
    ([key, limits]) => isRange(limits) && key !== 'iou_threshold',
  );
  const missing = own.map(([key]) => key).find((key) => !Number.isFinite(block.thresholds[key]));
  if (missing === undefined) return;
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `Learn block ${block.id} (${block.name}) has no threshold '${missing}': add it to the description.`,
  );
}

function applySetting(blocks: LearnBlock[], { block, key, value }: ThresholdSetting): LearnBlock[] {
  const named = block === undefined ? blocks : blocks.filter((candidate) => isNamed(candidate, block));
  if (block !== undefined && named.length === 0) throw unknownBlock(block, blocks);
  const owners = named.filter((candidate) => Object.hasOwn(limitsOf(candidate), key));
  if (owners.length === 0) throw unknownKey(key, named);
  return blocks.map((candidate) =>
    owners.includes(candidate) ? withThresholds(candidate, { [key]: value }) : candidate,
  );
}

/** The last dot parts block and key: keys have none, names may. */
function splitName(name: string): { block?: number | string; key: string } {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return { key: name };
  const block = name.slice(0, dot);
  return { block: /^\d+$/.test(block) ? Number(block) : block, key: name.slice(dot + 1) };
}

function isNamed({ id, name }: LearnBlock, block: number | string): boolean {
  return id === block || name === String(block);
}

function limitsOf(block: LearnBlock): Readonly<Record<string, Limits>> {
  switch (block.modelType) {
    case 'object-detection':
      if (block.lastLayer === 'paddleocr-detector') return PADDLEOCR;
      return NOT_SUPPRESSING.includes(block.lastLayer) ? DETECTION : SUPPRESSING;
    case 'visual-anomaly':
      return VISUAL_ANOMALY;
    default:
      return {};
  }
}

function isRange(limits: Limits): limits is Range {
  return !Array.isArray(limits);
}

function checkValue(key: string, value: unknown, limits: Limits): void {
  if (isRange(limits)) {
    for (const [name, number] of thresholdEntries({ [key]: value })) checkRange(name, number, limits);
    return;
  }
  if (typeof value === 'string' && limits.includes(value)) return;
  throw new InputError(
    'ERR_THRESHOLD_INVALID',
    `Threshold '${key}': expected one of ${limits.join(', ')} but received ${describe(value)}.`,
  );
}

function entriesOf(thresholds: unknown): [string, ThresholdValue][] {
  return Object.entries(anObject(thresholds, 'min_score: 0.4'));
}

/**
 * Thresholds given by name, checked to be numbers.
 *
 * @param example what the message shows where they are no object
 * @throws {InputError} `ERR_THRESHOLD_INVALID`
 */
export function thresholdEntries(thresholds: unknown, example = 'min_score: 0.4'): [string, number][] {
  return Object.entries(anObject(thresholds, example)).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'number' && !Number.isNaN(value)) return [name, value];
    throw new InputError(
      'ERR_THRESHOLD_INVALID',
      `Threshold '${name}': expected a number but received ${describe(value)}.`,
    );
  });
}

function anObject(thresholds: unknown, example: string): object {
  if (typeof thresholds === 'object' && thresholds !== null && !Array.isArray(thresholds)) return thresholds;
  throw new InputError(
    'ERR_THRESHOLD_INVALID',
    `Thresholds: expected an object such as { ${example} } but received ${describe(thresholds)}.`,
  );
}

/** @throws {InputError} `ERR_THRESHOLD_INVALID` */
export function checkRange(key: string, value: number, { min, max, whole }: Range): void {
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'an integer' : 'a number';
  const range =
    max === Number.MAX_VALUE && min === -max ? 'a finite number' : `${kind} from ${min} to ${max}`;
  throw new InputError(
    'ERR_THRESHOLD_INVALID',
    `Threshold '${key}': expected ${range} but received ${value}.`,
  );
}

function unknownKey(key: string, blocks: readonly LearnBlock[]): InputError {
  const valid = [...new Set(blocks.flatMap(thresholdKeys))];
  const why =
    valid.length === 0 && blocks.every(({ modelType }) => modelType === 'classification')
      ? 'Classification has no threshold: every label gets its score.'
      : validNames(key, valid);
  return new InputError('ERR_THRESHOLD_UNKNOWN', `Unknown threshold '${key}'. ${why}`);
}

/** The nearest name, if one is near, and all of them. */
export function validNames(key: string, valid: readonly string[]): string {
  const why = suggest(key, valid);
  return why.startsWith('Did you mean') ? `${why} Valid are: ${valid.join(', ')}.` : why;
}

function unknownBlock(block: number | string, blocks: readonly LearnBlock[]): InputError {
  const found = blocks.map(({ id, name }) => `${id} (${name})`).join(', ');
  return new InputError(
    'ERR_THRESHOLD_UNKNOWN',
    `There is no learn block '${block}' to set a threshold of. There are: ${found || 'none'}.`,
  );
}
