import { afterAll, describe, expect, it } from 'vitest';
import { openEim } from '../../../../src/runtime/engines/eim.js';
import type { ImpulseRunner } from '../../../../src/runtime/impulse-runner.js';
import type { FakeConfig } from '../../../fixtures/eim/fake-eim.js';
import { pictureHello, removeFakeEims, soundHello, writeFakeEim } from '../../../fixtures/eim/fake-eim.js';
import { refusalOf } from '../../support.js';

afterAll(removeFakeEims);

async function withFake<T>(config: FakeConfig, use: (runner: ImpulseRunner) => Promise<T>): Promise<T> {
  const runner = await openEim(writeFakeEim(config), { allowExecution: true, isolation: 'none' });
  try {
    return await use(runner);
  } finally {
    await runner.close();
  }
}

const PIXELS = Float32Array.from({ length: 16 }, (_, index) => index * 1000);

/** Result of a runner of pictures of 4 x 4. */
function resultOf(
  labels: string[],
  more: Record<string, unknown>,
  result: Record<string, unknown>,
  memory = {},
) {
  return withFake({ hello: pictureHello(labels, 4, more), result, memory }, (runner) =>
    runner.classify(PIXELS),
  );
}

describe('what a runner says of itself', () => {
  it('becomes an impulse', async () => {
    await withFake(
      { hello: pictureHello(['cup', 'glass'], 8), memory: {} },
      async ({ impulse, details, sliceSize }) => {
        expect(impulse).toMatchObject({
          project: {
            id: 7,
            owner: 'Somebody',
            name: 'Cups',
            deployVersion: 3,
            impulseId: 1,
            impulseName: 'Impulse #1',
          },
          input: {
            inputType: 'image',
            width: 8,
            height: 8,
            channels: 'RGB',
            resizeMode: 'fit-short',
            cropAnchor: 'middle-center',
          },
          learnBlocks: [{ modelType: 'classification', labels: ['cup', 'glass'] }],
        });
        expect(details).toEqual({
          engine: 'eim',
          inner: 'tflite',
          isolation: expect.stringMatching(/^none/),
          notes: [],
        });
        expect(sliceSize).toBeUndefined();
      },
    );
  });

  it('has defaults where it is old', async () => {
    const model_parameters = {
      axis_count: 1,
      image_channel_count: 1,
      image_input_height: 4,
      image_input_width: 4,
      input_features_count: 16,
      labels: ['beer', 'can'],
    };
    const hello = { model_parameters };
    await withFake({ hello, old: true, result: { classification: { beer: 1, can: 0 } } }, async (runner) => {
      expect(runner.impulse.input).toMatchObject({ channels: 'Grayscale', resizeMode: 'fit-short' });
      expect(runner.impulse.learnBlocks).toMatchObject([
        { modelType: 'classification', labels: ['beer', 'can'] },
      ]);
      expect(runner.details.notes).toEqual([
        expect.stringMatching(/does not say how pictures are resized/),
        expect.stringMatching(/sent as text.*older than that/),
      ]);
      expect((await runner.classify(PIXELS)).decoded).toMatchObject([
        { values: [{ value: 1 }, { value: 0 }] },
      ]);
    });
  });

  it.each([
    ['audio', { sensor: 1, frequency: 16_000 }],
    ['time-series', { sensor: 2, frequency: 62.5 }],
    ['other', { sensor: -1, frequency: 0 }],
  ])('tells %s', async (inputType, more) => {
    await withFake({ hello: soundHello(['a', 'b'], { ...more, axis_count: 2 }) }, async ({ impulse }) => {
      expect(impulse.input).toMatchObject({ inputType, featureCount: 4, axes: ['axis0', 'axis1'] });
    });
  });

  it('names its thresholds and tracking', async () => {
    const thresholds = [
      { id: 4, type: 'object_detection', min_score: 0.5 },
      { id: 9, type: 'object_tracking', keep_grace: 5, max_observations: 4, threshold: 0.5 },
    ];
    const more = { model_type: 'constrained_object_detection', has_object_tracking: true, thresholds };
    await withFake({ hello: pictureHello(['cup'], 4, more) }, async ({ impulse }) => {
      expect(impulse.learnBlocks).toMatchObject([
        { id: 4, lastLayer: 'fomo', thresholds: { min_score: 0.5 } },
      ]);
      expect(impulse.tracking).toEqual({ keep_grace: 5, max_observations: 4, threshold: 0.5, use_iou: true });
    });
  });

  it.each([
    [
      'without a count of features',
      { input_features_count: undefined },
      /at model_parameters.input_features_count/,
    ],
    [
      'whose picture has another count',
      { input_features_count: 17 },
      /pictures of 4 x 4 pixels, but 17 features/,
    ],
    ['with labels that are no text', { labels: [1] }, /at model_parameters.labels.0/],
    ['of no block', { labels: [] }, /names neither labels/],
  ])('is refused %s', async (_, more, message) => {
    const path = writeFakeEim({ hello: pictureHello(['cup'], 4, more) });
    const refusal = await refusalOf(openEim(path, { allowExecution: true, isolation: 'none' }));
    expect(refusal).toMatchObject({ code: 'ERR_ENGINE_OUTPUT', message: expect.stringMatching(message) });
  });

  it.each([
    ['video', { image_input_frames: 2 }, /2 frames of video/],
    ['an unknown type', { model_type: 'telepathy' }, /'telepathy'/],
  ])('is refused for %s', async (_, more, message) => {
    const path = writeFakeEim({ hello: pictureHello(['cup'], 4, more) });
    const refusal = await refusalOf(openEim(path, { allowExecution: true, isolation: 'none' }));
    expect(refusal).toMatchObject({ code: 'ERR_UNSUPPORTED_BLOCK', message: expect.stringMatching(message) });
  });
});

