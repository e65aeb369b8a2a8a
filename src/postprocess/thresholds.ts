/** Thresholds: which ones a block has, and blocks with other values for them. */
import type { LearnBlock } from '../deployment/impulse.js';
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

const DETECTION: Readonly<Record<string, Range>> = { min_score: SCORE };

const PADDLEOCR: Readonly<Record<string, Range>> = {
  min_score_pixel: SCORE,
  min_score_box: SCORE,
  unclip_ratio: { min: 0, max: 100 },
};

/** Anomaly scores have no natural limits. */
const VISUAL_ANOMALY: Readonly<Record<string, Range>> = {
  min_anomaly_score: { min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
};

/** What `parseThreshold` reads. */
export interface ThresholdSetting {
  /** Id or name of a learn block; absent: every block that has the key. */
  readonly block?: number | string;
  readonly key: string;
  readonly value: number;
}

/** Names of the thresholds that a block has; the runner's own names (`min_score`, ...). */
export function thresholdKeys(block: LearnBlock): string[] {
  return Object.keys(ranges(block));
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
  thresholds: Readonly<Record<string, number>>,
): Block {
  const entries = thresholdEntries(thresholds);
  if (entries.length === 0) return block;
  const valid = ranges(block);
  for (const [key, value] of entries) {
    if (!Object.hasOwn(valid, key)) throw unknownKey(key, [block]);
    checkRange(key, value, valid[key] as Range);
  }
  const current = 'thresholds' in block ? block.thresholds : {};
  return { ...block, thresholds: { ...current, ...thresholds } };
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
  thresholds: Readonly<Record<string, number>>,
): LearnBlock[] {
  const general: ThresholdSetting[] = [];
  const particular: ThresholdSetting[] = [];
  for (const [name, value] of thresholdEntries(thresholds)) {
    const setting = { ...splitName(name), value };
    (setting.block === undefined ? general : particular).push(setting);
  }
  return [...general, ...particular].reduce(applySetting, [...blocks]);
}

/**
 * Reads the command line's `[block.]key=value`: `min_score=0.4`, `3.min_score=0.4`, `my block.min_score=0.4`.
 *
 * @throws {InputError} `ERR_THRESHOLD_INVALID`
 */
export function parseThreshold(text: string): ThresholdSetting {
  const [, name = '', digits = ''] = /^(.+)=([^=]+)$/s.exec(text) ?? [];
  const value = Number(digits);
  const setting = splitName(name.trim());
  if (setting.key !== '' && digits.trim() !== '' && Number.isFinite(value)) return { ...setting, value };
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
  const missing = thresholdKeys(block).find((key) => !Number.isFinite(block.thresholds[key]));
  if (missing === undefined) return;
  throw new DeploymentError(
    'ERR_METADATA_MISSING',
    `Learn block ${block.id} (${block.name}) has no threshold '${missing}': add it to the description.`,
  );
}

function applySetting(blocks: LearnBlock[], { block, key, value }: ThresholdSetting): LearnBlock[] {
  const named = block === undefined ? blocks : blocks.filter((candidate) => isNamed(candidate, block));
  if (block !== undefined && named.length === 0) throw unknownBlock(block, blocks);
  const owners = named.filter((candidate) => Object.hasOwn(ranges(candidate), key));
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

function ranges(block: LearnBlock): Readonly<Record<string, Range>> {
  switch (block.modelType) {
    case 'object-detection':
      return block.lastLayer === 'paddleocr-detector' ? PADDLEOCR : DETECTION;
    case 'visual-anomaly':
      return VISUAL_ANOMALY;
    default:
      return {};
  }
}

/**
 * Thresholds given by name, checked to be numbers.
 *
 * @param example what the message shows where they are no object
 * @throws {InputError} `ERR_THRESHOLD_INVALID`
 */
export function thresholdEntries(thresholds: unknown, example = 'min_score: 0.4'): [string, number][] {
  if (typeof thresholds !== 'object' || thresholds === null || Array.isArray(thresholds)) {
    throw new InputError(
      'ERR_THRESHOLD_INVALID',
      `Thresholds: expected an object such as { ${example} } but received ${describe(thresholds)}.`,
    );
  }
  return Object.entries(thresholds).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'number' && !Number.isNaN(value)) return [name, value];
    throw new InputError(
      'ERR_THRESHOLD_INVALID',
      `Threshold '${name}': expected a number but received ${describe(value)}.`,
    );
  });
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
