import { describe, expect, it } from 'vitest';
import { calibratePerformance } from '../../../src/postprocess/stateful/calibration.js';
import { countCrossings } from '../../../src/postprocess/stateful/counting.js';
import { smoothResults } from '../../../src/postprocess/stateful/smoothing.js';
import { trackObjects } from '../../../src/postprocess/stateful/tracking.js';
import { goldenSequences, withLabels } from './golden.js';

describe('object tracking and counting', () => {
  it.each([...goldenSequences('object-tracking'), ...goldenSequences('object-tracking-crowds')])(
    'give the objects and the counts of the reference SDK in every frame: %s',
    (_, { labels, tracking, countingSegments, frames, expected }) => {
      const tracker = trackObjects(tracking);
      const counter = countCrossings(countingSegments);
      expect(frames).toHaveLength(expected.frames.length);
      for (const [index, frame] of frames.entries()) {
        const boxes = frame.map((box) => ({ ...box, labelIndex: labels.indexOf(box.label) }));
        const tracked = tracker.push(boxes);
        const { openTraces, counts } = expected.frames[index] ?? { openTraces: [], counts: [] };
        expect(tracked).toEqual(
          openTraces.map(({ id, value, ...trace }) => ({
            ...trace,
            objectId: id,
            labelIndex: labels.indexOf(trace.label),
            value: expect.closeTo(value, 6),
            trail: expect.any(Array),
          })),
        );
        expect(counter.push(tracked)).toEqual(counts);
      }
    },
  );
});

describe('performance calibration', () => {
  it.each(goldenSequences('performance-calibration'))(
    'gives the events and values of the reference SDK for every slice: %s',
    (_, { labels, performanceCalibration, sliceSize, intervalMs, frames, expected }) => {
      const block = calibratePerformance(performanceCalibration, { labels, sliceSize, intervalMs });
      expect(frames).toHaveLength(expected.frames.length);
      for (const [index, frame] of frames.entries()) {
        const { detected, classification } = expected.frames[index] ?? { detected: null, classification: [] };
        const result = block.push(withLabels(frame, labels));
        expect(result.detected ?? null).toBe(detected);
        expect(result.values.map(({ label }) => label)).toEqual(labels);
        expect(result.values.map(({ value }) => value)).toEqual(
          classification.map((value) => expect.closeTo(value, 5)),
        );
      }
    },
  );
});

describe('smoothing', () => {
  it.each(goldenSequences('smoothing'))(
    'gives the answers of the reference SDK for every reading: %s',
    (_, { labels, smoothing, frames, expected }) => {
      const block = smoothResults(
        {
          n_readings: smoothing.readings,
          min_readings_same: smoothing.minReadingsSame,
          classifier_confidence: smoothing.classifierConfidence,
          anomaly_confidence: smoothing.anomalyConfidence,
        },
        labels,
      );
      const answers = frames.map(({ values, anomaly }) =>
        block.push({ values: withLabels(values, labels), anomaly }),
      );
      expect(answers).toEqual(expected.frames);
    },
  );
});
