import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../../src/native/addon.js';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import type { Resampler, ResizePlan, ResizeTask } from '../../../src/preprocess/resample/index.js';
import { planResize } from '../../../src/preprocess/resample/index.js';
import { LINEAR_GRAY, LINEAR_GRAY_8_14, toLinearGray } from '../../../src/preprocess/resample/linear-gray.js';
import { resizePixelsPortable } from '../../../src/preprocess/resample/portable.js';
import { bytesOf, goldenCases, type PipelineCase, type ResizeCase } from '../golden.js';
import { describeWithAddon } from '../kernels.js';
import { request, rgbOf } from './pictures.js';
import { contents, noise, noisyFrame, requests } from './requests.js';

const FORMATS = { 1: 'GRAY', 2: 'GRAYA', 3: 'RGB', 4: 'RGBA' } as const;

type Resize = (frame: Frame, plan: ResizePlan, out: Uint8Array) => Uint8Array;

/** Both, where there are two. */
const KERNELS: [string, Resize][] = [['in TypeScript', resizePixelsPortable]];
const native = loadAddon();
if (native.loaded) KERNELS.push(['native', native.addon.resizeFrame]);

function carryOut(resize: Resize, frame: Frame, task: ResizeTask): Uint8Array {
  return resize(frame, planResize(task), new Uint8Array(task.width * task.height * 3).fill(77));
}

/** How the reference resized the pixels of a vector; its files were decoded by sharp, and its mode `none` resizes nothing. */
function goldenTask({ input, mode, targetWidth, targetHeight, channels }: ResizeCase, resampler: Resampler) {
  if (input.encoded !== undefined || mode === 'none') return undefined;
  const asked = request([input.width, input.height], [targetWidth, targetHeight], mode);
  return { ...asked, resampler, linearGray: channels === 'Grayscale' };
}

function goldenFrame({ width, height, channels, data }: ResizeCase['input']): Frame {
  return { format: FORMATS[channels], width, height, stride: width * channels, data: bytesOf(data) };
}

describe.each([
  ['vips', 'resize-node', 'libvips 8.18.7'],
  ['vips-8.14', 'resize-node-pinned', 'libvips 8.14'],
] as const)('resampler %s equals the reference (%s: %s)', (resampler, file, _version) => {
  const cases = goldenCases<ResizeCase>(file).flatMap((testCase) => {
    const task = goldenTask(testCase, resampler);
    return task === undefined
      ? []
      : KERNELS.map(([kernel, resize]) => ({ ...testCase, kernel, resize, task }));
  });

  it.each(cases)('$name, $kernel', ({ input, expected, resize, task }) => {
    expect(Buffer.from(carryOut(resize, goldenFrame(input), task)).equals(rgbOf(expected))).toBe(true);
  });
});

describe('resampler vips gives the features of the reference', () => {
  it.each(goldenCases<PipelineCase>('pipeline').filter(({ input }) => input.encoded === undefined))(
    '$name',
    ({ input, mode, targetWidth, targetHeight, channels, expected }) => {
      if (mode === 'none') throw new Error('The vectors have changed.');
      const asked = request([input.width, input.height], [targetWidth, targetHeight], mode);
      const task = { ...asked, resampler: 'vips', linearGray: channels === 'Grayscale' } as const;
      for (const [, resize] of KERNELS) {
        const rgb = carryOut(resize, goldenFrame(input), task);
        const features = new Uint32Array(bytesOf(expected.features).buffer);
        const packed = Uint32Array.from(
          features,
          (_, i) => (rgb[i * 3]! << 16) | (rgb[i * 3 + 1]! << 8) | rgb[i * 3 + 2]!,
        );
        expect(packed).toEqual(features);
      }
    },
  );
});

