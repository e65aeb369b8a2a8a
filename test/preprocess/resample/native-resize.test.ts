import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import type { ResizePlan, ResizeTask } from '../../../src/preprocess/resample/index.js';
import { planResize } from '../../../src/preprocess/resample/index.js';
import { describeWithAddon } from '../kernels.js';
import { request } from './pictures.js';
import { noisyFrame } from './requests.js';

const SHRINK: ResizeTask = { ...request([70, 60], [13, 11]), resampler: 'vips', linearGray: true };
const ENLARGE: ResizeTask = { ...request([5, 4], [11, 9]), resampler: 'vips', linearGray: false };

function frameFor(task: ResizeTask): Frame {
  return noisyFrame('RGB', task, { seed: 1, hard: false });
}

function outFor({ width, height }: ResizeTask): Uint8Array {
  return new Uint8Array(width * height * 3);
}

/** A copy in which the field at `path` is another. */
function changed(task: ResizeTask, path: string, value: unknown): ResizePlan {
  const plan = structuredClone(planResize(task));
  const fields = path.split('.');
  const last = fields.pop()!;
  const parent = fields.reduce<Record<string, unknown>>(
    (object, field) => object[field] as Record<string, unknown>,
    plan as unknown as Record<string, unknown>,
  );
  parent[last] = value;
  return plan;
}

describeWithAddon('resizeFrameAsync()', (addon) => {
  it('gives what resizeFrame() gives, in the memory it was handed', async () => {
    for (const task of [SHRINK, ENLARGE]) {
      const out = outFor(task);
      expect(await addon.resizeFrameAsync(frameFor(task), planResize(task), out)).toBe(out);
      expect(out).toEqual(addon.resizeFrame(frameFor(task), planResize(task), outFor(task)));
    }
  });

  it('carries out many at once, of different plans', async () => {
    const tasks = Array.from(
      { length: 40 },
      (_, i): ResizeTask => ({ ...SHRINK, width: 1 + i, height: 90 - i }),
    );
    const results = await Promise.all(
      tasks.map((task) => addon.resizeFrameAsync(frameFor(task), planResize(task), outFor(task))),
    );
    results.forEach((result, i) => {
      const task = tasks[i]!;
      expect(result).toEqual(addon.resizeFrame(frameFor(task), planResize(task), outFor(task)));
    });
  });

  it('throws at once what resizeFrame() throws', () => {
    const call = () => addon.resizeFrameAsync(frameFor(SHRINK), planResize(SHRINK), new Uint8Array(5));
    expect(call).toThrow(/out must have 429 bytes but has 5/);
  });
});

describeWithAddon('a plan that the addon has read', (addon) => {
  it('stays as it was, and a frozen one is as good', () => {
    const plan = structuredClone(planResize(ENLARGE));
    const expected = addon.resizeFrame(frameFor(ENLARGE), plan, outFor(ENLARGE));
    Object.assign(plan, { width: 1000, resample: null });
    expect(addon.resizeFrame(frameFor(ENLARGE), plan, outFor(ENLARGE))).toEqual(expected);
    const frozen = Object.freeze(structuredClone(planResize(ENLARGE)));
    for (let i = 0; i < 2; i++) {
      expect(addon.resizeFrame(frameFor(ENLARGE), frozen, outFor(ENLARGE))).toEqual(expected);
    }
  });
});

