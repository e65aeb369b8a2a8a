/** A WebAssembly module as a runner: requests one after another, and a new module where one has failed. */
import type { Impulse, LearnBlock } from '../../../deployment/impulse.js';
import type { WasmFiles } from '../../../deployment/wasm.js';
import { ClosedError, EngineError, InputError } from '../../../errors.js';
import { describe } from '../../../options.js';
import type { ThresholdValue } from '../../../postprocess/thresholds.js';
import { applyThresholds } from '../../../postprocess/thresholds.js';
import type { ImpulseRunner, RunnerDetails, RunnerResult } from '../../impulse-runner.js';
import { findNotFinite } from '../finite.js';
import { describeRunner } from '../runner/impulse.js';
import { thresholdRequests } from '../runner/thresholds.js';
import type { ModuleFacts, RawResult } from './guest.js';
import { checkedCount, featureCountOf, helloOf } from './hello.js';
import type { ToWasm } from './protocol.js';
import { readRun, refuseFailure } from './result.js';
import type { WasmLimits, WasmThread } from './thread.js';
import { startThread } from './thread.js';

export interface WasmSettings extends WasmLimits {
  /** Numbers in one sample, for builds that do not say. */
  readonly axisCount?: number;
  /** Continuous mode with the performance calibration of builds that have it. */
  readonly calibrate: boolean;
}

const ISOLATION = 'worker thread, in a V8 context without Node.js';

/** Under every score that a float32 can be. */
const LOWEST = -3.4e38;

/** What is sent to every thread that is started, and what was learnt from the first. */
interface Known {
  readonly impulse: Impulse;
  readonly details: RunnerDetails;
  readonly featureCount: number;
  readonly sliceSize?: number;
  /** The visual anomaly block: it is asked for its whole grid, and its threshold is applied here. */
  readonly gridId?: number;
}

/** @throws as `startThread()`; {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`; {EngineError} `ERR_ENGINE_OUTPUT` */
export async function openRunner(files: WasmFiles, settings: WasmSettings): Promise<ImpulseRunner> {
  const thread = await startThread(files, settings);
  try {
    return new WasmRunner(files, settings, thread, await learn(thread, files.name, settings));
  } catch (error) {
    await thread.end();
    throw error;
  }
}

async function learn(thread: WasmThread, name: string, { axisCount }: WasmSettings): Promise<Known> {
  const { facts } = thread;
  const { slice_size: slice, use_continuous_mode: continuous } = facts.properties;
  const featureCount = featureCountOf(facts, axisCount, name);
  const first = facts.labels === undefined ? await runOnZeros(thread, featureCount, name) : undefined;
  const { impulse, notes } = describeRunner(helloOf(facts, featureCount, axisCount, first, name));
  const gridId = gridIdOf(facts, impulse.learnBlocks);
  if (gridId !== undefined) await showWholeGrid(thread, gridId);
  return {
    impulse,
    details: {
      engine: 'wasm',
      isolation: ISOLATION,
      notes:
        first === undefined
          ? notes
          : [...notes, 'It does not say its labels: they are those of a first run.'],
    },
    featureCount,
    ...(facts.continuous &&
      continuous === true &&
      typeof slice === 'number' &&
      slice > 0 && { sliceSize: checkedCount(slice, name) }),
    ...(gridId !== undefined && { gridId }),
  };
}

async function runOnZeros(thread: WasmThread, length: number, name: string): Promise<RawResult> {
  const answer = await thread.ask({ type: 'run', slot: makeSlot(length), length });
  if (answer.type !== 'done') throw new TypeError('A run was answered by something else.');
  refuseFailure(answer, name);
  return answer.result;
}

function gridIdOf({ settable }: ModuleFacts, blocks: readonly LearnBlock[]): number | undefined {
  const block = blocks.find(({ modelType }) => modelType === 'visual-anomaly');
  return settable && block !== undefined && 'thresholds' in block && 'min_anomaly_score' in block.thresholds
    ? block.id
    : undefined;
}

async function showWholeGrid(thread: WasmThread, id: number): Promise<void> {
  await setThreshold(thread, { id, min_anomaly_score: LOWEST });
}

/** @throws {EngineError} `ERR_ENGINE_RUN` the module refuses it */
async function setThreshold(thread: WasmThread, values: Readonly<Record<string, number>>): Promise<void> {
  const answer = await thread.ask({ type: 'set-threshold', values });
  if (answer.type !== 'set') throw new TypeError('A threshold was answered by something else.');
  if (answer.reason === undefined) return;
  throw new EngineError('ERR_ENGINE_RUN', `wasm: the module refused a threshold: ${answer.reason}.`);
}

function makeSlot(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT);
}

