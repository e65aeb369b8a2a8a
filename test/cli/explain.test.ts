import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/cli/explain.js';
import { openDeployment } from '../../src/index.js';
import { imageFeatures, resizeImage } from '../../src/preprocess/index.js';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
let red: string;
let turned: string;
beforeAll(async () => {
  space = makeWorkspace();
  red = await space.draw('red.png', { '#ff0000': [80, 60] });
  turned = space.at('turned.jpg');
  await sharp(red).withMetadata({ orientation: 6 }).jpeg().toFile(turned);
});
afterAll(() => space.remove());

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function explanation(folder: string, name: string): Explanation {
  return JSON.parse(readFileSync(space.at(folder, `${name}.explain.json`), 'utf8')) as Explanation;
}

function report(folder: string, name: string): string {
  return readFileSync(space.at(folder, `${name}.explain.txt`), 'utf8');
}

describe('impulse classify --explain', () => {
  it('writes the picture that the model saw, its tensors in numbers, and the answer', async () => {
    const { code, stdout } = await impulse([
      'classify',
      space.detector,
      red,
      '--json',
      '--explain',
      space.at('why'),
    ]);
    expect(code).toBe(0);
    const found = explanation('why', 'red');
    const { pixels } = await resizeImage(red, { width: 32, height: 32, resizeMode: 'squash' });
    const png = await sharp(space.at('why', 'red.resized.png')).raw().toBuffer();
    expect(png.equals(pixels)).toBe(true);
    expect(found).toMatchObject({
      file: red,
      source: { kind: 'file', format: 'png', width: 320, height: 240, channels: 4, alpha: true },
      orientation: 'ignore',
      channels: 'RGB',
      resize: {
        mode: 'squash',
        resampler: 'vips',
        from: { width: 320, height: 240 },
        to: { width: 32, height: 32 },
        factor: { x: 10, y: 7.5 },
        resampled: true,
        seen: { x: 0, y: 0, width: 320, height: 240 },
        sha256: sha256(pixels),
      },
      response: JSON.parse(stdout),
    });
    const deployment = await openDeployment(space.detector);
    const { tensors } = await deployment.classify(red, { tensors: true });
    await deployment.close();
    const input = tensors?.[0]?.inputs[0];
    const data = input?.data ?? new Uint8Array(0);
    const values = Array.from(data, Number);
    expect(found.blocks).toHaveLength(1);
    expect(found.blocks[0]?.inputs[0]).toMatchObject({
      shape: input?.shape,
      dataType: input?.dataType,
      elements: values.length,
      sha256: sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      min: Math.min(...values),
      max: Math.max(...values),
      first: values.slice(0, 12),
    });
    expect(found.blocks[0]?.inputs[0]?.mean).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0) / values.length,
      6,
    );
  });

  it('says every step in words', async () => {
    const text = report('why', 'red');
    const first = imageFeatures(
      (await resizeImage(red, { width: 32, height: 32, resizeMode: 'squash' })).pixels,
    )[0];
    for (const words of [
      'PNG of',
      '320 x 240',
      'no EXIF orientation other than upright',
      '320 x 240 to 32 x 32, mode squash; resampler vips (libvips 8.17 and later: Lanczos 3 down, Catmull-Rom up)',
      '10 x 7.5 of its pixels for one',
      'red.resized.png',
      `0x${first?.toString(16).padStart(6, '0')}`,
      'scaling    0..1: x',
      explanation('why', 'red').blocks[0]?.inputs[0]?.sha256 ?? 'a checksum',
    ]) {
      expect(text).toContain(words);
    }
  });

  it.each([
    ['ignore', { width: 320, height: 240 }, 'its EXIF orientation is 6, which is ignored'],
    ['exif', { width: 240, height: 320 }, 'yes: by its EXIF orientation 6'],
  ] as const)('tells what became of an EXIF orientation: %s', async (orientation, from, words) => {
    const folder = `exif-${orientation}`;
    const options = ['--explain', space.at(folder), '--orientation', orientation];
    expect((await impulse(['classify', space.detector, turned, ...options])).code).toBe(0);
    const found = explanation(folder, 'turned');
    expect(found.source).toMatchObject({ orientation: 6, width: 320, height: 240 });
    expect(found.resize.from).toEqual(from);
    expect(found.orientation).toBe(orientation);
    expect(report(folder, 'turned')).toContain(words);
  });

  it.each([
    ['fit-short', { x: 40, y: 0, width: 240, height: 240 }, 'what sticks out is gone'],
    ['fit-long', { x: 0, y: 0, width: 320, height: 240 }, 'on black: it lies at (0, 4)'],
  ] as const)('tells which part the model saw: %s', async (mode, seen, words) => {
    const options = ['--explain', space.at(mode), '--resize-mode', mode];
    expect((await impulse(['classify', space.detector, red, ...options])).code).toBe(0);
    const { resize } = explanation(mode, 'red');
    expect(Math.abs(resize.seen.x - seen.x)).toBeLessThan(8);
    // 42.67 pixels of the model input are 43 whole ones.
    expect(Math.abs(resize.seen.width - seen.width)).toBeLessThan(2);
    expect(resize.seen).toMatchObject({ y: seen.y, height: seen.height });
    expect(report(mode, 'red')).toContain(words);
  });

  it('explains frames of a stream, and features', async () => {
    const frame = new Uint8Array(32 * 32 * 2);
    const folder = space.at('frames');
    const args = ['classify', space.detector, '-', '--frames', '32x32', '--frame-format', 'RGB565'];
    expect((await impulse([...args, '--explain', folder], { input: frame })).code).toBe(0);
    const found = explanation('frames', 'frame0');
    expect(found.source).toEqual({ kind: 'frame', format: 'RGB565', width: 32, height: 32, stride: 64 });
    expect(found.resize.resampled).toBe(false);
    const features = space.at('given.txt');
    writeFileSync(features, Array(1024).fill('0x00ff00').join(', '));
    expect(
      (await impulse(['classify', space.detector, '--features', features, '--explain', folder])).code,
    ).toBe(0);
    expect(explanation('frames', 'given').resize.firstFeatures).toContain('0x00ff00, 0x00ff00');
  });

  it('never writes over an input, nor over another explanation', async () => {
    const folder = space.at('same');
    mkdirSync(folder);
    const inside = space.at('same', 'a.resized.png');
    await sharp(red).toFile(inside);
    const other = space.at('a.png');
    await sharp(red).toFile(other);
    const before = readFileSync(inside);
    const { code } = await impulse(['classify', space.detector, other, inside, other, '--explain', folder]);
    expect(code).toBe(0);
    expect(readFileSync(inside).equals(before)).toBe(true);
    for (const name of ['a-2', 'a-3', 'a.resized'])
      expect(existsSync(space.at('same', `${name}.explain.txt`)), name).toBe(true);
    // What was written is not classified with the folder the next time.
    const again = await impulse(['classify', space.detector, folder, '--json']);
    expect(again.stderr).toContain('no picture in this folder');
  });

  it('a folder that can not be made is wrong usage', async () => {
    const { code, stderr } = await impulse(['classify', space.detector, red, '--explain', red]);
    expect(code).toBe(2);
    expect(stderr).toContain('--explain: the folder');
  });
});
