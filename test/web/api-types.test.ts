import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Classification, type Deployment, openDeployment } from '../../src/index.js';
import { modelSummary } from '../../src/server/model-summary.js';
import type { Answer, Model } from '../../src/web/api-types.js';
import { thresholdSettings } from '../../src/web/thresholds.js';
import { example, writeDeployments } from './browser.js';

/** The compiler refuses these where the page reads what the server does not give. */
const asModel = (summary: ReturnType<typeof modelSummary>): Model => summary;
const asAnswer = (classification: Classification): Answer => classification;

describe('what the page reads of a model', () => {
  let folder: string;
  let paths: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'impulse-page-types-'));
    paths = await writeDeployments(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function opened<T>(
    name: string,
    work: (deployment: Deployment, model: Model) => T,
  ): Promise<Awaited<T>> {
    await using deployment = await openDeployment(paths.find((path) => path.endsWith(name)) ?? '');
    const named = { id: name, name, origin: 'served', use: () => Promise.reject() } as const;
    return await work(deployment, asModel(modelSummary(named, deployment.info())));
  }

  it('is what the server tells', async () => {
    await opened('shapes.zip', (_, model) => {
      expect(model.input).toMatchObject({ inputType: 'image', width: 96, height: 96 });
      expect(model.learnBlocks).toMatchObject([
        { modelType: 'object-detection', lastLayer: 'fomo', labels: ['circle', 'square', 'triangle'] },
      ]);
    });
  });

  it.each([
    ['shapes.zip', { min_score: 0.5 }],
    ['grid.tflite', { min_anomaly_score: 4, anomaly_scoring_aggregation_method: 'max' }],
    ['colours.tflite', undefined],
  ])('holds each threshold of %s that a request may change', async (name, thresholds) => {
    await opened(name, async (deployment, model) => {
      expect(model.learnBlocks[0]?.thresholds).toEqual(thresholds);
      const own = Object.fromEntries(thresholdSettings(model).map((setting) => [setting.name, setting.own]));
      if (name !== 'shapes.zip') return;
      const answer = asAnswer(await deployment.classify(example('shapes.jpg'), { thresholds: own }));
      expect(answer.boxes).toHaveLength(7);
    });
  });
});
