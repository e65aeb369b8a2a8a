import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadAddon, type NativeAddon } from '../../../src/native/addon.js';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import { planResize, type ResizePlan, type ResizeTask } from '../../../src/preprocess/resample/index.js';
import { resizePixelsPortable } from '../../../src/preprocess/resample/portable.js';
import { describeUnless } from '../../support/not-tested.js';
import { describeWithAddon } from '../kernels.js';
import { request } from './pictures.js';
import { contents, noisyFrame, requests } from './requests.js';

/** As `IMPULSE_NATIVE_CPU` names them; each has what those before it have. */
const LEVELS: NativeAddon['cpuLevel'][] = ['baseline', 'avx2', 'avx512'];

/** Rows of several pieces, more columns and rows than are turned at a time, boxes of many pixels, and rows alone. */
const LARGE = [
  [700, 500, 61, 43],
  [700, 500, 200, 210],
  [1300, 70, 320, 20],
  [5000, 3, 4, 2],
  [3, 5000, 2, 4],
  [600, 90, 600, 30],
] as const;

const FORMATS = ['GRAY', 'GRAYA', 'RGB', 'RGBA', 'BGR', 'NV12'] as const;

interface Job {
  readonly frame: Frame;
  readonly plan: ResizePlan;
  readonly length: number;
}

function jobOf(format: Frame['format'], task: ResizeTask, content: { seed: number; hard: boolean }): Job {
  const length = task.width * task.height * 3;
  return { frame: noisyFrame(format, task, content), plan: planResize(task), length };
}

const RANDOM = fc.sample(
  fc
    .tuple(
      requests(80),
      fc.constantFrom(...FORMATS),
      contents,
      fc.constantFrom('vips' as const, 'vips-8.14' as const),
    )
    .map(([asked, format, content, resampler]) =>
      jobOf(format, { ...asked, resampler, linearGray: false }, content),
    ),
  { numRuns: 300, seed: 20240614 },
);

const JOBS = [
  ...RANDOM,
  ...LARGE.flatMap(([w, h, width, height], seed) =>
    (['GRAY', 'RGB', 'NV12'] as const).map((format) =>
      jobOf(
        format,
        { ...request([w, h], [width, height]), resampler: 'vips', linearGray: false },
        { seed, hard: seed % 2 === 0 },
      ),
    ),
  ),
];

interface Answer {
  readonly cpuLevel: NativeAddon['cpuLevel'];
  readonly results: readonly Uint8Array[];
}

async function resizeAs(level: string | undefined, path: string, jobs: readonly Job[]): Promise<Answer> {
  const { IMPULSE_NATIVE_CPU: _, ...env } = process.env;
  const child = fork(fileURLToPath(new URL('./resize-for-parent.mjs', import.meta.url)), [path], {
    env: level === undefined ? env : { ...env, IMPULSE_NATIVE_CPU: level },
    execArgv: [],
    serialization: 'advanced',
  });
  child.send(jobs);
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the child ended with ${code ?? signal}`);
    }),
  ]);
  return answer;
}

const loaded = loadAddon();
const path = loaded.loaded ? loaded.path : '';
const own = loaded.loaded ? (await resizeAs(undefined, path, [])).cpuLevel : 'baseline';
const expected = JOBS.map(({ frame, plan, length }) =>
  resizePixelsPortable(frame, plan, new Uint8Array(length)),
);

describeWithAddon('the native kernels for each kind of processor', () => {
  it.each(LEVELS)('%s: the bytes of the TypeScript kernels', async (level) => {
    const { cpuLevel, results } = await resizeAs(level, path, JOBS);
    // A processor that has less does what it can.
    expect(LEVELS.indexOf(cpuLevel)).toBe(Math.min(LEVELS.indexOf(level), LEVELS.indexOf(own)));
    const wrong = results.flatMap((bytes, i) => (Buffer.from(bytes).equals(expected[i]!) ? [] : [JOBS[i]]));
    expect(wrong).toEqual([]);
  });

  it('an unknown level asks for nothing less', async () => {
    expect((await resizeAs('fast', path, [])).cpuLevel).toBe(own);
  });
});

for (const level of LEVELS.slice(LEVELS.indexOf(own) + 1)) {
  describeUnless('this processor lacks the instructions', `the native kernels for ${level}`, () => {});
}
