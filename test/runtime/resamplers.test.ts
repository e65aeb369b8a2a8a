import { beforeAll, describe, expect, it } from 'vitest';
import { RESAMPLERS } from '../../src/deployment/impulse.js';
import { openDeployment, type RawFrame } from '../../src/index.js';
import { preprocessImage } from '../../src/preprocess/index.js';
import { COLOURS, SHADES, tinyClassifier } from '../fixtures/models.js';
import { refusalOf } from './support.js';

const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' } as const;
const COLOUR = { input: image, model: { modelType: 'classification', labels: [...COLOURS] } };
const GRAY = { input: image, model: { modelType: 'classification', labels: [...SHADES] } };

/** Noise, in which every resampler gives other pixels. */
function noise(width: number, height: number): RawFrame {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (Math.imul(i + 1, 2654435761) >>> 21) & 255,
  );
  return { data, width, height, channels: 3 };
}

let frame: RawFrame;
beforeAll(() => {
  frame = noise(60, 44);
});

describe('a deployment', () => {
  it.each(RESAMPLERS)('resizes with the resampler %s when it is told to', async (resampler) => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: COLOUR, resampler });
    const { tensors } = await deployment.classify(frame, { tensors: true });
    const { input, learnBlocks } = deployment.info();
    expect(input).toMatchObject({ resampler });
    const { data } = await preprocessImage(frame, {
      width: 8,
      height: 8,
      channels: 'RGB',
      resizeMode: 'squash',
      resampler,
      scaling: '0..1',
      tensor: learnBlocks[0]?.model?.inputs[0] as { dataType: 'float32' },
    });
    expect(tensors?.[0]?.inputs[0]?.data).toEqual(data);
  });

  it('gives other tensors with other resamplers', async () => {
    const seen = new Set<string>();
    for (const resampler of RESAMPLERS) {
      await using deployment = await openDeployment(tinyClassifier(), { modelInfo: COLOUR, resampler });
      const { tensors } = await deployment.classify(frame, { tensors: true });
      seen.add(String(tensors?.[0]?.inputs[0]?.data));
    }
    expect(seen.size).toBe(RESAMPLERS.length);
  });

  it('takes the gray of the Node SDK, and the shortcut of microcontroller builds, when it is told to', async () => {
    const model = tinyClassifier({ channels: 1, dataType: 'int8' });
    const seen = new Set<string>();
    for (const options of [{}, { gray: 'linear' }, { quantizePath: 'image-quantized' }] as const) {
      await using deployment = await openDeployment(model, { modelInfo: GRAY, ...options });
      const { tensors } = await deployment.classify(frame, { tensors: true });
      seen.add(String(tensors?.[0]?.inputs[0]?.data));
    }
    expect(seen.size).toBe(3);
  });

  it('refuses the shortcut for a model that is not quantised, before a picture comes', async () => {
    const opening = openDeployment(tinyClassifier(), { modelInfo: COLOUR, quantizePath: 'image-quantized' });
    expect((await refusalOf(opening)).code).toBe('ERR_OPTION_INVALID');
  });

  it('refuses a resampler that there is not, with the names of those there are', async () => {
    const error = await refusalOf(
      openDeployment(tinyClassifier(), { modelInfo: COLOUR, resampler: 'lanczos' as never }),
    );
    expect(error.message).toContain('vips-8.14');
  });

  it('resizes frame after frame into memory that it has, and mixes none of them up', async () => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: COLOUR });
    const frames = Array.from({ length: 40 }, (_, i) => noise(20 + i, 15 + (i % 7)));
    const alone = [];
    for (const each of frames) alone.push(await deployment.classifyImage(each));
    expect(await Promise.all(frames.map((each) => deployment.classifyImage(each)))).toEqual(alone);
  });
});
