/** Classifications as `classify()` would give them, made by hand. */
import type { AnnotationInfo } from '../../src/annotate/drawing.js';
import type { LearnBlock } from '../../src/deployment/impulse.js';
import type { Classification, DetectedBox, PixelRect } from '../../src/runtime/classification.js';

const TIMING = {
  decodeMs: 1,
  resizeMs: 1,
  dspMs: 0,
  queueMs: 0,
  tensorMs: 1,
  inferenceMs: 1,
  postprocessMs: 1,
  totalMs: 5,
};

export function detected(label: string, score: number, original: PixelRect): DetectedBox {
  return { label, score, original, input: original };
}

/** Objects found in a picture of this size; no size: whatever picture. */
export function objects(
  boxes: readonly DetectedBox[],
  size?: { width: number; height: number },
): Classification {
  return {
    response: {
      success: true,
      boundingBoxes: boxes.map(({ label, score, input }) => ({ label, score, ...input })),
    },
    boxes,
    ...(size && {
      geometry: {
        mode: 'squash',
        originalWidth: size.width,
        originalHeight: size.height,
        inputWidth: 96,
        inputHeight: 96,
      },
    }),
    timing: TIMING,
    engines: ['tflite'],
  };
}

export function scores(result: Record<string, number>): Classification {
  return { response: { success: true, result }, timing: TIMING, engines: ['tflite'] };
}

/** What a visual anomaly block gives for this grid. */
export function anomalyGrid(
  grid: readonly (readonly number[])[],
  geometry?: Classification['geometry'],
): Classification {
  const all = grid.flat();
  const maxScore = Math.max(0, ...all);
  const meanScore = all.reduce((sum, score) => sum + score, 0) / all.length;
  const anomalyResult = [{ boxes: [], scores: grid.map((row) => [...row]), meanScore, maxScore }];
  return {
    response: { success: true, result: { anomaly: maxScore }, anomalyResult },
    ...(geometry && { geometry }),
    timing: TIMING,
    engines: ['tflite'],
  };
}

const BASE = { id: 3, name: 'Detector', artefact: 'model', inputScaling: '0..1', inputs: [] } as const;

export function detector(
  lastLayer: 'fomo' | 'mobilenet-ssd',
  labels: readonly string[],
  thresholds: Record<string, number> = { min_score: 0.5 },
): AnnotationInfo {
  return infoOf({
    ...BASE,
    modelType: 'object-detection',
    labels,
    lastLayer,
    thresholds,
    nms: { confidence: 0, iou: 0.2 },
  });
}

export function classifier(
  labels: readonly string[],
  modelType: 'classification' | 'regression' = 'classification',
): AnnotationInfo {
  return infoOf({ ...BASE, modelType, labels });
}

export function visualAnomaly(min_anomaly_score: number): AnnotationInfo {
  return infoOf({
    ...BASE,
    modelType: 'visual-anomaly',
    algorithm: 'gmm',
    gridWidth: 0,
    gridHeight: 0,
    thresholds: { min_anomaly_score },
  });
}

/** A classifier with a GMM anomaly block beside it. */
export function classifierWithAnomaly(labels: readonly string[]): AnnotationInfo {
  const gmm = infoOf({ ...BASE, id: 4, modelType: 'anomaly', algorithm: 'gmm', axes: [0] });
  return { learnBlocks: [...classifier(labels).learnBlocks, ...gmm.learnBlocks] };
}

function infoOf(block: LearnBlock): AnnotationInfo {
  return {
    learnBlocks: [
      {
        block,
        model: {
          format: 'tflite',
          name: 'model.tflite',
          bytes: 1,
          inputs: [],
          outputs: [],
          engine: { engine: 'tflite', version: '2.9.0', threads: 1, delegate: 'none', notes: [] },
          otherEngines: [],
        },
      },
    ],
  };
}
