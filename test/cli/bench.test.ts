import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../src/bench/report.js';
import { STAGES } from '../../src/bench/stages.js';
import { packageVersion } from '../../src/package-version.js';
import { ENGINE_NAMES } from '../../src/runtime/session.js';
import { pictureHello, removeFakeEims, writeFakeEim } from '../fixtures/eim/fake-eim.js';
import { tinyRegression } from '../fixtures/models.js';
import { libraryOf, RECORDED } from '../fixtures/recorded-projects.js';
import { compileFakeLibrary } from '../native/fake-library/compile.js';
import { isRunning, until } from '../runtime/engines/isolated-children.js';
import { itUnless, missingAddon, missingProc } from '../support/not-tested.js';
import { describeWithShared } from '../support/shared.js';
import { COMMAND, type Finished, impulse } from './command.js';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));
const FEW = ['--runs', '4', '--rounds', '2', '--warmup', '1'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'impulse-bench-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  removeFakeEims();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function benched(...args: string[]): Promise<Finished & { readonly report: BenchReport }> {
  const finished = await impulse(['bench', ...args, '--json']);
  expect(finished.stderr).toBe('');
  return { ...finished, report: JSON.parse(finished.stdout) as BenchReport };
}

/** What holds for every report. */
function expectSound({ results, settings }: BenchReport, calls: number): void {
  for (const { latencyMs, stagesMs, throughput, firstAnswerMs, memoryBytes, rounds } of results) {
    const { min, p10, p25, p50, p75, p90, p99, max } = latencyMs;
    const quantiles = [0, min, p10, p25, p50, p75, p90, p99, max];
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    expect(latencyMs.count).toBe(calls);
    expect(rounds.length).toBe(settings.rounds);
    expect(Object.keys(stagesMs)).toEqual([...STAGES]);
    expect(stagesMs.total).toBeLessThanOrEqual(max);
    expect(throughput.perSecond).toBeGreaterThan(0);
    expect(throughput.count).toBe(calls);
    const { start, import: imported, open, classify } = firstAnswerMs;
    for (const stage of [start, imported, open, classify]) expect(stage).toBeGreaterThan(0);
    for (const round of rounds) {
      const { total, ...parts } = round.firstAnswerMs;
      expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 6);
      expect(round.memoryBytes.peak).toBeGreaterThanOrEqual(round.memoryBytes.imported);
    }
    expect(memoryBytes.heapUsed).toBeGreaterThan(0);
  }
}

describe('impulse bench', () => {
  it('measures one engine in processes of their own, and prints one document with --json', async () => {
    const { code, report } = await benched(SHAPES, ...FEW);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      schema: 'impulse-bench/1',
      machine: {
        package: packageVersion(),
        node: process.versions.node,
        cpu: { model: expect.any(String), usable: expect.any(Number) },
      },
      deployment: { source: SHAPES, input: { inputType: 'image' } },
      input: { description: expect.stringContaining('JPEG of 640 x 480'), bytes: expect.any(Number) },
      settings: { rounds: 2, warmup: 1, runs: 2, timeoutSeconds: 60 },
      results: [
        {
          ratio: 1,
          failures: [],
          models: [{ engine: expect.any(String), version: expect.stringMatching(/\d/) }],
        },
      ],
      notRun: [],
    });
    expect(new Date(report.startedAt).toISOString()).toBe(report.startedAt);
    expect(report.results[0]?.stagesMs.decode).toBeGreaterThan(0);
    expectSound(report, 4);
  });

  it('prints tables for people, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await impulse(['bench', SHAPES, ...FEW]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const text of [
      'p50',
      'inference',
      'items/s',
      'event loop',
      'import',
      'peak',
      'generated photograph',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  it('decodes nothing with --frame', async () => {
    const { report } = await benched(SHAPES, ...FEW, '--frame');
    expect(report.results[0]?.stagesMs).toMatchObject({ decode: 0, resize: 0 });
    expectSound(report, 4);
  });

  it('classifies a picture of the user, with as many at once as it is told, on several sessions', async () => {
    const picture = fileURLToPath(new URL('../../examples/shapes.jpg', import.meta.url));
    const args = ['--input', picture, '--concurrency', '2', '--sessions', '2', '--threads', '1'];
    const { report } = await benched(SHAPES, ...FEW, ...args);
    expect(report.input?.description).toMatch(/^shapes\.jpg, /);
    expect(report.results[0]?.name).toContain('2 sessions');
    expect(report.results[0]?.throughput.concurrency).toBe(2);
    expectSound(report, 4);
  });

  it('runs until the time is over', async () => {
    const { report } = await benched(SHAPES, '--seconds', '0.01', '--rounds', '1', '--warmup', '0');
    expect(report.settings).toMatchObject({ seconds: 0.01, atLeastRuns: 1, rounds: 1 });
    expect(report.results[0]?.latencyMs.count).toBeGreaterThanOrEqual(1);
  });

  it('measures a program, where it may be run', async () => {
    const program = writeFakeEim({
      hello: pictureHello(['cup', 'glass'], 16),
      result: { classification: { cup: 0.25, glass: 0.75 } },
    });
    const refused = await impulse(['bench', program, ...FEW]);
    expect(refused.stderr).toContain('ERR_OPTION_INVALID');
    expect(refused.code).toBe(2);
    const { report } = await benched(program, ...FEW, '--allow-exec');
    expect(report.results).toMatchObject([{ models: [], runner: { engine: 'eim' } }]);
    expectSound(report, 4);
  });
});