describe('results', () => {
  it('of classification come in the order of the labels, equal ones once, whatever the labels are', async () => {
    const labels = ['z}"', 'a{', 'constructor', '__proto__', 'ậ🥤\\', 'a{'];
    const classification = JSON.parse(
      '{"z}\\"":0.5,"a{":0.25,"constructor":0.125,"__proto__":0.0625,"ậ🥤\\\\":0.03125}',
    );
    const { decoded } = await resultOf(labels, {}, { classification });
    expect(decoded).toEqual([
      {
        modelType: 'classification',
        values: [
          { label: 'z}"', value: 0.5 },
          { label: 'a{', value: 0.25 },
          { label: 'constructor', value: 0.125 },
          { label: '__proto__', value: 0.0625 },
          { label: 'ậ🥤\\', value: 0.03125 },
        ],
      },
    ]);
  });

  it('of regression are its value', async () => {
    const { decoded } = await resultOf(['value'], {}, { classification: { value: -3.25 } });
    expect(decoded).toEqual([{ modelType: 'regression', values: [{ label: 'value', value: -3.25 }] }]);
  });

  it('of detection are boxes of whole pixels, of tracking objects with an id', async () => {
    const box = { x: 1, y: 2, width: 3, height: 1 };
    const { decoded, tracked } = await resultOf(
      ['cup', 'glass'],
      { model_type: 'object_detection', has_object_tracking: true },
      {
        bounding_boxes: [{ label: 'glass', value: 0.9, ...box }],
        object_tracking: [{ object_id: 12, label: 'cup', value: 1, ...box }],
      },
    );
    expect(decoded).toEqual([
      {
        modelType: 'object-detection',
        boxes: [{ label: 'glass', labelIndex: 1, value: Math.fround(0.9), ...box }],
      },
    ]);
    expect(tracked).toEqual([{ objectId: 12, label: 'cup', labelIndex: 0, value: 1, ...box }]);
  });

  it('of visual anomaly detection are cells on a grid', async () => {
    const cell = { label: 'anomaly', y: 2, width: 2, height: 2 };
    const { decoded } = await resultOf(
      [],
      { has_anomaly: 3, thresholds: [{ id: 3, type: 'anomaly_gmm', min_anomaly_score: 5 }] },
      {
        anomaly: 7.5,
        visual_anomaly_grid: [{ ...cell, value: 7.5, x: 2 }],
        visual_anomaly_max: 7.5,
        visual_anomaly_mean: 2.5,
      },
    );
    expect(decoded).toEqual([
      {
        modelType: 'visual-anomaly',
        cells: [{ ...cell, labelIndex: 0, value: 7.5, x: 2 }],
        scores: [
          [0, 0],
          [0, 7.5],
        ],
        maxScore: 7.5,
        meanScore: 2.5,
        score: 7.5,
      },
    ]);
  });

  it('of K-means stand beside the classes', async () => {
    const { decoded } = await resultOf(
      ['on', 'off'],
      { has_anomaly: 1 },
      { classification: { off: 1, on: 0 }, anomaly: -0.5 },
    );
    expect(decoded).toEqual([
      {
        modelType: 'classification',
        values: [
          { label: 'on', value: 0 },
          { label: 'off', value: 1 },
        ],
      },
      { modelType: 'anomaly', score: -0.5 },
    ]);
  });

  it.each([
    ['shared memory', {}],
    ['text', 'shm_open failed (13)'],
  ])('of freeform models are tensors, through %s', async (_, memory) => {
    const freeform = [[1, 2.5, -3], [0.125]];
    const { decoded } = await resultOf([], { model_type: 'freeform' }, { freeform }, memory);
    expect(decoded).toEqual([
      {
        modelType: 'freeform',
        tensors: freeform.map((numbers, index) => ({
          name: `output ${index}`,
          shape: [numbers.length],
          dataType: 'float32',
          data: Float32Array.from(numbers),
        })),
      },
    ]);
  });

  it.each([
    ['a missing score', ['cup', 'glass'], {}, { classification: { cup: 1 } }, /classification\['glass'\]/],
    ['a missing kind of result', ['cup'], { model_type: 'object_detection' }, {}, /without bounding_boxes/],
    [
      'a missing anomaly score',
      ['cup', 'b'],
      { has_anomaly: 1 },
      { classification: { cup: 1, b: 0 } },
      /without anomaly/,
    ],
    [
      'an unknown label',
      ['cup'],
      { model_type: 'object_detection' },
      { bounding_boxes: [{ label: 'x', value: 1, x: 0, y: 0, width: 1, height: 1 }] },
      /label 'x'/,
    ],
    [
      'a score that is text',
      ['cup', 'b'],
      {},
      { classification: { cup: 'high', b: 0 } },
      /at result.classification/,
    ],
    [
      'a box without a size',
      ['cup'],
      { model_type: 'object_detection' },
      { bounding_boxes: [{ label: 'cup', value: 1, x: 0, y: 0 }] },
      /at result.bounding_boxes.0.width/,
    ],
  ])('with %s are refused, and the runner goes on', async (_, labels, more, result, message) => {
    await withFake({ hello: pictureHello(labels, 4, more), result, memory: {} }, async (runner) => {
      for (let time = 0; time < 2; time++) {
        const refusal = await refusalOf(runner.classify(PIXELS));
        expect(refusal).toMatchObject({ code: 'ERR_ENGINE_OUTPUT', message: expect.stringMatching(message) });
      }
    });
  });

  it('hold the time that the runner states', async () => {
    const config = {
      hello: soundHello(['a', 'b']),
      result: { classification: { a: 1, b: 0 } },
      timing: { anomaly: 1, classification: 3, dsp: 2, postprocessing: 5 },
    };
    await withFake(config, async (runner) => {
      const { timing } = await runner.classify(new Float32Array(4));
      expect(timing).toEqual({ queueMs: expect.any(Number), dspMs: 2, inferenceMs: 4, postprocessMs: 5 });
    });
  });
});