describeWithAddon('the addon refuses', (addon) => {
  it.each<[string, ResizeTask, string, unknown]>([
    ['no size', SHRINK, 'width', undefined],
    ['a size of 0', SHRINK, 'height', 0],
    ['half a pixel', SHRINK, 'sourceWidth', 70.5],
    ['a size that overflows', SHRINK, 'sourceHeight', 2 ** 40],
    ['a target too large for memory', SHRINK, 'height', 65536 * 8],
    ['a cut that leaves the source', SHRINK, 'crop.x', 1],
    ['a cut of a part', SHRINK, 'crop', { x: 0, y: 0, width: 69, height: 60 }],
    ['a place outside the target', SHRINK, 'place.x', 13],
    ['a place far outside the target', SHRINK, 'place.y', -(2 ** 29)],
    ['a place of another size', SHRINK, 'place.width', 5],
    ['no arithmetic', SHRINK, 'resample', undefined],
    ['arithmetic without a name', SHRINK, 'resample.kind', undefined],
    ['unknown arithmetic', SHRINK, 'resample.kind', 'lanczos2'],
    ['a copy to another size', SHRINK, 'resample', { kind: 'copy' }],
    ['no reduction where the sizes differ', SHRINK, 'resample.rows', undefined],
    ['a box of 0', SHRINK, 'resample.rows.box', 0],
    ['a box larger than the axis', SHRINK, 'resample.columns.box', 71],
    ['an unknown division', SHRINK, 'resample.columns.boxDivision', 'fast'],
    ['no taps', SHRINK, 'resample.rows.taps', 0],
    ['more taps than weights', SHRINK, 'resample.rows.taps', 255],
    ['other bits', SHRINK, 'resample.rows.bits', 31],
    ['too few positions', SHRINK, 'resample.rows.first', new Int32Array(10)],
    ['positions that fall', SHRINK, 'resample.rows.first', Int32Array.from({ length: 11 }, (_, i) => -i)],
    ['positions far outside', SHRINK, 'resample.columns.first', new Int32Array(13).fill(2 ** 31 - 1)],
    ['positions of another type', SHRINK, 'resample.columns.first', new Float32Array(13)],
    ['phases that do not exist', SHRINK, 'resample.columns.phase', new Uint8Array(13).fill(65)],
    ['too few weights', SHRINK, 'resample.columns.weights', new Int16Array(64)],
    ['light beyond white', SHRINK, 'linearGray.light', new Float32Array(256).fill(2)],
    ['light that is no number', SHRINK, 'linearGray.light', new Float32Array(256).fill(Number.NaN)],
    ['too few bytes of gray', SHRINK, 'linearGray.bytes', new Uint8Array(256)],
    ['shares that are no numbers', SHRINK, 'linearGray.shares', new Float64Array(3).fill(Number.NaN)],
    ['too few columns', ENLARGE, 'resample.enlargement.columns.first', new Int32Array(10)],
    ['too few weights of columns', ENLARGE, 'resample.enlargement.columns.weights', new Int16Array(43)],
    [
      'rows that fall',
      ENLARGE,
      'resample.enlargement.rows.first',
      Int32Array.from({ length: 9 }, (_, i) => -i),
    ],
    ['weights that overflow', ENLARGE, 'resample.enlargement.rows.weights', new Int16Array(36).fill(32767)],
  ])('a plan with %s', (_, task, path, value) => {
    const plan = changed(task, path, value);
    expect(() => addon.resizeFrame(frameFor(task), plan, outFor(task))).toThrow(/^resize plan: /);
  });

  it.each<[string, ResizeTask, string, unknown]>([
    ['positions at the ends of the range', SHRINK, 'resample.rows.first', new Int32Array(11).fill(2 ** 29)],
    ['positions before the start', SHRINK, 'resample.columns.first', new Int32Array(13).fill(-(2 ** 29))],
    [
      'positions that jump',
      SHRINK,
      'resample.rows.first',
      Int32Array.from({ length: 11 }, (_, i) => i * i * i - 40),
    ],
    ['the largest weights', SHRINK, 'resample.columns.weights', new Int16Array(65 * 17).fill(32767)],
    [
      'neighbours that jump',
      ENLARGE,
      'resample.enlargement.rows.first',
      Int32Array.from({ length: 9 }, (_, i) => i ** 8),
    ],
  ])('nothing of, and survives, %s', (_, task, path, value) => {
    const plan = changed(task, path, value);
    expect(addon.resizeFrame(frameFor(task), plan, outFor(task))).toHaveLength(task.width * task.height * 3);
  });

  it('a frame of another size, and pixels of another length or in the same memory', () => {
    const [plan, frame] = [planResize(SHRINK), frameFor(SHRINK)];
    const calls: [unknown, unknown, unknown][] = [
      [frameFor(ENLARGE), plan, outFor(SHRINK)],
      [{ ...frame, data: frame.data.subarray(1) }, plan, outFor(SHRINK)],
      [frame, plan, new Uint8Array(428)],
      [frame, plan, new Uint8ClampedArray(429)],
      [frame, plan, undefined],
      [frame, plan, frame.data.subarray(0, 429)],
      [frame, null, outFor(SHRINK)],
      [null, plan, outFor(SHRINK)],
    ];
    for (const [from, how, to] of calls) {
      const call = (): unknown => addon.resizeFrame(from as Frame, how as ResizePlan, to as Uint8Array);
      expect(call).toThrow(/^(resizeFrame|frame): /);
    }
  });

  it('memory that goes away while the plan is read', () => {
    const frame = frameFor(SHRINK);
    const plan = {
      ...planResize(SHRINK),
      get place() {
        structuredClone(frame.data, { transfer: [frame.data.buffer as ArrayBuffer] });
        return planResize(SHRINK).place;
      },
    };
    expect(() => addon.resizeFrame(frame, plan, outFor(SHRINK))).toThrow(/^frame: /);
  });
});

describe('resizing on the pool', () => {
  it.each([
    ['keeps the process alive until it is done', 'stay'],
    ['lets process.exit() end the process', 'exit'],
    ['lets process.exit() end the process while a worker resizes', 'exit-with-worker'],
    ['lets process.exit() end a worker', 'exit-in-worker'],
    ['lets worker.terminate() end a worker', 'terminate'],
  ])('%s', async (_, how) => {
    expect(await run(how)).toMatchObject({ code: 5, signal: null, stderr: '' });
  });
});

/** In a process of its own. */
function run(how: string): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  const program = fileURLToPath(new URL('./resize-and-end.mjs', import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, how], { timeout: 50_000 }, (_, _stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stderr });
    });
  });
}
