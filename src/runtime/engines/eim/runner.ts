/** An `.eim` as an impulse runner: keeps order, checks what goes in, and starts it again when it has died. */
import type { Impulse } from '../../../deployment/impulse.js';
import { ClosedError, EngineError, InputError, isImpulseError, UnsupportedError } from '../../../errors.js';
import type { ThresholdValue } from '../../../postprocess/thresholds.js';
import { applyThresholds } from '../../../postprocess/thresholds.js';
import type { ImpulseRunner, RunnerDetails, RunnerResult } from '../../impulse-runner.js';
import { findNotFinite } from '../finite.js';
import { Rest } from '../rest.js';
import { decodeResult, readTracked } from '../runner/decode.js';
import { describeRunner, innerEngine } from '../runner/impulse.js';
import type { Hello, Request } from '../runner/protocol.js';
import { readClassifyAnswer } from '../runner/protocol.js';
import type { ThresholdRequest } from '../runner/thresholds.js';
import { thresholdRequests } from '../runner/thresholds.js';
import type { Life } from './life.js';
import type { SharedTensors } from './shared-memory.js';

export class EimRunner implements ImpulseRunner {
  readonly impulse: Impulse;
  readonly details: RunnerDetails;
  declare readonly sliceSize?: number;
  readonly #start: () => Promise<Life>;
  readonly #discard: () => Promise<void>;
  #life: Life;
  /** The blocks with the thresholds that the runner has now. */
  #blocks: Impulse['learnBlocks'];
  /** What was changed, by the block's id, to be said again to the next life. */
  readonly #told = new Map<number | undefined, ThresholdRequest>();
  /** Settles when all that was asked before is done. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #rest = new Rest();

  /**
   * @param start begins a life; called again after each death
   * @param discard removes what all lives shared
   */
  static async open(
    start: () => Promise<Life>,
    isolation: string,
    discard: () => Promise<void>,
  ): Promise<EimRunner> {
    let life: Life | undefined;
    try {
      life = await start();
      return new EimRunner(start, discard, life, isolation);
    } catch (error) {
      await life?.end();
      await discard();
      throw error;
    }
  }

  private constructor(
    start: () => Promise<Life>,
    discard: () => Promise<void>,
    life: Life,
    isolation: string,
  ) {
    const { hello, shared } = life;
    const { impulse, notes } = describeRunner(hello);
    const inner = innerEngine(hello);
    this.#start = start;
    this.#discard = discard;
    this.#life = life;
    this.#blocks = impulse.learnBlocks;
    this.impulse = impulse;
    this.details = {
      engine: 'eim',
      ...(inner !== undefined && { inner }),
      isolation,
      notes:
        'reason' in shared
          ? [...notes, `Features are sent as text, not through shared memory: ${shared.reason}.`]
          : notes,
    };
    const { use_continuous_mode: continuous, slice_size: sliceSize = 0 } = hello.model_parameters;
    if (continuous === true && sliceSize > 0) this.sliceSize = sliceSize;
  }

  async classify(features: Float32Array): Promise<RunnerResult> {
    this.#checkFeatures(features, this.#life.hello.model_parameters.input_features_count, 'one window');
    return this.#classify(features, 'classify');
  }

