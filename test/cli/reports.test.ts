import { describe, expect, it } from 'vitest';
import { doctorReport } from '../../src/cli/doctor-report.js';
import { engineNotes } from '../../src/cli/engine-notes.js';
import { inspectReport } from '../../src/cli/inspect-report.js';
import { errorText } from '../../src/cli/messages.js';
import { styleFor } from '../../src/cli/style.js';
import { summaryOf } from '../../src/cli/summary.js';
import { timingTable } from '../../src/cli/timing.js';
import { EngineError } from '../../src/errors.js';
import type { MachineReport } from '../../src/runtime/doctor.js';
import type { DeploymentInfo, LearnBlockInfo, ModelInfo } from '../../src/runtime/info.js';
import {
  anomalyGrid,
  classifier,
  classifierWithAnomaly,
  detected,
  detector,
  objects,
  scores,
  visualAnomaly,
} from '../annotate/classifications.js';

const PLAIN = styleFor({ isTTY: false }, {});
const TERMINAL = styleFor({ isTTY: true }, {});

function infoWith(part: Partial<DeploymentInfo>): DeploymentInfo {
  return {
    format: 'cpp-library',
    project: { id: 12, name: 'Cups', owner: 'me', deployVersion: 3, studioVersion: '1.74.3' },
    input: {
      inputType: 'image',
      width: 96,
      height: 96,
      channels: 'RGB',
      resizeMode: 'fit-short',
      cropAnchor: 'middle-center',
    },
    dspBlocks: [],
    learnBlocks: [],
    warnings: [],
    ...part,
  };
}

/** A detector whose model is different in this. */
function block({ model }: { readonly model: Partial<ModelInfo> }): LearnBlockInfo {
  const [base] = detector('fomo', ['cup', 'plate']).learnBlocks;
  if (base?.model === undefined) throw new Error('The detector has one block with a model.');
  return { ...base, model: { ...base.model, ...model } };
}

describe('summaryOf', () => {
  const box = detected('cup', 0.93751, { x: 10.4, y: 20.6, width: 30, height: 40 });

  it('shows the ids of tracked objects before their labels', () => {
    const other = detected('plate', 0.5, { x: 1, y: 2, width: 3, height: 4 });
    const classification = objects([{ ...box, objectId: 12 }, other]);
    const info = infoWith(detector('fomo', ['cup', 'plate']));
    expect(summaryOf({ file: 'a.jpg', classification }, info, PLAIN).split('\n').slice(2)).toEqual([
      '   id  label   score   x   y  width  height',
      '  #12  cup    0.9375  10  21     30      40',
      '       plate  0.5000   1   2      3       4',
    ]);
  });

  it('shows an anomaly score apart from the labels', () => {
    const info = infoWith(classifierWithAnomaly(['idle', 'wave']));
    const classification = scores({ idle: 0.75, wave: 0.25, anomaly: 3.14165 });
    expect(summaryOf({ file: 'a', classification }, info, PLAIN).split('\n')).toEqual([
      'a',
      '  0.7500  idle',
      '  0.2500  wave',
      '  anomaly  3.142',
    ]);
  });

  it('takes a label called anomaly for a label', () => {
    const info = infoWith(classifier(['normal', 'anomaly']));
    const classification = scores({ normal: 0.25, anomaly: 0.75 });
    expect(summaryOf({ file: 'a', classification }, info, PLAIN)).toContain('  0.7500  anomaly\n');
  });

  it('says what is worth knowing of a grid of anomaly scores', () => {
    const info = infoWith(visualAnomaly(2.5));
    const classification = anomalyGrid([
      [0, 1],
      [5, 2.5],
    ]);
    expect(summaryOf({ file: 'a.jpg', classification }, info, PLAIN).split('\n').slice(1)).toEqual([
      '  anomaly, highest                  5',
      '  anomaly, mean                     2.125',
      '  cells from min_anomaly_score 2.5  2 of 4',
    ]);
  });

  it('lists boxes in pixels of the original picture', () => {
    const classification = objects([box], { width: 640, height: 480 });
    const text = summaryOf(
      { file: 'a.jpg', classification, files: ['out/a.annotated.jpg'] },
      infoWith(detector('fomo', ['cup'])),
      PLAIN,
    );
    expect(text.split('\n')).toEqual([
      'a.jpg  640 x 480  -> out/a.annotated.jpg',
      '  1 object',
      '  label   score   x   y  width  height',
      '  cup    0.9375  10  21     30      40',
    ]);
  });

  it('says above which threshold nothing was found', () => {
    const text = summaryOf(
      { file: 'a.jpg', classification: objects([]) },
      infoWith(detector('fomo', ['cup'], { min_score: 0.4 })),
      PLAIN,
    );
    expect(text).toBe('a.jpg\n  nothing found above min_score 0.4');
  });

  it('lists the five best labels, with bars on a terminal only', () => {
    const classification = scores({ a: 0.1, b: 0.5, c: 0.05, d: 0.2, e: 0.1, f: 0.05, g: 0 });
    const info = infoWith(classifier(['a', 'b']));
    expect(summaryOf({ file: 'a.jpg', classification }, info, PLAIN).split('\n')).toEqual([
      'a.jpg',
      '  0.5000  b',
      '  0.2000  d',
      '  0.1000  a',
      '  0.1000  e',
      '  0.0500  c',
      '  and 2 more labels',
    ]);
    expect(summaryOf({ file: 'a.jpg', classification }, info, TERMINAL)).toContain('██████████');
  });

  it('shows a regression as a plain value', () => {
    const text = summaryOf(
      { file: 'a.jpg', classification: scores({ temperature: 21.512345678 }) },
      infoWith(classifier(['temperature'], 'regression')),
      PLAIN,
    );
    expect(text).toBe('a.jpg\n  temperature  21.5123');
  });

  it('lets no escape sequence in a label or file name reach the terminal', () => {
    const classification = scores({ '\u001b]0;title\u0007': 1 });
    const text = summaryOf({ file: '\u001b[2Ja.jpg', classification }, infoWith(classifier([])), PLAIN);
    expect(text).not.toContain('\u001b');
  });
});

