/** Golden vectors of the stateful blocks: sequences of frames, and what the reference SDK makes of each. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LabelledValue, PixelBox } from '../../../src/postprocess/results.js';
import type { CalibrationConfig } from '../../../src/postprocess/stateful/calibration.js';
import type { Segment } from '../../../src/postprocess/stateful/trace.js';
import type { TrackingConfig } from '../../../src/postprocess/stateful/tracking.js';

interface Sequence<Frame, Expected> {
  readonly name: string;
  readonly labels: readonly string[];
  readonly frames: readonly Frame[];
  readonly expected: { readonly frames: readonly Expected[] };
}

type GoldenBox = Omit<PixelBox, 'labelIndex'>;

export interface TrackingSequence
  extends Sequence<
    readonly GoldenBox[],
    {
      readonly openTraces: readonly (GoldenBox & {
        readonly id: number;
        readonly lastGroundTruthUpdate: number;
        readonly lastCentroidSegment: Segment;
      })[];
      readonly counts: readonly number[];
    }
  > {
  readonly tracking: TrackingConfig;
  readonly countingSegments: readonly Segment[];
}

export interface CalibrationSequence
  extends Sequence<
    readonly number[],
    { readonly detected: string | null; readonly classification: readonly number[] }
  > {
  readonly performanceCalibration: CalibrationConfig;
  readonly sliceSize: number;
  readonly intervalMs: number;
}

export interface SmoothingSequence
  extends Sequence<{ readonly values: readonly number[]; readonly anomaly: number }, string> {
  readonly smoothing: {
    readonly readings: number;
    readonly minReadingsSame: number;
    readonly classifierConfidence: number;
    readonly anomalyConfidence: number;
  };
}

interface Sequences {
  readonly 'object-tracking': TrackingSequence;
  readonly 'object-tracking-crowds': TrackingSequence;
  readonly 'performance-calibration': CalibrationSequence;
  readonly smoothing: SmoothingSequence;
}

export function goldenSequences<Name extends keyof Sequences>(
  name: Name,
): readonly (readonly [string, Sequences[Name]])[] {
  const path = fileURLToPath(new URL(`../../golden/decoders/${name}.json`, import.meta.url));
  const cases: Sequences[Name][] = JSON.parse(readFileSync(path, 'utf8')).cases;
  return cases.map((sequence) => [sequence.name, sequence] as const);
}

export function withLabels(values: readonly number[], labels: readonly string[]): LabelledValue[] {
  return values.map((value, index) => ({ label: labels[index] ?? '', value }));
}