  async classifyContinuous(slice: Float32Array): Promise<RunnerResult> {
    if (this.sliceSize === undefined) {
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_BLOCK',
        'This runner has no continuous mode: only impulses that listen to a microphone have one.',
      );
    }
    this.#checkFeatures(slice, this.sliceSize, 'one slice');
    return this.#classify(slice, 'classify_continuous');
  }

  async setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>): Promise<void> {
    return this.#inTurn(async ({ dialogue }) => {
      const blocks = applyThresholds(this.#blocks, thresholds);
      for (const request of thresholdRequests(this.#blocks, blocks)) {
        await dialogue.ask({ set_threshold: request });
        this.#told.set(request.id, { ...this.#told.get(request.id), ...request });
      }
      this.#blocks = blocks;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#last;
    await this.#life.end();
    await this.#discard();
  }

  #classify(features: Float32Array, way: 'classify' | 'classify_continuous'): Promise<RunnerResult> {
    const queuedAt = performance.now();
    return this.#inTurn(async ({ dialogue, shared }) => {
      const queueMs = performance.now() - queuedAt;
      const memory = 'shared' in shared ? shared.shared : undefined;
      const body = await dialogue.ask(giveFeatures(features, way, memory));
      const { result, timing } = readClassifyAnswer(body);
      const outputs = result.freeform === 'shm' ? (memory?.read() ?? []) : [];
      const tracked = readTracked(result, this.#blocks);
      return {
        decoded: decodeResult(result, { input: this.impulse.input, learnBlocks: this.#blocks }, outputs),
        ...(tracked !== undefined && { tracked }),
        timing: {
          queueMs,
          dspMs: timing.dsp,
          inferenceMs: timing.classification + timing.anomaly,
          postprocessMs: timing.postprocessing,
        },
      };
    });
  }

  #checkFeatures(features: Float32Array, expected: number, what: string): void {
    if (features.length !== expected) {
      throw new InputError(
        'ERR_INPUT_LENGTH',
        `Expected ${expected} numbers, ${what}, but received ${features.length}.`,
      );
    }
    const index = findNotFinite(features, 'float32');
    if (index >= 0) {
      throw new InputError(
        'ERR_INPUT_NOT_FINITE',
        `Feature ${index} is ${features[index]}: expected a finite number.`,
      );
    }
  }

  /** Runs `task` when all that came before is done, on a runner that lives. */
  #inTurn<T>(task: (life: Life) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closed('This runner was closed.'));
    const turn = this.#last.then(async () => {
      if (this.#closing !== undefined) throw closed('The runner was closed before this request began.');
      const life = await this.#alive();
      try {
        const result = await task(life);
        this.#rest.noteSuccess();
        return result;
      } catch (error) {
        if (life.dialogue.over && isImpulseError(error)) this.#rest.noteDeath();
        throw error;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #alive(): Promise<Life> {
    if (!this.#life.dialogue.over) return this.#life;
    this.#refuseWhileResting();
    await this.#life.end();
    try {
      this.#life = await this.#startAgain();
    } catch (error) {
      this.#rest.noteDeath();
      throw error;
    }
    return this.#life;
  }

  async #startAgain(): Promise<Life> {
    const life = await this.#start();
    try {
      refuseAnother(this.#life.hello, life.hello);
      for (const request of this.#told.values()) await life.dialogue.ask({ set_threshold: request });
      return life;
    } catch (error) {
      await life.end();
      throw error;
    }
  }

  /** A program that dies at every request must not be started as fast as requests come. */
  #refuseWhileResting(): void {
    const { deaths, leftMs } = this.#rest;
    if (leftMs === 0) return;
    throw new EngineError(
      'ERR_ENGINE_RUN',
      `The runner has died ${deaths} times in a row: it will be started again by the first request after ${leftMs} ms.`,
    );
  }
}

/** The file may have been replaced; its answers would be taken for those of the old one. */
function refuseAnother(before: Hello, after: Hello): void {
  const model = ({ project, model_parameters }: Hello): string => JSON.stringify([project, model_parameters]);
  if (model(before) === model(after)) return;
  throw new EngineError(
    'ERR_ENGINE_LOAD',
    'The runner had to be started again, but its file holds another impulse now: open the deployment again.',
  );
}

/** Puts the features where the runner shall read them, and says how it is asked then. */
function giveFeatures(
  features: Float32Array,
  way: 'classify' | 'classify_continuous',
  memory: SharedTensors | undefined,
): Request {
  if (memory === undefined)
    return way === 'classify' ? { classify: features } : { classify_continuous: features };
  memory.write(features);
  const elements = features.length;
  return way === 'classify' ? { classify_shm: { elements } } : { classify_continuous_shm: { elements } };
}

function closed(message: string): ClosedError {
  return new ClosedError('ERR_CLOSED', message);
}