describe('features', () => {
  const echo = { hello: soundHello(['first', 'last', 'sum']), result: { echo: true } };
  const scores = async (runner: ImpulseRunner, features: number[]): Promise<number[]> => {
    const [decoded] = (await runner.classify(Float32Array.from(features))).decoded;
    if (decoded?.modelType !== 'classification') throw new Error('No scores.');
    return decoded.values.map(({ value }) => value);
  };

  it.each<[string, FakeConfig['memory']]>([
    ['shared memory', {}],
    ['text, where there is none', undefined],
    ['text, where the runner could make none', 'shm_open for /shm-1 failed (28)'],
    ['text, where its size is not what it says', { elements: 5000 }],
    ['text, where it claims to be larger than memory', { elements: 2 ** 40, size_bytes: 2 ** 42 }],
    ['text, where its name leads elsewhere', { name: '/../../etc/passwd' }],
    ['text, where it has another type', { type: 'int8' }],
    ['text, where the name is not to be found', { name: '/shm-none' }],
  ])('arrive by %s', async (way, memory) => {
    await withFake({ ...echo, ...(memory !== undefined && { memory }) }, async (runner) => {
      expect(runner.details.notes.join().includes('sent as text')).toBe(way.startsWith('text'));
      const tenth = Math.fround(0.1);
      expect(await scores(runner, [0.1, 1, 2, 16_777_215])).toEqual([
        tenth,
        16_777_215,
        Math.fround(tenth + 16_777_218),
      ]);
      expect(await scores(runner, [-5, 0, 0, 1e-30])).toEqual([-5, Math.fround(1e-30), -5]);
    });
  });

  it('are checked before they are sent', async () => {
    await withFake(echo, async (runner) => {
      const cases: [Promise<unknown>, string][] = [
        [runner.classify(new Float32Array(3)), 'ERR_INPUT_LENGTH'],
        [runner.classifyContinuous(new Float32Array(2)), 'ERR_INPUT_LENGTH'],
        [runner.classify(Float32Array.of(0, Number.NaN, 0, 0)), 'ERR_INPUT_NOT_FINITE'],
        [runner.classify(Float32Array.of(0, 0, 0, Number.POSITIVE_INFINITY)), 'ERR_INPUT_NOT_FINITE'],
      ];
      for (const [promise, code] of cases)
        expect(await refusalOf(promise)).toMatchObject({ name: 'InputError', code });
    });
  });

  it('too many to be sent as text are refused before the runner would end itself', async () => {
    const hello = soundHello(['a', 'b'], { input_features_count: 4_000_000 });
    await withFake({ hello, result: { classification: { a: 1, b: 0 } } }, async (runner) => {
      const refusal = await refusalOf(runner.classify(new Float32Array(4_000_000).fill(-0.123_456_7)));
      expect(refusal).toMatchObject({
        code: 'ERR_ENGINE_RUN',
        message: expect.stringMatching(/no more than 33554432/),
      });
      expect((await runner.classify(new Float32Array(4_000_000))).decoded).toHaveLength(1);
    });
  });
});

