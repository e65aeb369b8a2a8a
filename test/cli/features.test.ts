import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { imageFeatures, parseFeatures, resizeImage } from '../../src/preprocess/index.js';
import { tinyRegression } from '../fixtures/models.js';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
let red: string;
let signal: string;
beforeAll(async () => {
  space = makeWorkspace();
  red = await space.draw('red.png', { '#ff0000': [80, 60], '#00ff00': [160, 120] });
  signal = space.at('signal.tflite');
  writeFileSync(signal, tinyRegression());
  writeFileSync(
    space.at('signal.json'),
    JSON.stringify({
      input: { inputType: 'other', inputScaling: '0..1' },
      model: { modelType: 'regression', labels: ['value'] },
    }),
  );
});
afterAll(() => space.remove());

function saved(name: string, text: string): string {
  writeFileSync(space.at(name), text);
  return space.at(name);
}

async function featuresOf(picture: string): Promise<number[]> {
  const { pixels } = await resizeImage(picture, { width: 32, height: 32, resizeMode: 'squash' });
  return [...imageFeatures(pixels)];
}

describe('impulse features', () => {
  it('prints the colours of the resized picture as the studio shows them', async () => {
    const { code, stdout, stderr } = await impulse(['features', space.detector, red]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^0x[0-9a-f]{6}(, 0x[0-9a-f]{6}){1023}\n$/);
    expect(parseFeatures(stdout)).toEqual(await featuresOf(red));
  });

  it('--json, --out', async () => {
    const out = space.at('features.json');
    const { code, stdout } = await impulse(['features', space.detector, red, '--json', '--out', out]);
    expect([code, stdout]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ features: await featuresOf(red) });
  });

  it('of several pictures: a line for each, and those that can not be used on stderr', async () => {
    const missing = space.at('missing.png');
    const { code, stdout, stderr } = await impulse(['features', space.detector, red, missing, red, '--json']);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_INPUT_NOT_FOUND');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: string });
    expect(lines.map(({ file }) => file)).toEqual([red, red]);
  });

  it('follows the EXIF orientation on request', async () => {
    const turned = space.at('turned.jpg');
    await sharp(red).withMetadata({ orientation: 3 }).jpeg().toFile(turned);
    const [plain, upright] = await Promise.all(
      [[], ['--orientation', 'exif']].map((options) =>
        impulse(['features', space.detector, turned, ...options]),
      ),
    );
    expect(upright?.code).toBe(0);
    expect(parseFeatures(upright?.stdout ?? '')).not.toEqual(parseFeatures(plain?.stdout ?? ''));
  });

  it('says that samples of a signal are features already', async () => {
    const { code, stdout, stderr } = await impulse(['features', signal, red]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('ERR_INPUT_TYPE');
    expect(stderr).toContain('classify --features');
  });

  it('writes nothing where a picture fails', async () => {
    const out = space.at('none.txt');
    const { code } = await impulse(['features', space.detector, red, space.at('missing.png'), '--out', out]);
    expect(code).toBe(1);
    expect(() => readFileSync(out)).toThrow();
  });
});