describe('impulse bench --compare', () => {
  let finished: Awaited<ReturnType<typeof benched>>;
  beforeAll(async () => {
    const plots = ['--plot', join(folder, 'engines.html')];
    finished = await benched(SHAPES, ...FEW, '--compare', ...plots);
  }, 180_000);

  it('has every engine, with figures or with a reason', () => {
    const { results, notRun } = finished.report;
    expect(finished.code).toBe(0);
    for (const engine of ENGINE_NAMES) {
      const measured = results.filter(({ models }) => models.some((model) => model.engine === engine));
      const missing = notRun.filter(({ name }) => name.startsWith(engine));
      expect(measured.length + missing.length, engine).toBeGreaterThan(0);
    }
    for (const { reason } of notRun) expect(reason).toMatch(/\S.*\.$/s);
    expect(notRun.filter(({ code }) => code !== undefined).length).toBeGreaterThan(0);
    expectSound(finished.report, 4);
  });

  itUnless(missingAddon, 'tflite with XNNPACK and without')('has both sets of kernels of tflite', () => {
    const names = finished.report.results.map(({ name }) => name);
    expect(names).toContain('tflite, XNNPACK, 1 thread');
    expect(names).toContain('tflite, own kernels, 1 thread');
  });

  it('measures nothing twice', () => {
    const names = finished.report.results.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const repeated = finished.report.notRun.filter(({ reason }) => reason.startsWith('It runs as'));
    for (const { reason } of repeated) expect(names).toContain(/'(.*)'/.exec(reason)?.[1]);
  });

  it('puts the fastest first, with the ratio of each to it', () => {
    const ratios = finished.report.results.map(({ ratio }) => ratio);
    expect(ratios[0]).toBe(1);
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  });

  it('draws them with --plot, and leaves nothing else behind', () => {
    const page = readFileSync(join(folder, 'engines.html'), 'utf8');
    for (const { name } of finished.report.results) expect(page).toContain(name);
    expect(page).not.toMatch(/https?:/);
    expect(readdirSync(folder).filter((name) => name.includes('engines'))).toEqual(['engines.html']);
  });

  it('keeps what the command line settles', async () => {
    const { report } = await benched(
      SHAPES,
      ...FEW,
      '--compare',
      '--engine',
      'litert-wasm',
      '--threads',
      '1',
    );
    expect(report.results.map(({ name }) => name)).toEqual(['litert-wasm, 1 thread']);
    expect(report.notRun).toEqual([]);
  });
});