describe('inspectReport', () => {
  it('states project, input, labels, tensors with quantisation, last layer, thresholds, and engines', () => {
    const info = infoWith({
      learnBlocks: [
        block({
          model: {
            format: 'tflite',
            name: 'tflite-model/model.h',
            bytes: 54_477,
            inputs: [
              {
                name: 'image',
                shape: [1, 96, 96, 3],
                dataType: 'int8',
                quantization: { scale: 0.00390625, zeroPoint: -128 },
              },
            ],
            outputs: [{ name: 'grid', shape: [1, -1, 12, 3], dataType: 'float32' }],
            engine: {
              engine: 'litert-wasm',
              version: '2.5.3',
              threads: 1,
              delegate: 'xnnpack',
              notes: ['one thread only'],
            },
            otherEngines: [{ engine: 'tflite', reason: 'no addon.', remedy: 'Install a compiler.' }],
          },
        }),
      ],
      warnings: [{ code: 'HEADER_DISAGREES', message: 'the header says 3 labels' }],
    });
    const text = inspectReport('cups.zip', info, PLAIN);
    for (const fact of [
      'Cups (12) by me, deploy version 3',
      '1.74.3',
      'image, 96 x 96, RGB, resize mode fit-short',
      'last layer fomo',
      '2: cup, plate',
      'min_score 0.5',
      'tflite-model/model.h (tflite, 53.2 KiB)',
      '[1, 96, 96, 3]  int8  scale 0.00390625, zero point -128  image',
      '[1, ?, 12, 3]  float32',
      'litert-wasm 2.5.3, delegate xnnpack, 1 thread',
      'one thread only',
      'not tflite',
      'Install a compiler.',
      'the header says 3 labels [HEADER_DISAGREES]',
    ]) {
      expect(text).toContain(fact);
    }
  });

  it('shortens a long list of labels', () => {
    const labels = Array.from({ length: 1000 }, (_, index) => `label-${index}`);
    const text = inspectReport('x', infoWith(classifier(labels)), PLAIN);
    expect(text).toContain('1000: label-0,');
    expect(text).toContain('and 980 more');
    expect(text).not.toContain('label-20,');
  });

  it('states the window of a signal', () => {
    const input = {
      inputType: 'time-series',
      featureCount: 375,
      axes: ['x', 'y', 'z'],
      frequencyHz: 62.5,
    } as const;
    expect(inspectReport('x', infoWith({ input }), PLAIN)).toContain(
      '375 numbers in a window at 62.5 Hz, axes x, y, z',
    );
  });
});

