/** What stands inside and beside a model, before anything is concluded from it. */
import type { PackedMetadata } from '../tflite-metadata.js';
import type { UltralyticsMetadata } from '../ultralytics.js';
import type { ModelFile } from './model-file.js';

export interface Evidence {
  readonly model: ModelFile;
  readonly packed: PackedMetadata;
  /** What an exporter of YOLO models notes inside. */
  readonly notes?: UltralyticsMetadata;
  /** Lines of `labels.txt`. */
  readonly labelLines?: readonly string[];
}

/** First line of label files that count the background as a class. */
const BACKGROUND_LINES = ['background', '???'];

/** Labels known for a model of `count` outputs, from `labels.txt`, packed inside, or noted by the exporter. */
export function labelsFor(evidence: Evidence, count: number): readonly string[] | undefined {
  return labelLists(evidence).find((labels) => labels.length === count);
}

/** All lists of labels there are for objects, which detectors number without the background. */
export function objectLabels(evidence: Evidence): readonly (readonly string[])[] {
  return labelLists(evidence)
    .map(withoutBackground)
    .filter((labels) => labels.length > 0);
}

/** Who notes the names of the classes and one of these is an exporter of Ultralytics, not just any. */
export function isUltralyticsExport({ notes }: Evidence): boolean {
  return notes?.names !== undefined && (notes.task !== undefined || notes.stride !== undefined);
}

function labelLists({ labelLines, packed, notes }: Evidence): readonly (readonly string[])[] {
  return [labelLines, packed.labels, notes?.names].filter((labels) => labels !== undefined);
}

function withoutBackground(lines: readonly string[]): readonly string[] {
  return BACKGROUND_LINES.includes(lines[0]?.toLowerCase() ?? '') ? lines.slice(1) : lines;
}
