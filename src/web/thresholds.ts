/** The thresholds of a model as something to move. Knows no browser. */

import type { Block, Model, ThresholdChoices } from './api-types.js';

export type ThresholdSetting = NumberSetting | ChoiceSetting;

interface Named {
  /** As `?threshold=` takes it: `key`, or `block.key` where several blocks have one. */
  readonly name: string;
  readonly key: string;
  /** What people read. */
  readonly title: string;
}

export interface NumberSetting extends Named {
  readonly kind: 'number';
  /** The model's own. */
  readonly own: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export interface ChoiceSetting extends Named {
  readonly kind: 'choice';
  readonly own: string;
  readonly choices: readonly string[];
}

const TITLES: Readonly<Record<string, string>> = {
  min_score: 'Minimum score',
  iou_threshold: 'Overlap of two boxes',
  min_score_pixel: 'Minimum score of a pixel',
  min_score_box: 'Minimum score of a box',
  unclip_ratio: 'Growth of boxes',
  min_anomaly_score: 'Anomaly from',
  anomaly_scoring_aggregation_method: 'Score of the picture',
};

const CHOICES = ['max', 'mean'];

/** None where a program runs the whole impulse: that has one set of thresholds for all who ask. */
export function thresholdSettings({
  learnBlocks,
  engine,
}: Pick<Model, 'learnBlocks' | 'engine'>): ThresholdSetting[] {
  if (engine !== undefined) return [];
  const entries = learnBlocks.flatMap((block) =>
    Object.entries(block.thresholds ?? {}).map(([key, own]) => ({ block, key, own })),
  );
  return entries.map(({ block, key, own }) => {
    const isShared = entries.filter((entry) => entry.key === key).length > 1;
    const title = TITLES[key] ?? key;
    const named = {
      name: isShared ? `${block.id}.${key}` : key,
      key,
      title: isShared ? `${title}, ${block.name}` : title,
    };
    return typeof own === 'string'
      ? { kind: 'choice', ...named, own, choices: CHOICES }
      : { kind: 'number', ...named, own, ...rangeOf(key, own) };
  });
}

/** Scores are 0..1; scores of anomaly have no natural end, so the model's own value stands in the middle. */
function rangeOf(key: string, own: number): Pick<NumberSetting, 'min' | 'max' | 'step'> {
  if (key === 'unclip_ratio') return { min: 0, max: Math.max(5, 2 * own), step: 0.1 };
  if (key !== 'min_anomaly_score') return { min: 0, max: 1, step: 0.01 };
  const max = own > 0 ? Number((2 * own).toPrecision(3)) : 10;
  return { min: Math.min(0, 2 * own), max, step: Number((max / 200).toPrecision(1)) };
}

/** What is in force for a block: what was chosen, else the model's own. */
export function thresholdOf(block: Block, key: string, chosen: ThresholdChoices): number | undefined {
  const value = chosen.get(`${block.id}.${key}`) ?? chosen.get(key) ?? block.thresholds?.[key];
  return typeof value === 'number' ? value : undefined;
}
