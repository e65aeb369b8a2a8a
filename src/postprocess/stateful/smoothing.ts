/** Smoothing: one steady answer from the results of the last readings. */
import { InputError } from '../../errors.js';
import { checkOptionNames, describe, integerInRange } from '../../options.js';
import type { LabelledValue } from '../results.js';
import { checkLabels, scoresOf } from './label-scores.js';

const f = Math.fround;

/** The settings of the SDK's smoothing utility, by its names. */
export interface SmoothingConfig {
  /** How many readings are looked at, 1..255. */
  readonly n_readings: number;
  /** How many of them must agree. */
  readonly min_readings_same: number;
  /** The least score of a reading's label. @default 0.8 */
  readonly classifier_confidence?: number;
  /** The least anomaly score of an anomaly. @default 0.3 */
  readonly anomaly_confidence?: number;
}

/** One result: class scores, and the anomaly score where there is an anomaly block. */
export interface Reading {
  readonly values: readonly LabelledValue[];
  readonly anomaly?: number;
}

export interface Smoothing {
  /**
   * Takes the next result.
   *
   * @returns a label, `anomaly`, or `uncertain`
   * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE`, `ERR_INPUT_NOT_FINITE`; it then does not count
   */
  push(reading: Reading): string;
  /** Forgets all readings. */
  reset(): void;
}

const BLOCK = 'smoothing';
const UNCERTAIN = 'uncertain';
const ANOMALY = 'anomaly';

/**
 * The answer that most of the last readings give, as the SDK's smoothing utility counts them: the earliest
 * label, then `uncertain`, then `anomaly` among equals. Before the first reading all are `uncertain`.
 *
 * @param labels of the classification, in its order
 * @throws {InputError} `ERR_OPTION_INVALID`, `ERR_OPTION_UNKNOWN`
 */
export function smoothResults(config: SmoothingConfig, labels: readonly string[]): Smoothing {
  const names = ['n_readings', 'min_readings_same', 'classifier_confidence', 'anomaly_confidence'];
  checkOptionNames(config, names, BLOCK);
  const size = integerInRange(config.n_readings, 1, 255, 'n_readings');
  const minimum = integerInRange(config.min_readings_same, 0, size, 'min_readings_same');
  const confidence = finite(config.classifier_confidence ?? 0.8, 'classifier_confidence');
  const anomalyLimit = finite(config.anomaly_confidence ?? 0.3, 'anomaly_confidence');
  const answers = [...checkLabels(labels, BLOCK), UNCERTAIN, ANOMALY];
  const uncertain = labels.length;
  const anomalous = uncertain + 1;
  const known = answers.slice(0, uncertain);
  let readings: readonly number[] = new Array<number>(size).fill(uncertain);

  function answerOf({ values, anomaly }: Reading): number {
    const label = scoresOf(values, known, BLOCK).findLastIndex((score) => score >= confidence);
    if (anomaly !== undefined && f(finiteAnomaly(anomaly)) >= anomalyLimit) return anomalous;
    return label < 0 ? uncertain : label;
  }

  return {
    push(reading) {
      readings = [...readings.slice(1), answerOf(reading)];
      const counts = new Array<number>(answers.length).fill(0);
      for (const answer of readings) counts[answer] = (counts[answer] ?? 0) + 1;
      const most = Math.max(...counts);
      return most >= minimum ? (answers[counts.indexOf(most)] as string) : UNCERTAIN;
    },
    reset() {
      readings = readings.map(() => uncertain);
    },
  };
}

function finiteAnomaly(anomaly: number): number {
  if (Number.isFinite(anomaly)) return anomaly;
  throw new InputError('ERR_INPUT_NOT_FINITE', `${BLOCK}: the anomaly score is ${describe(anomaly)}.`);
}

/** A float32 to compare scores with. */
function finite(value: number, name: string): number {
  if (Number.isFinite(value)) return f(value);
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${name}: expected a finite number but received ${describe(value)}.`,
  );
}
