import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inputFor } from '../../src/bench/input.js';
import { measureLatency, measureThroughput } from '../../src/bench/phases.js';
import { STAGES, stageTimes } from '../../src/bench/stages.js';
import { type Deployment, openDeployment } from '../../src/index.js';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));

async function photo(deployment: Deployment): Promise<Buffer> {
  const { input } = await inputFor({ kind: 'generated' }, deployment.info().input);
  if (input.kind !== 'picture') throw new TypeError('It is no picture.');
  return Buffer.from(input.base64, 'base64');
}

describe('measureLatency', () => {
  it('has the stages of each call, which are together no longer than the call', async () => {
    await using deployment = await openDeployment(SHAPES);
    let signs = 0;
    const found = await measureLatency(deployment, await photo(deployment), { runs: 12 }, () => {
      signs += 1;
    });
    expect(signs).toBe(12);
    expect(found.calls.length).toBe(12);
    found.calls.forEach((call, index) => {
      const at = (stage: (typeof STAGES)[number]): number => found.stages[stage][index] ?? Number.NaN;
      const sum = STAGES.filter((stage) => stage !== 'total').reduce((total, stage) => total + at(stage), 0);
      expect(sum).toBeLessThanOrEqual(at('total') + 1e-9);
      expect(at('total')).toBeLessThanOrEqual(call);
      for (const stage of STAGES) expect(at(stage)).toBeGreaterThanOrEqual(0);
      expect(at('decode')).toBeGreaterThan(0);
      expect(at('inference')).toBeGreaterThan(0);
    });
  });

  it('goes on until the time is over, and not before the runs are there', async () => {
    await using deployment = await openDeployment(SHAPES);
    const found = await measureLatency(
      deployment,
      await photo(deployment),
      { seconds: 0.000_001, atLeast: 5 },
      () => {},
    );
    expect(found.calls.length).toBe(5);
  });
});

describe('measureThroughput', () => {
  it('has as many inputs in work at once as it was asked for, and counts all', async () => {
    await using deployment = await openDeployment(SHAPES);
    const input = await photo(deployment);
    for (const concurrency of [1, 3]) {
      const found = await measureThroughput(deployment, input, { runs: 9 }, concurrency, () => {});
      expect(found).toEqual({ perSecond: expect.any(Number), count: 9, concurrency });
      expect(found.perSecond).toBeGreaterThan(0);
    }
  });
});

it('stages of blocks that run at once may be longer than the call: then nothing else is left over', () => {
  const timing = {
    decodeMs: 1,
    resizeMs: 0,
    queueMs: 0,
    dspMs: 0,
    tensorMs: 0,
    inferenceMs: 8,
    postprocessMs: 0,
    totalMs: 6,
  };
  expect(stageTimes(timing)).toMatchObject({ decode: 1, inference: 8, other: 0, total: 6 });
  expect(stageTimes({ ...timing, totalMs: 10 }).other).toBe(1);
});
