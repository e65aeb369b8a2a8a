import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINE_NAMES } from '../../src/runtime/session.js';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
beforeAll(() => {
  space = makeWorkspace();
});
afterAll(() => space.remove());

describe('impulse inspect', () => {
  it('shows input, labels, tensors, last layer, thresholds, and why the other engines were not chosen', async () => {
    const { code, stdout } = await impulse(['inspect', space.detector]);
    for (const fact of [
      'plain model',
      'image, 32 x 32, RGB, resize mode squash',
      'last layer fomo',
      '3: red, green, blue',
      'min_score 0.5',
      '[1, 32, 32, 3]  float32',
      '[1, 4, 4, 4]',
      'not onnx',
    ]) {
      expect(stdout).toContain(fact);
    }
    expect(stdout).toMatch(/\n {2}engine +(tflite|litert-wasm) \d/);
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('with --json prints the same facts as data', async () => {
    const { code, stdout } = await impulse(['inspect', space.detector, '--json', '--engine', 'litert-wasm']);
    const info: unknown = JSON.parse(stdout);
    expect(info).toMatchObject({
      format: 'plain-model',
      input: { inputType: 'image', width: 32, height: 32, channels: 'RGB' },
      learnBlocks: [
        {
          block: {
            modelType: 'object-detection',
            lastLayer: 'fomo',
            labels: ['red', 'green', 'blue'],
            thresholds: { min_score: 0.5 },
          },
          model: {
            format: 'tflite',
            inputs: [{ shape: [1, 32, 32, 3], dataType: 'float32' }],
            engine: { engine: 'litert-wasm', version: expect.any(String) },
          },
        },
      ],
    });
    expect(code).toBe(0);
  });

  it('shows changed thresholds and resize modes', async () => {
    const args = ['inspect', space.detector, '--threshold', 'min_score=0.25', '--resize-mode', 'fit-long'];
    const { stdout } = await impulse(args);
    expect(stdout).toContain('min_score 0.25');
    expect(stdout).toContain('resize mode fit-long');
  });

  it('ends with 1 for a deployment that is not there', async () => {
    const { code, stdout, stderr } = await impulse(['inspect', space.at('missing.zip'), '--json']);
    expect(stderr).toContain('ERR_DEPLOYMENT_NOT_FOUND');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

describe('impulse doctor', () => {
  it('shows the machine and each engine, and ends well where one works', async () => {
    const { code, stdout, stderr } = await impulse(['doctor']);
    for (const fact of [
      'CPU',
      'Node.js',
      process.versions.node,
      'memory',
      'sharp',
      'libvips',
      ...ENGINE_NAMES,
    ]) {
      expect(stdout).toContain(fact);
    }
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('with --json prints the same facts as data', async () => {
    const { stdout } = await impulse(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cpu: { usable: expect.any(Number) },
      engines: ENGINE_NAMES.map((name) => ({ name, available: expect.any(Boolean) })),
    });
  });

  it('gives one line that would mend an engine that is missing', async () => {
    const { stdout } = await impulse(['doctor', '--json'], {
      env: { IMPULSE_TFLITE_LIBRARY: space.at('detector.json') },
    });
    const { engines } = JSON.parse(stdout) as {
      engines: { name: string; available: boolean; remedy?: string }[];
    };
    const tflite = engines.find(({ name }) => name === 'tflite');
    expect(tflite).toMatchObject({ available: false, remedy: expect.stringMatching(/^\S.*$/) });
    expect(tflite?.remedy).not.toContain('\n');
  });
});