describe('continuous mode', () => {
  it('gives zeros until a window is full', async () => {
    await withFake(
      { hello: soundHello(['a', 'b']), result: { classification: { a: 0.75, b: 0.25 } } },
      async (runner) => {
        const answers = [];
        for (let slice = 0; slice < 5; slice++)
          answers.push((await runner.classifyContinuous(new Float32Array(1))).decoded);
        const firsts = answers.map(([decoded]) =>
          decoded?.modelType === 'classification' ? decoded.values[0]?.value : null,
        );
        expect(firsts).toEqual([0, 0, 0, 0.75, 0.75]);
      },
    );
  });

  it('is refused where there is none', async () => {
    await withFake({ hello: pictureHello(['a', 'b'], 4) }, async (runner) => {
      expect(await refusalOf(runner.classifyContinuous(new Float32Array(4)))).toMatchObject({
        code: 'ERR_UNSUPPORTED_BLOCK',
      });
    });
  });
});

describe('thresholds', () => {
  const boxes = [0.3, 0.6].map((value) => ({ label: 'cup', value, x: 0, y: 0, width: 1, height: 1 }));
  const more = {
    model_type: 'object_detection',
    thresholds: [{ id: 6, type: 'object_detection', min_score: 0.5 }],
  };
  const detector = { hello: pictureHello(['cup'], 4, more), result: { bounding_boxes: boxes }, memory: {} };

  async function found(runner: ImpulseRunner): Promise<number> {
    const [decoded] = (await runner.classify(PIXELS)).decoded;
    return decoded?.modelType === 'object-detection' ? decoded.boxes.length : -1;
  }

  it('change what is found, by name or for one block', async () => {
    await withFake(detector, async (runner) => {
      expect(await found(runner)).toBe(1);
      await runner.setThresholds({ min_score: 0.2 });
      expect(await found(runner)).toBe(2);
      await runner.setThresholds({ '6.min_score': 0.9 });
      expect(await found(runner)).toBe(0);
    });
  });

  it('that do not exist or are out of range are refused, and nothing is changed', async () => {
    await withFake(detector, async (runner) => {
      expect(await refusalOf(runner.setThresholds({ min_scor: 0.2 }))).toMatchObject({
        code: 'ERR_THRESHOLD_UNKNOWN',
      });
      expect(await refusalOf(runner.setThresholds({ min_score: 2 }))).toMatchObject({
        code: 'ERR_THRESHOLD_INVALID',
      });
      expect(await refusalOf(runner.setThresholds({ '5.min_score': 0.2 }))).toMatchObject({
        code: 'ERR_THRESHOLD_UNKNOWN',
      });
      expect(await found(runner)).toBe(1);
    });
  });

  it('of a runner that has none are refused', async () => {
    const hello = pictureHello(['cup'], 4, { model_type: 'object_detection', thresholds: undefined });
    await withFake({ ...detector, hello, old: true }, async (runner) => {
      const refusal = await refusalOf(runner.setThresholds({ min_score: 0.2 }));
      expect(refusal).toMatchObject({
        code: 'ERR_THRESHOLD_UNKNOWN',
        message: expect.stringMatching(/before 2025/),
      });
    });
  });

  it('choose which number of a grid is the score, without a word to the runner', async () => {
    const visual = { has_anomaly: 3, thresholds: [{ id: 3, type: 'anomaly_gmm', min_anomaly_score: 5 }] };
    const result = { anomaly: 1, visual_anomaly_grid: [], visual_anomaly_max: 4, visual_anomaly_mean: 1.5 };
    await withFake({ hello: pictureHello([], 4, visual), result }, async (runner) => {
      await runner.setThresholds({ anomaly_scoring_aggregation_method: 'mean' });
      expect((await runner.classify(PIXELS)).decoded).toMatchObject([
        { score: 1.5, maxScore: 4, scores: [] },
      ]);
    });
  });
});
