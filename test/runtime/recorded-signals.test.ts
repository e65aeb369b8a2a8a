/**
 * What real processes of the SDK answered to samples of motion and sound (`ei-runtime.json`), on the models they were
 * made with. Headers are written anew from the parameters that each project states.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { makeContinuousDsp } from '../../src/preprocess/signal.js';
import { libraryFiles, zipOf } from '../fixtures/deployment-writer.js';
import type { DspFacts, SignalFacts } from '../fixtures/library-headers.js';
import { itUnless, missingAddon } from '../support/not-tested.js';
import { describeWithShared } from '../support/shared.js';

interface Recorded {
  readonly folder: string;
  readonly model: string;
  readonly input: SignalFacts;
}

interface Exchange {
  readonly what: string;
  readonly response: {
    readonly result: { readonly classification: Readonly<Record<string, number>> };
    readonly model_parameters?: { readonly labels: readonly string[] };
  } | null;
}

const mfcc = (version: number): DspFacts => ({
  type: 'mfcc',
  version,
  fields: [
    ['int', 'num_cepstral', '13'],
    ['float', 'frame_length', '0.02f'],
    ['float', 'frame_stride', '0.02f'],
    ['int', 'num_filters', '32'],
    ['int', 'fft_length', '256'],
    ['int', 'win_size', '101'],
    ['int', 'low_frequency', '300'],
    ['int', 'high_frequency', '0'],
    ['float', 'pre_cof', '0.98f'],
    ['int', 'pre_shift', '1'],
  ],
});

const SPECTRAL: DspFacts = {
  type: 'spectral_analysis',
  version: 4,
  fields: [
    ['float', 'scale_axes', '1.0f'],
    ['int', 'input_decimation_ratio', '1'],
    ['const char *', 'filter_type', '"none"'],
    ['float', 'filter_cutoff', '3.0f'],
    ['int', 'filter_order', '6'],
    ['const char *', 'analysis_type', '"FFT"'],
    ['int', 'fft_length', '16'],
    ['int', 'spectral_peaks_count', '3'],
    ['float', 'spectral_peaks_threshold', '0.1f'],
    ['const char *', 'spectral_power_edges', '"0.1, 0.5, 1.0, 2.0, 5.0"'],
    ['bool', 'do_log', 'true'],
    ['bool', 'do_fft_overlap', 'true'],
    ['int', 'wavelet_level', '1'],
    ['const char *', 'wavelet', '"db4"'],
    ['bool', 'extra_low_freq', 'false'],
  ],
};

const RECORDED: readonly Recorded[] = [
  {
    folder: 'ei-arduino-fan-kmeans-anomaly',
    model: 'tflite_learn_4.tflite',
    input: { samples: 200, axes: ['accX', 'accY', 'accZ'], frequencyHz: 100, features: 39, dsp: SPECTRAL },
  },
  {
    folder: 'ei-arduino-kws-2025',
    model: 'tflite_learn_3.tflite',
    input: { samples: 16000, axes: ['audio'], frequencyHz: 16000, features: 650, dsp: mfcc(4) },
  },
  {
    folder: 'ei-cpp-incbin-kws-int8',
    model: 'tflite-model/tflite_learn_42047_8.tflite',
    input: { samples: 32000, axes: ['audio'], frequencyHz: 16000, features: 1300, dsp: mfcc(2) },
  },
];

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

  function libraryOf(recorded: Recorded): Promise<Uint8Array> {
    const model = readFileSync(join(shared, 'models', recorded.folder, recorded.model));
    const labels = recordingOf(recorded).find(({ what }) => what === 'hello')?.response?.model_parameters
      ?.labels;
    if (labels === undefined) throw new TypeError(`The recording of ${recorded.folder} holds no labels.`);
    const project = { id: 1, owner: 'Owner', name: 'Recorded', deployVersion: 1 };
    const facts = { project, labels, input: recorded.input, dataType: 'INT8' } as const;
    return zipOf(libraryFiles('G4', 'included file', facts, model));
  }

  test.each(RECORDED)('$folder, whole windows', async (recorded) => {
    await using deployment = await openDeployment(await libraryOf(recorded), options);
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
    await using deployment = await openDeployment(await libraryOf(recorded), options);
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
