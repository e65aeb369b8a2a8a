import { expect, it } from 'vitest';
import { findPeer } from '../../../src/runtime/engines/packages.js';
import { openDeployment } from '../../../src/runtime/open.js';
import { failure } from '../../deployment/failure.js';
import type { Files } from '../../fixtures/deployment-writer.js';
import { zipOf } from '../../fixtures/deployment-writer.js';
import { dynamicModel, graphModel, layersModel } from '../../fixtures/tensorflow-models.js';
import { describeUnless } from '../../support/not-tested.js';
import { expectedScores, plainColour } from './engines.js';

/** Not a dependency: it has 290 MB. `npm install --no-save @tensorflow/tfjs`, or NODE_PATH, brings it. */
const missing =
  findPeer('@tensorflow/tfjs') === undefined && findPeer('@tensorflow/tfjs-node') === undefined
    ? 'the package @tensorflow/tfjs is not installed (npm install --no-save @tensorflow/tfjs)'
    : undefined;

const colour = [51 / 255, 153 / 255, 77 / 255];
const bytes = (rgb: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 192 }, (_, i) => Math.round((rgb[i % 3] ?? 0) * 255));
const freeform = { input: { inputType: 'other' }, model: { modelType: 'freeform' } } as const;
const picture = {
  input: { inputType: 'image', inputScaling: '0..1' },
  model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
} as const;

async function open(files: Files, options: Parameters<typeof openDeployment>[1]) {
  return openDeployment(await zipOf(files), options);
}

describeUnless(missing, 'Engine tfjs', () => {
  const models: [string, Files][] = [
    ['a layers model', layersModel()],
    ['a graph model', graphModel()],
  ];
  it.each(
    models.flatMap(([name, files]) =>
      (['none', 'process'] as const).map((where) => [name, where, files] as const),
    ),
  )('runs %s, isolation %s', async (_, isolation, files) => {
    await using deployment = await open(files, { modelInfo: picture, isolation });
    const frame = { data: bytes(colour), width: 8, height: 8, format: 'RGB' } as const;
    const answers = await Promise.all([deployment.classifyImage(frame), deployment.classifyImage(frame)]);
    for (const { result = {} } of answers) {
      for (const [index, score] of expectedScores(colour).entries()) {
        expect(Object.values(result)[index]).toBeCloseTo(score, 6);
      }
    }
    expect(deployment.info().learnBlocks[0]?.model).toMatchObject({
      format: 'tfjs',
      inputs: [{ shape: [1, 8, 8, 3], dataType: 'float32' }],
      outputs: [{ shape: [1, 3], dataType: 'float32' }],
      engine: { engine: 'tfjs' },
    });
  });

  it('gives bytes to an input of bytes', async () => {
    await using deployment = await open(graphModel('DT_UINT8'), { modelInfo: freeform });
    const { response } = await deployment.classify({ features: plainColour([0, 1, 0], 'NHWC') });
    const [scores] = response.freeformResult?.outputTensors ?? [];
    expect(scores?.data.map((score) => Math.round(score * 1e4))).toEqual([3, 9993, 3]);
    const refused = await failure(() => deployment.classify({ features: new Array(192).fill(0.5) }));
    expect(refused.code).toBe('ERR_INPUT_TYPE');
  });

  it('gives outputs whose size their input decides', async () => {
    await using deployment = await open(dynamicModel(), { modelInfo: freeform });
    expect(deployment.info().learnBlocks[0]?.model?.outputs).toMatchObject([{ shape: [-1, 2] }]);
    for (const [features, rows] of [
      [
        [1, -1, 1, 1],
        [0, 0, 0, 2, 0, 3],
      ],
      [
        [-1, -1, -1, 2],
        [0, 3],
      ],
    ] as const) {
      const { response } = await deployment.classify({ features });
      expect(response.freeformResult?.outputTensors).toEqual([
        { shape: [rows.length / 2, 2], dataType: 'int32', data: rows },
      ]);
    }
  });

  it('says which operator it lacks', async () => {
    const files = graphModel();
    files.set('model.json', String(files.get('model.json')).replace('"Softmax"', '"Softest"'));
    const refused = await failure(() => open(files, { modelInfo: picture, engine: 'tfjs' }));
    expect(refused.code).toBe('ERR_ENGINE_LOAD');
    expect(refused.message).toMatch(/failed to load model\.json: .*Softest/i);
  });
});
