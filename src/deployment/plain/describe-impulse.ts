/** An impulse in the API's own words: the reverse of what is read from a description. */
import type { Impulse, LearnBlock, Thresholds } from '../impulse.js';

/** `DeployPretrainedModelInput*` of the API. */
export type DescribedInput =
  | { readonly inputType: 'image'; readonly inputScaling: string; readonly resizeMode?: string }
  | { readonly inputType: 'time-series'; readonly frequencyHz: number; readonly windowLengthMs: number }
  | { readonly inputType: 'audio'; readonly frequencyHz: number }
  | { readonly inputType: 'other' };

/** `DeployPretrainedModelModel*` of the API. */
export type DescribedModel =
  | { readonly modelType: 'classification'; readonly labels: readonly string[] }
  | { readonly modelType: 'regression' | 'freeform' | 'anomaly' }
  | {
      readonly modelType: 'object-detection';
      readonly labels: readonly string[];
      readonly lastLayer: string;
      readonly minimumConfidence: number;
      readonly thresholdValues: Thresholds;
    }
  | {
      readonly modelType: 'visual-anomaly';
      readonly thresholdValues: Readonly<Record<string, number | string>>;
    };

/** What the API calls `modelInfo`. */
export interface DescribedImpulse {
  readonly input: DescribedInput;
  readonly model: DescribedModel;
}

/** Those that the API's words have a place for; others are ours. */
const API_THRESHOLDS = [
  'min_score',
  'min_score_pixel',
  'min_score_box',
  'unclip_ratio',
  'min_anomaly_score',
] as const;

/** Processing blocks after which the model still sees the picture or the samples themselves. */
const UNCHANGED = ['image', 'raw'];

/**
 * Describes one model of an impulse, so that `parseModelInfo()` reads the same impulse from it again. The words have no place
 * for a resize mode of `none`, a crop's anchor, limits of suppression and signal processing: a model behind such a block takes
 * features, which is `other`.
 *
 * @param block whose model is described
 */
export function describeImpulse(
  impulse: Pick<Impulse, 'input' | 'dspBlocks'>,
  block: LearnBlock,
): DescribedImpulse {
  return { input: describeInput(impulse, block), model: describeModel(block) };
}

function describeInput(
  { input, dspBlocks }: Pick<Impulse, 'input' | 'dspBlocks'>,
  block: LearnBlock,
): DescribedInput {
  if (input.inputType === 'image') {
    const { resizeMode } = input;
    return {
      inputType: 'image',
      inputScaling: block.inputScaling,
      ...(resizeMode !== 'none' && { resizeMode }),
    };
  }
  if (input.frequencyHz <= 0 || dspBlocks.some(({ type }) => !UNCHANGED.includes(type))) {
    return { inputType: 'other' };
  }
  const { inputType, frequencyHz, featureCount, axes } = input;
  if (inputType !== 'time-series') return inputType === 'audio' ? { inputType, frequencyHz } : { inputType };
  const samples = featureCount / Math.max(1, axes.length);
  return { inputType, frequencyHz, windowLengthMs: (samples * 1000) / frequencyHz };
}

function describeModel(block: LearnBlock): DescribedModel {
  switch (block.modelType) {
    case 'classification':
      return { modelType: block.modelType, labels: block.labels };
    case 'regression':
    case 'freeform':
    case 'anomaly':
      return { modelType: block.modelType };
    case 'object-detection': {
      const { modelType, labels, lastLayer } = block;
      const thresholdValues = apiThresholds(block.thresholds);
      // Of three thresholds of characters, the one that a whole box must reach.
      const minimumConfidence = thresholdValues.min_score ?? thresholdValues.min_score_box ?? 0;
      return { modelType, labels, lastLayer, minimumConfidence, thresholdValues };
    }
    case 'visual-anomaly': {
      const { aggregation } = block;
      return {
        modelType: block.modelType,
        thresholdValues: {
          ...apiThresholds(block.thresholds),
          ...(aggregation !== undefined && { anomaly_scoring_aggregation_method: aggregation }),
        },
      };
    }
  }
}

function apiThresholds(thresholds: Thresholds): Record<string, number> {
  return Object.fromEntries(
    API_THRESHOLDS.flatMap((name) => {
      const value = thresholds[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