describe('doctorReport', () => {
  const report: MachineReport = {
    package: '0.1.0',
    node: '20.20.2',
    platform: 'linux-x64',
    cpu: { model: 'A processor', features: ['avx2', 'fma'], usable: 2 },
    libc: 'glibc 2.36',
    memoryBytes: 8 * 2 ** 30,
    image: { sharp: '0.35.5', libvips: '8.18.7' },
    engines: [
      { name: 'tflite', available: false, reason: 'no addon', remedy: 'apt install g++ && npm rebuild' },
      { name: 'onnx', available: true, version: '1.30.0', library: '/lib/onnx.so', details: 'CPU' },
    ],
    executionProviders: [
      { name: 'cpu', available: true },
      { name: 'webgpu', available: false, reason: 'no graphics card' },
    ],
    accelerators: [{ kind: 'Coral Edge TPU', place: '/dev/apex_0' }],
    runnerIsolation: {
      method: 'unshare',
      description: 'user namespaces (no network)',
      refused: [{ method: 'bubblewrap', reason: 'bwrap is not installed' }],
    },
  };

  it('states the machine, each engine, and the line that mends a missing one', () => {
    expect(doctorReport(report, PLAIN).split('\n')).toEqual([
      'impulse-runtime 0.1.0',
      '  platform   linux-x64',
      '  CPU        A processor (avx2, fma)',
      '  usable     2 processors',
      '  libc       glibc 2.36',
      '  Node.js    20.20.2',
      '  memory     8.0 GiB',
      '  pictures   sharp 0.35.5, libvips 8.18.7',
      '  beside it  Coral Edge TPU (/dev/apex_0)',
      '',
      'Engines',
      '  tflite  missing  no addon',
      '          mend: apt install g++ && npm rebuild',
      '  onnx    works  version 1.30.0, CPU',
      '          /lib/onnx.so',
      '',
      'Execution providers of onnx',
      '  cpu     works',
      '  webgpu  no  no graphics card',
      '',
      'Runners (.eim) are confined by',
      '  user namespaces (no network)',
      '  not bubblewrap  bwrap is not installed',
    ]);
  });

  it('leaves libc out where there is no such choice', () => {
    expect(doctorReport({ ...report, libc: '' }, PLAIN)).not.toContain('libc ');
  });
});

describe('engineNotes', () => {
  const takenOver = block({
    model: {
      engine: { engine: 'litert-wasm', version: '2.5.3', threads: 1, delegate: 'xnnpack', notes: [] },
      otherEngines: [{ engine: 'tflite', reason: 'the addon is missing.', remedy: 'Run npm rebuild.' }],
    },
  });

  it('says which engine takes over, why, and what would mend it', () => {
    expect(engineNotes(infoWith({ learnBlocks: [takenOver] }), 'auto', false)).toEqual([
      "engine litert-wasm takes over for model.tflite, because tflite can't run it: the addon is missing. Run npm rebuild.",
    ]);
  });

  it('says nothing where that engine was asked for, or the first one runs', () => {
    expect(engineNotes(infoWith({ learnBlocks: [takenOver] }), 'litert-wasm', true)).toEqual([]);
    expect(engineNotes(infoWith({ learnBlocks: [block({ model: {} })] }), 'auto', false)).toEqual([]);
  });

  it('says nothing where the engine was chosen by measurement', () => {
    const tuning = { chosen: { engine: 'litert-wasm', threads: 1 }, trials: [] };
    const model = { ...takenOver.model, tuning } as never;
    expect(engineNotes(infoWith({ learnBlocks: [block({ model })] }), 'auto', false)).toEqual([]);
  });

  it('passes on what the session had to do differently than it was asked', () => {
    const learnBlocks = [
      block({
        model: {
          engine: {
            engine: 'tflite',
            version: '2.9.0',
            threads: 1,
            delegate: 'none',
            notes: ['no delegate'],
          },
        },
      }),
    ];
    expect(engineNotes(infoWith({ learnBlocks }), 'tflite', true)).toEqual(['engine tflite: no delegate']);
    expect(engineNotes(infoWith({ learnBlocks }), 'auto', false)).toEqual([
      expect.stringMatching(/own kernels.*'impulse tune' may find something faster/),
    ]);
    expect(engineNotes(infoWith({ learnBlocks }), 'tflite', false)).toEqual([]);
  });
});

describe('timingTable', () => {
  const timing = {
    decodeMs: 3,
    resizeMs: 1,
    dspMs: 0,
    queueMs: 0,
    tensorMs: 0.5,
    inferenceMs: 10,
    postprocessMs: 0.25,
    totalMs: 15,
  };

  it('has one column for one picture', () => {
    expect(timingTable([timing]).split('\n').slice(0, 2)).toEqual([
      'stage           ms',
      'decode        3.00',
    ]);
  });

  it('has median, 95th percentile and maximum for several', () => {
    const table = timingTable([timing, { ...timing, decodeMs: 5 }, { ...timing, decodeMs: 4 }]);
    expect(table).toContain('Time of 3 pictures');
    expect(table).toMatch(/decode\s+4\.00\s+5\.00\s+5\.00/);
  });
});

describe('errorText', () => {
  it('puts the code at the end of the first line', () => {
    const error = new EngineError('ERR_ENGINE_RUN', 'No engine:\n  tflite: missing');
    expect(errorText(error)).toBe('No engine: [ERR_ENGINE_RUN]\n  tflite: missing');
  });

  it('takes the code of system errors, and the name of others', () => {
    expect(errorText(Object.assign(new Error('disk full'), { code: 'ENOSPC' }))).toBe('disk full [ENOSPC]');
    expect(errorText(new TypeError('odd'))).toBe('odd [TypeError]');
    expect(errorText(new Error('odd'))).toBe('odd');
    expect(errorText('odd')).toBe('odd');
  });
});