describe('impulse classify --features', () => {
  async function responseTo(args: readonly string[], input?: Uint8Array): Promise<unknown> {
    const { code, stdout, stderr } = await impulse(
      ['classify', ...args, '--json', '-q'],
      input === undefined ? {} : { input },
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout);
  }

  it('answers as for the picture itself: from the text, the JSON, and stdin', async () => {
    const expected = await responseTo([space.detector, red]);
    expect(expected).toMatchObject({ boundingBoxes: [{ label: 'red' }, { label: 'green' }] });
    const text = (await impulse(['features', space.detector, red])).stdout;
    const json = (await impulse(['features', space.detector, red, '--json'])).stdout;
    for (const [name, content] of [['f.txt', text] as const, ['f.json', json] as const]) {
      expect(await responseTo([space.detector, '--features', saved(name, content)])).toEqual(expected);
    }
    expect(await responseTo([space.detector, '--features', '-'], Buffer.from(text))).toEqual(expected);
  });

  it('takes the samples of a signal', async () => {
    const deployment = await openDeployment(signal);
    const { input } = deployment.info();
    const count = input.inputType === 'image' ? 0 : input.featureCount;
    const values = Array.from({ length: count }, (_, index) => index / 10);
    const { response } = await deployment.classify({ features: values });
    await deployment.close();
    const file = saved('window.csv', values.join('\n'));
    expect(await responseTo([signal, '--features', file])).toEqual(response);
  });

  it('draws on the picture that the features are', async () => {
    const file = saved('drawn.txt', (await impulse(['features', space.detector, red])).stdout);
    const folder = space.at('annotated');
    const { code } = await impulse(['classify', space.detector, '--features', file, '--annotate', folder]);
    expect(code).toBe(0);
    expect(await sharp(space.at('annotated', 'drawn.annotated.png')).metadata()).toMatchObject({
      width: 32,
      height: 32,
    });
  });

  const colours = (count: number): string => Array(count).fill('0x102030').join(', ');

  it.each<[string, () => string, string, string[]]>([
    ['too few', () => colours(1023), 'ERR_INPUT_LENGTH', ['32 x 32 = 1024', 'received 1023']],
    ['no number', () => `${colours(3)}, red`, 'ERR_INPUT_TYPE', ['number 4 (line 1, column 31)', "'red'"]],
    ['NaN', () => `nan, ${colours(1023)}`, 'ERR_INPUT_NOT_FINITE', ['number 1 (line 1, column 1)']],
    ['a fraction', () => `${colours(1023)}, 0.5`, 'ERR_INPUT_TYPE', ['Feature 1023 is 0.5', '0xffffff']],
    ['an empty file', () => '', 'ERR_INPUT_LENGTH', ['no number']],
  ])('refuses %s, saying where and what is expected', async (name, text, errorCode, words) => {
    const file = saved(`${name}.txt`, text());
    const { code, stdout, stderr } = await impulse(['classify', space.detector, '--features', file]);
    expect([code, stdout]).toEqual([1, '']);
    for (const word of [errorCode, ...words]) expect(stderr).toContain(word);
  });

  it('refuses a file that is not there', async () => {
    const { code, stderr } = await impulse(['classify', space.detector, '--features', space.at('no.txt')]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_INPUT_NOT_FOUND');
  });

  it.each([
    ['beside a picture', ['b.jpg', '--features', 'f.txt'], 'takes the place of pictures'],
    ['beside frames', ['--features', 'f.txt', '--frames', '8x8'], 'takes the place of pictures'],
    ['neither features nor a picture', [], "missing required argument 'image'"],
    ['a format without frames', ['b.jpg', '--frame-format', 'NV12'], 'give their size with --frames'],
    ['an unknown format', ['-', '--frames', '8x8', '--frame-format', 'NV13'], "Did you mean 'NV12'?"],
    ['an unknown orientation', ['b.jpg', '--orientation', 'exiff'], "Did you mean 'exif'?"],
  ])('is wrong usage %s', async (_, args, words) => {
    const { code, stdout, stderr } = await impulse(['classify', 'a.zip', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  it('files about pictures are refused for a signal', async () => {
    const file = saved('signal.txt', '1');
    for (const option of ['--annotate', '--explain']) {
      const args = ['classify', signal, '--features', file, option, space.at('unused')];
      const { code, stderr } = await impulse(args);
      expect(code).toBe(2);
      expect(stderr).toContain(`${option} is about pictures`);
    }
  });
});

describe('impulse classify --frame-format', () => {
  it('reads YUV frames: the answer is that of the same colours in RGB', async () => {
    const [width, height] = [32, 32];
    // A red cell, the rest black: BT.601 of full red is Y 81, U 90, V 240.
    const inside = (x: number, y: number): boolean => x >= 8 && x < 16 && y >= 8 && y < 16;
    const luma = Array.from({ length: width * height }, (_, index) =>
      inside(index % width, Math.floor(index / width)) ? 81 : 16,
    );
    const chroma = Array.from({ length: (width * height) / 4 }, (_, index) =>
      inside((index % 16) * 2, Math.floor(index / 16) * 2) ? [90, 240] : [128, 128],
    ).flat();
    const input = Uint8Array.from([...luma, ...chroma]);
    const args = ['classify', space.detector, '-', '--frames', '32x32', '--frame-format', 'NV12', '--json'];
    const { code, stdout } = await impulse(args, { input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      frame: 0,
      boundingBoxes: [{ label: 'red', x: 0.25, y: 0.25 }],
    });
  });

  it('says how many bytes a frame has', async () => {
    const args = ['classify', space.detector, '-', '--frames', '32x32', '--frame-format', 'YUYV'];
    const { code, stderr } = await impulse(args, { input: new Uint8Array(2047) });
    expect(code).toBe(1);
    expect(stderr).toContain('32 x 32 YUYV = 2048 bytes but received 2047');
  });
});

it('--max-pixels bounds the pictures', async () => {
  const { code, stderr } = await impulse(['classify', space.detector, red, '--max-pixels', '1000']);
  expect(code).toBe(1);
  expect(stderr).toContain('limit of 1000 pixels');
});