class WasmRunner implements ImpulseRunner {
  readonly impulse: Impulse;
  readonly details: RunnerDetails;
  declare readonly sliceSize?: number;
  readonly #files: WasmFiles;
  readonly #settings: WasmSettings;
  readonly #known: Known;
  /** Features of the request being answered. */
  readonly #slot: SharedArrayBuffer;
  #thread: WasmThread;
  #learnBlocks: readonly LearnBlock[];
  /** Settles, always well, when nothing is to be done. */
  #idle: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(files: WasmFiles, settings: WasmSettings, thread: WasmThread, known: Known) {
    this.impulse = known.impulse;
    this.details = known.details;
    if (known.sliceSize !== undefined) this.sliceSize = known.sliceSize;
    this.#files = files;
    this.#settings = settings;
    this.#known = known;
    this.#slot = makeSlot(Math.max(known.featureCount, known.sliceSize ?? 0));
    this.#thread = thread;
    this.#learnBlocks = known.impulse.learnBlocks;
  }

  async classify(features: Float32Array): Promise<RunnerResult> {
    checkFeatures(features, this.#known.featureCount, 'features of one window');
    return this.#run(features, { type: 'run', slot: this.#slot, length: features.length });
  }

  async classifyContinuous(slice: Float32Array): Promise<RunnerResult> {
    if (this.sliceSize === undefined) {
      throw new InputError(
        'ERR_INPUT_TYPE',
        `${this.#files.name} has no continuous mode: give it whole windows.`,
      );
    }
    checkFeatures(slice, this.sliceSize, 'samples of one slice');
    const { calibrate } = this.#settings;
    return this.#run(slice, { type: 'run-continuous', slot: this.#slot, length: slice.length, calibrate });
  }

  async setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>): Promise<void> {
    await this.#turn(async (thread) => {
      const learnBlocks = applyThresholds(this.#learnBlocks, thresholds);
      await this.#tell(thread, this.#learnBlocks, learnBlocks);
      this.#learnBlocks = learnBlocks;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#idle.then(() => this.#thread.end());
    return this.#closing;
  }

  async #run(features: Float32Array, message: ToWasm): Promise<RunnerResult> {
    return this.#turn(async (thread, queueMs) => {
      new Float32Array(this.#slot).set(features);
      const answer = await thread.ask(message);
      if (answer.type !== 'done') throw new TypeError('A run was answered by something else.');
      refuseFailure(answer, this.#files.name);
      const decodedAt = performance.now();
      const { decoded, tracked } = readRun(answer, { ...this.impulse, learnBlocks: this.#learnBlocks });
      const postprocessMs = performance.now() - decodedAt;
      return {
        decoded,
        ...(tracked !== undefined && { tracked }),
        timing: { queueMs, dspMs: 0, inferenceMs: answer.runMs, postprocessMs },
      };
    });
  }

  /** After all that was asked for before, on a thread that works. */
  #turn<T>(work: (thread: WasmThread, queueMs: number) => Promise<T>): Promise<T> {
    const queuedAt = performance.now();
    if (this.#closing !== undefined) return Promise.reject(closed('This runner was closed.'));
    const turn = this.#idle.then(async () => {
      if (this.#closing !== undefined) throw closed('The runner was closed before this request began.');
      const thread = await this.#working();
      return work(thread, performance.now() - queuedAt);
    });
    this.#idle = turn.catch(() => {});
    return turn;
  }

  async #working(): Promise<WasmThread> {
    if (this.#thread.alive) return this.#thread;
    // It may have broken when nobody waited for it.
    await this.#thread.end();
    const thread = await startThread(this.#files, this.#settings);
    try {
      const { gridId, impulse } = this.#known;
      if (gridId !== undefined) await showWholeGrid(thread, gridId);
      await this.#tell(thread, impulse.learnBlocks, this.#learnBlocks);
    } catch (error) {
      await thread.end();
      throw error;
    }
    this.#thread = thread;
    return thread;
  }

  async #tell(
    thread: WasmThread,
    before: readonly LearnBlock[],
    after: readonly LearnBlock[],
  ): Promise<void> {
    for (const request of thresholdRequests(before, after)) {
      if (request.id !== this.#known.gridId) await setThreshold(thread, request);
    }
  }
}

/** @throws {InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE` */
function checkFeatures(features: Float32Array, expected: number, what: string): void {
  if (!(features instanceof Float32Array)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Features: expected a Float32Array but received ${describe(features)}.`,
    );
  }
  if (features.length !== expected) {
    throw new InputError('ERR_INPUT_LENGTH', `Expected ${expected} ${what} but received ${features.length}.`);
  }
  const index = findNotFinite(features, 'float32');
  if (index === -1) return;
  throw new InputError(
    'ERR_INPUT_NOT_FINITE',
    `Feature ${index} of ${features.length} is ${features[index]}; expected finite numbers only.`,
  );
}

function closed(message: string): ClosedError {
  return new ClosedError('ERR_CLOSED', message);
}
