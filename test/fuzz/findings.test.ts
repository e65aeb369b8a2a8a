import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { lacksFile, readCase } from '../../fuzz/case-file.mjs';
import { OUT } from '../../fuzz/corpus.mjs';
import { runJobs } from '../../fuzz/hunt.mjs';
import { writeCorpus } from '../../fuzz/make-corpus.js';
import { TARGETS } from '../../fuzz/targets.mjs';
import { loadAddon } from '../../src/native/addon.js';
import { tfliteEngine } from '../../src/runtime/engines/tflite.js';
import { itUnless } from '../support/not-tested.js';

const FINDINGS = fileURLToPath(new URL('../../fuzz/findings/', import.meta.url));
/** They start a thread for each case, or wait: enough of a few. */
const SLOW = ['tflite-wasm', 'onnx-native', 'wasm-guest', 'eim-socket', 'http'];

/** What needs the addon says so where there is none. */
const missing = (target: string, available: boolean): boolean =>
  (target === 'resize-plan' && !loadAddon().loaded) || (target === 'tflite-native' && !available);

const available = (await tfliteEngine.probe()).available;
const findings = readdirSync(FINDINGS).flatMap((target) =>
  readdirSync(join(FINDINGS, target)).map((file) => ({ target, file: join(FINDINGS, target, file) })),
);

beforeAll(() => writeCorpus(join(OUT, 'corpus')));

describe('What fuzzing has found', () => {
  const [here, away] = [true, false].map((there) =>
    findings.filter(({ target, file }) => (!lacksFile(file) && !missing(target, available)) === there),
  );

  it('stays as it should be', async () => {
    expect(here?.length).toBeGreaterThan(0);
    expect((await runJobs(here)).broken).toEqual([]);
  });

  for (const { file } of away ?? []) {
    const name = file.slice(FINDINGS.length);
    itUnless('it needs a model of ../shared, or the native addon', name)(name, () => {});
  }

  it('can be read by people', () => {
    for (const { target, file } of findings) {
      expect(existsSync(fileURLToPath(new URL(`../../fuzz/targets/${target}.mjs`, import.meta.url)))).toBe(
        true,
      );
      if (!lacksFile(file))
        expect(readCase(file)).toMatchObject({ target, found: expect.stringMatching(/\w/) });
    }
  });
});

describe('The first cases of every target', () => {
  it('are refused as promised or run', async () => {
    const targets = Object.keys(TARGETS).filter((target) => !missing(target, available));
    const jobs = targets.map((target) => ({
      target,
      seed: 'test',
      from: 0,
      count: SLOW.includes(target) ? 3 : 40,
    }));
    const { broken, accepted } = await runJobs(jobs);
    expect(broken).toEqual([]);
    // Where all are refused, they are most likely refused for a reason that has nothing to do with the damage.
    const vain = targets.filter((target) => !SLOW.includes(target) && !accepted.get(target));
    expect(vain).toEqual([]);
  });
});
