/**
 * What real processes of the SDK answered to samples of motion and sound (`ei-runtime.json`), on the models they were
 * made with. Headers are written anew from the parameters that each project states.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { makeContinuousDsp } from '../../src/preprocess/signal.js';
import { libraryOf, RECORDED, type Recorded } from '../fixtures/recorded-projects.js';
import { itUnless, missingAddon } from '../support/not-tested.js';
import { describeWithShared } from '../support/shared.js';

interface Exchange {
  readonly what: string;
  readonly response: {
    readonly result: { readonly classification: Readonly<Record<string, number>> };
  } | null;
}

/** The samples that a recording describes, by their place in the window. */
const SIGNALS: Readonly<Record<string, (index: number) => number>> = {
  'classify zeros': () => 0,
  'classify silence (zeros)': () => 0,
  'classify x[i] = ((i*37+11) mod 256 - 128)/16': (i) => (((i * 37 + 11) % 256) - 128) / 16,
  'classify axis k of frame f: (k+1)*((f mod 20) - 10)/4': (i) =>
    (((i % 3) + 1) * ((Math.floor(i / 3) % 20) - 10)) / 4,
  'classify axis k of frame f: 9.8 when k is 2, else ((f*f) mod 7 - 3)/10': (i) =>
    i % 3 === 2 ? 9.8 : ((Math.floor(i / 3) ** 2 % 7) - 3) / 10,
  'classify x[i] = ((i*((i>>5)+3)) mod 16384) - 8192': (i) => ((i * ((i >> 5) + 3)) % 16384) - 8192,
  'classify square wave: x[i] = 8000 if floor(i/23) is odd else -8000': (i) =>
    Math.floor(i / 23) % 2 === 1 ? 8000 : -8000,
};
const REPEATED = 'classify x[i] = ((i*((i>>5)+3)) mod 16384) - 8192';
const SLICE = /^classify_continuous slice (\d+) of the repeated second signal$/;

describeWithShared('The answers of real SDK processes', (shared) => {
  const options = { engine: 'tflite', xnnpack: false } as const;
  const test = itUnless(missingAddon, 'the answers of real SDK processes to motion and sound');

  function recordingOf({ folder }: Recorded): readonly Exchange[] {
    return JSON.parse(readFileSync(join(shared, 'models', folder, 'ei-runtime.json'), 'utf8')).exchange;
  }

  test.each(RECORDED)('$folder, whole windows', async (recorded) => {
    await using deployment = await openDeployment(await libraryOf(shared, recorded), options);
    const length = recorded.input.samples * recorded.input.axes.length;
    let compared = 0;
    for (const { what, response } of recordingOf(recorded)) {
      const signal = SIGNALS[what];
      if (signal === undefined || response === null) continue;
      const features = Array.from({ length }, (_, index) => signal(index));
      const { result } = (await deployment.classify({ features })).response;
      expect(result).toEqual(response.result.classification);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(3);
  });

  test.each(RECORDED.slice(1))('$folder, slice by slice', async (recorded) => {
    await using deployment = await openDeployment(await libraryOf(shared, recorded), options);
    const continuous = makeContinuousDsp(deployment.info());
    const signal = SIGNALS[REPEATED] ?? (() => Number.NaN);
    let compared = 0;
    for (const { what, response } of recordingOf(recorded)) {
      const slice = SLICE.exec(what)?.[1];
      if (slice === undefined || response === null) continue;
      const from = Number(slice) * continuous.sliceLength;
      const tensor = await continuous.push(
        Array.from({ length: continuous.sliceLength }, (_, index) =>
          signal((from + index) % recorded.input.samples),
        ),
      );
      const { classification } = response.result;
      // While the window fills, the SDK answers zeros.
      if (tensor === undefined)
        expect(Object.values(classification).every((score) => score === 0)).toBe(true);
      else expect((await deployment.classify({ tensor })).response.result).toEqual(classification);
      compared++;
    }
    expect(compared).toBe(6);
    continuous.close();
  });
});
