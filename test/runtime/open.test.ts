import { describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import {
  COLOURS,
  customOperatorModel,
  tinyClassifier,
  tinyFomo,
  tinyFomoLabels,
} from '../fixtures/models.js';
import { deployableEngines, refusalOf, solid } from './support.js';

const classification = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: [...COLOURS] },
} as const;

describe('openDeployment() refuses', () => {
  it('an unknown option, naming the nearest', async () => {
    const error = await refusalOf(openDeployment(tinyClassifier(), { modelinfo: classification } as object));
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_OPTION_UNKNOWN' });
    expect(error.message).toContain("Did you mean 'modelInfo'?");
  });

  it('a path where there is nothing', async () => {
    const error = await refusalOf(openDeployment('/nowhere/coffee-cups.zip'));
    expect(error).toMatchObject({ name: 'DeploymentError', code: 'ERR_DEPLOYMENT_NOT_FOUND' });
    expect(error.message).toContain('/nowhere/coffee-cups.zip');
  });

  it('a model cut in half, on every engine', async () => {
    const model = tinyClassifier();
    const half = model.subarray(0, model.length >> 1);
    const error = await refusalOf(openDeployment(half, { modelInfo: classification }));
    expect(error.name).toBe('DeploymentError');
  });

  it('more labels than the model has outputs, with both numbers', async () => {
    const modelInfo = {
      ...classification,
      model: { modelType: 'classification', labels: ['a', 'b', 'c', 'd'] },
    };
    const error = await refusalOf(openDeployment(tinyClassifier(), { modelInfo }));
    expect(error).toMatchObject({ name: 'DeploymentError', code: 'ERR_DEPLOYMENT_INCONSISTENT' });
    expect(error.message).toMatch(/4/);
    expect(error.message).toMatch(/\[1, 3\]/);
  });

  it('a last layer whose outputs the model does not have, with both shapes', async () => {
    const model = {
      modelType: 'object-detection',
      lastLayer: 'yolov5',
      labels: ['a'],
      minimumConfidence: 0.5,
    };
    const error = await refusalOf(
      openDeployment(tinyClassifier(), { modelInfo: { ...classification, model } }),
    );
    expect(error.code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(error.message).toContain('[1, 3]');
    expect(error.message).toContain('6');
  });

  it('an operator that no engine here has, naming it and each engine', async () => {
    const modelInfo = { input: { inputType: 'other' }, model: { modelType: 'freeform' } };
    const error = await refusalOf(openDeployment(customOperatorModel('ImaginaryOperator'), { modelInfo }));
    expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_OPERATOR' });
    expect(error.message).toContain('ImaginaryOperator');
    expect(error.message).toContain('litert-wasm');
  });

  it('an engine for another kind of model', async () => {
    const error = await refusalOf(
      openDeployment(tinyClassifier(), { modelInfo: classification, engine: 'onnx' }),
    );
    expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
    expect(error.message).toContain('onnx');
  });

  it('a TFLite library that is not there, although another engine could take over', async () => {
    const error = await refusalOf(
      openDeployment(tinyClassifier(), {
        modelInfo: classification,
        tfliteLibrary: '/nowhere/libtensorflowlite_c.so',
      }),
    );
    expect(error.name).toBe('EngineError');
    expect(error.message).toContain('/nowhere/libtensorflowlite_c.so');
  });

  it('a threshold that no block has', async () => {
    const error = await refusalOf(
      openDeployment(tinyFomo(), {
        modelInfo: {
          input: classification.input,
          model: {
            modelType: 'object-detection',
            lastLayer: 'fomo',
            labels: [...tinyFomoLabels()],
            minimumConfidence: 0.5,
          },
        },
        thresholds: { min_scor: 0.4 },
      }),
    );
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_THRESHOLD_UNKNOWN' });
    expect(error.message).toContain('min_score');
  });
});

describe.each(deployableEngines)('a model on %s', (engine) => {
  it.each(['float32', 'int8', 'uint8'] as const)('with %s tensors tells colours apart', async (dataType) => {
    await using deployment = await openDeployment(tinyClassifier({ dataType }), {
      modelInfo: classification,
      engine,
    });
    expect(deployment.info().learnBlocks[0]?.model?.engine.engine).toBe(engine);
    for (const [index, label] of COLOURS.entries()) {
      const { success, result } = await deployment.classifyImage(solid(index, 40, 30));
      expect(success).toBe(true);
      expect(Object.keys(result ?? {})).toEqual([...COLOURS]);
      expect(result?.[label]).toBeGreaterThan(0.98);
    }
  });

  it('reports the threads and the library it really has', async () => {
    await using deployment = await openDeployment(tinyClassifier(), {
      modelInfo: classification,
      engine,
      threads: 2,
    });
    const [block] = deployment.info().learnBlocks;
    expect(block?.model?.engine.version).toMatch(/\d/);
    expect(block?.model?.engine.threads).toBeGreaterThanOrEqual(1);
    expect(block?.model?.engine.threads).toBeLessThanOrEqual(2);
    expect(block?.model?.otherEngines.map((attempt) => attempt.engine)).toContain('onnx');
  });
});