describe('a process that dies or hangs', () => {
  const test = itUnless(missingAddon, 'impulse bench with a library that crashes or hangs');
  const SCORES = { modelType: 'classification', labels: ['a', 'b', 'c', 'd', 'e'] };
  const five = (): string[] => [
    file('m.tflite', tinyRegression()),
    '--model-info',
    file('m.json', JSON.stringify({ input: { inputType: 'other' }, model: SCORES })),
    '--input',
    file('bad.txt', '13 0 0 0'),
    '--engine',
    'tflite',
  ];

  test('while it opens is a reason, and the others are measured', async () => {
    const library = compileFakeLibrary(folder, 'CRASHING_LOAD');
    const { code, report } = await benched(SHAPES, ...FEW, '--compare', '--tflite-library', library);
    expect(code).toBe(0);
    const crashed = report.notRun.filter(({ name }) => name.startsWith('tflite'));
    expect(crashed.length).toBeGreaterThanOrEqual(2);
    for (const { reason } of crashed) {
      expect(reason).toContain('The process was ended by the signal SIGSEGV while it opened the deployment');
    }
    expect(report.results.map(({ name }) => name)).toEqual(['litert-wasm, 1 thread']);
  });

  test('while it classifies is a reason with what it printed, and ends with 3 where it was the only one', async () => {
    const library = compileFakeLibrary(folder, 'ABORTING_RUN');
    const { code, report } = await benched(...five(), ...FEW, '--tflite-library', library);
    expect(code).toBe(3);
    expect(report.results).toEqual([]);
    expect(report.notRun).toMatchObject([
      {
        name: expect.stringContaining('tflite'),
        reason: expect.stringMatching(
          /signal SIGABRT while it classified; it printed: .*Check failed: made up/,
        ),
      },
    ]);
  });

  test('is ended after the time that --timeout states', async () => {
    const library = compileFakeLibrary(folder, 'HANGING_RUN');
    const args = [...five(), ...FEW, '--tflite-library', library, '--timeout', '2'];
    const { code, stdout } = await impulse(['bench', ...args]);
    expect(code).toBe(3);
    expect(stdout).toContain('The process has not answered within 2 s, and was ended.');
  });

  itUnless(missingAddon ?? missingProc, 'Ctrl-C while a process of impulse bench hangs')(
    'ends with the command on Ctrl-C',
    async () => {
      const library = compileFakeLibrary(folder, 'HANGING_RUN');
      const plot = join(folder, 'interrupted.svg');
      const args = ['bench', ...five(), ...FEW, '--tflite-library', library, '--plot', plot];
      const child = spawn(process.execPath, [COMMAND, ...args]);
      const pid = child.pid ?? Number.NaN;
      // The first only looks whether the engine works; the second hangs in its first call.
      await until(() => descendants(pid).length > 0);
      const [first] = descendants(pid);
      await until(() => descendants(pid).some((trial) => trial !== first && hasLoaded(trial, library)));
      const trials = descendants(pid);
      child.kill('SIGINT');
      expect(await once(child, 'close')).toEqual([130, null]);
      await until(() => !trials.some(isRunning));
      expect(readdirSync(folder)).not.toContain('interrupted.svg');
    },
  );
});

function hasLoaded(pid: number, library: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(library);
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

describe('impulse bench refuses', () => {
  it.each([
    ['a deployment that is not there', ['missing.zip'], 'ERR_DEPLOYMENT_NOT_FOUND', 1],
    ['one that is not there on every engine', ['missing.zip', '--compare'], 'ERR_DEPLOYMENT_NOT_FOUND', 1],
    ['an input that is not there', [SHAPES, '--input', 'missing.jpg'], 'ERR_INPUT_NOT_FOUND', 1],
    ['an input that is no picture', [SHAPES, '--input', COMMAND], 'ERR_INPUT_IMAGE', 1],
    ['too few features', [SHAPES, '--input', 'features.txt'], 'ERR_INPUT_LENGTH', 1],
    ['two extents', [SHAPES, '--runs', '3', '--seconds', '3'], 'give one of them', 2],
    ['two inputs', [SHAPES, '--input', 'a.jpg', '--frame'], 'give one of them', 2],
    ['a plot of an unknown kind', [SHAPES, '--plot', 'engines.pdf'], '.html or .svg', 2],
    ['no calls', [SHAPES, '--runs', '0'], 'Expected a whole number from 1.', 2],
    ['no time', [SHAPES, '--seconds', '0'], 'Expected seconds', 2],
  ])('%s', async (_what, args, message, expected) => {
    file('features.txt', '1 2 3');
    const resolved = args.map((arg) => (arg === 'features.txt' ? join(folder, arg) : arg));
    const { code, stdout, stderr } = await impulse(['bench', ...resolved]);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(expected);
  });
});

describeWithShared('impulse bench of real projects of sound and motion', (shared) => {
  it.each(RECORDED)('$folder: signal processing is a stage of its own', async (recorded) => {
    const path = file(`${recorded.folder}.zip`, await libraryOf(shared, recorded));
    const { code, report } = await benched(path, ...FEW, '--engine', 'litert-wasm');
    expect(code).toBe(0);
    expect(report.input?.description).toMatch(/^generated window of \d+ numbers/);
    expect(report.results[0]?.stagesMs).toMatchObject({ decode: 0, resize: 0 });
    expect(report.results[0]?.stagesMs.dsp).toBeGreaterThan(0);
    expectSound(report, 4);
  });

  it('refuses a frame for them', async () => {
    const [recorded] = RECORDED;
    if (recorded === undefined) throw new TypeError('There are recorded projects.');
    const path = file('frame.zip', await libraryOf(shared, recorded));
    const { code, stderr } = await impulse(['bench', path, '--frame']);
    expect(stderr).toContain('leave --frame away');
    expect(code).toBe(2);
  });
});