describeWithAddon('the native vips kernels', (addon) => {
  const formats = ['GRAY', 'GRAYA', 'RGB', 'RGBA', 'BGR', 'BGRA', 'NV12', 'YUYV', 'RGB565'] as const;

  it.each(['vips', 'vips-8.14'] as const)(
    '%s: the bytes of the TypeScript kernels, for every plan',
    (resampler) => {
      const formed = new Set<string>();
      fc.assert(
        fc.property(
          requests(80),
          fc.constantFrom(...formats),
          fc.nat(5),
          contents,
          fc.boolean(),
          (asked, format, padding, content, linearGray) => {
            const frame = noisyFrame(format, asked, content, padding);
            const task = { ...asked, resampler, linearGray };
            const expected = carryOut(resizePixelsPortable, frame, task);
            const guarded = new Uint8Array(expected.length + 32).fill(77);
            addon.resizeFrame(frame, planResize(task), guarded.subarray(16, -16));
            expect(Buffer.from(guarded.subarray(16, -16)).equals(expected)).toBe(true);
            expect([...guarded.subarray(0, 16), ...guarded.subarray(-16)].every((byte) => byte === 77)).toBe(
              true,
            );
            formed.add(Object.keys(planResize(task).resample).join());
          },
        ),
        { numRuns: 2000, seed: 20240613 },
      );
      expect([...formed].sort()).toEqual([
        'kind',
        'kind,columns',
        'kind,columns,enlargement',
        'kind,enlargement',
        'kind,rows',
        'kind,rows,columns',
        'kind,rows,enlargement',
      ]);
    },
  );

  it.each<[number, number, number, number]>([
    [640, 480, 96, 96],
    [1283, 719, 320, 320],
    [97, 4001, 5, 7],
    [70001, 2, 3, 2],
    [2, 70001, 2, 3],
    [13, 11, 301, 299],
  ])(
    '%i x %i to %i x %i: the bytes of the TypeScript kernels',
    (sourceWidth, sourceHeight, width, height) => {
      const asked = request([sourceWidth, sourceHeight], [width, height]);
      for (const format of ['GRAY', 'RGB', 'RGBA'] as const) {
        for (const resampler of ['vips', 'vips-8.14'] as const) {
          const task = { ...asked, resampler, linearGray: false };
          const frame = noisyFrame(format, asked, { seed: 7, hard: false });
          const expected = carryOut(resizePixelsPortable, frame, task);
          expect(Buffer.from(carryOut(addon.resizeFrame, frame, task)).equals(expected)).toBe(true);
        }
      }
    },
  );

  it.each([
    ['vips', LINEAR_GRAY],
    ['vips-8.14', LINEAR_GRAY_8_14],
  ] as const)('%s: every 27th colour becomes the gray of the TypeScript kernel', (resampler, gray) => {
    const [width, height] = [1024, 607];
    const data = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => (Math.floor(i / 3) * 27) >> ((i % 3) * 8),
    );
    const task = { ...request([width, height], [width, height]), resampler, linearGray: true };
    const frame = { format: 'RGB', width, height, stride: width * 3, data } as const;
    const native = carryOut(addon.resizeFrame, frame, task);
    toLinearGray(gray, data);
    expect(Buffer.from(native).equals(data)).toBe(true);
  });
});

describe('a remembered plan', () => {
  const task: ResizeTask = { ...request([640, 480], [96, 96]), resampler: 'vips', linearGray: false };

  it('is the same object for the same task, whatever anchor a mode without one has', () => {
    expect(planResize({ ...task })).toBe(planResize({ ...task, cropAnchor: 'top-left' }));
  });

  it('is another for another size, mode, anchor, resampler or gray', () => {
    const others: Partial<ResizeTask>[] = [
      { sourceWidth: 641 },
      { height: 97 },
      { resizeMode: 'fit-short' },
      { resizeMode: 'crop' },
      { resizeMode: 'crop', cropAnchor: 'top-left' },
      { resampler: 'vips-8.14' },
      { linearGray: true },
    ];
    expect(new Set([task, ...others.map((other) => ({ ...task, ...other }))].map(planResize)).size).toBe(8);
  });

  it('goes to a worker thread and does there what it does here', () => {
    const frame = {
      format: 'RGB',
      width: 640,
      height: 480,
      stride: 1920,
      data: noise(921600, { seed: 3, hard: false }),
    } as const;
    const out = new Uint8Array(96 * 96 * 3);
    const copy = structuredClone(planResize(task));
    for (const [, resize] of KERNELS) expect(resize(frame, copy, out)).toEqual(carryOut(resize, frame, task));
  });
});
