/** A session whose model lives in a process of its own: keeps order, and starts another process when one has died. */
import { ClosedError, EngineError } from '../../../errors.js';
import type { ModelSession, RunResult, SessionDetails, SessionInput } from '../../session.js';
import type { EngineChoice } from '../index.js';
import { checkInputs } from '../input-slots.js';
import { Rest } from '../rest.js';
import { makeSpareOutputs, type OutputBuffers, type SpareOutputs } from '../spare-outputs.js';
import type { IsolationLimits, Life, LifeResult, Order } from './life.js';
import { startLife } from './life.js';

const DEFAULT_LIMITS: IsolationLimits = { startTimeoutMs: 60_000, requestTimeoutMs: 60_000 };

/**
 * As `openSession()`, but engines are looked at, and the model is opened and run, in a child process.
 *
 * @throws what `openSession()` throws; {EngineError} `ERR_ENGINE_LOAD`: the process ended;
 *   {TimeoutError} it took too long
 */
export async function openIsolated(
  order: Order,
  limits: Partial<IsolationLimits> = {},
): Promise<EngineChoice> {
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  const life = await startLife(order, allLimits);
  const { details, attempts } = life.opened;
  // Later processes take the engine of the first: what was said of it stays true.
  const again = () => startLife({ ...order, wanted: details.engine }, allLimits);
  return { session: new IsolatedSession(order.model.name, life, again), attempts };
}

class IsolatedSession implements ModelSession {
  readonly inputs: ModelSession['inputs'];
  readonly outputs: ModelSession['outputs'];
  readonly details: SessionDetails;
  readonly #model: string;
  readonly #start: () => Promise<Life>;
  readonly #rest = new Rest();
  readonly #spare: SpareOutputs;
  #life: Life;
  /** Settles, always well, when all that was asked before is done. */
  #last: Promise<unknown> = Promise.resolve();
  /** Of the newest life that has ended, or could not begin. */
  #death: unknown;
  #closing: Promise<void> | undefined;

  /** @param start begins another life */
  constructor(model: string, life: Life, start: () => Promise<Life>) {
    const { inputs, outputs, details } = life.opened;
    this.inputs = inputs;
    this.outputs = outputs;
    this.details = { ...details, isolation: 'isolated process' };
    this.#spare = makeSpareOutputs(outputs);
    this.#model = model;
    this.#life = life;
    this.#start = start;
  }

  async run(inputs: readonly SessionInput[]): Promise<RunResult> {
    if (this.#closing !== undefined) throw closed('This session was closed.');
    checkInputs(inputs, this.inputs);
    const queuedAt = performance.now();
    const earlier = this.#death;
    const turn = this.#last.then(async () => {
      if (this.#closing !== undefined) throw closed('The session was closed before this run began.');
      // It waited for a process that has died since.
      if (this.#death !== earlier) throw this.#death;
      const life = await this.#alive();
      return this.#runOn(life, inputs, performance.now() - queuedAt);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#life.end());
    return this.#closing;
  }

  /** @throws {InputError} the caller has given the arrays away while the run waited */
  async #runOn(life: Life, inputs: readonly SessionInput[], queueMs: number): Promise<RunResult> {
    checkInputs(inputs, this.inputs);
    try {
      const memory = this.#spare.take();
      const { outputs, tensorMs, inferenceMs } = await this.#runOnce(life, inputs, memory);
      this.#rest.noteSuccess();
      const release = () => this.#spare.give(memory);
      return { outputs, timing: { queueMs, tensorMs, inferenceMs }, release };
    } catch (error) {
      if (this.#life.over) {
        this.#noteDeath(error);
        await this.#life.end();
      }
      throw error;
    }
  }

  /** A process that was ended between two runs is heard of when it is asked; then another is. */
  async #runOnce(life: Life, inputs: readonly SessionInput[], memory: OutputBuffers): Promise<LifeResult> {
    const result = (await life.run(inputs, memory)) ?? (await (await this.#alive()).run(inputs, memory));
    if (result !== undefined) return result;
    throw new EngineError(
      'ERR_ENGINE_RUN',
      `The isolated process of ${this.#model} ends before it can be asked. The next run starts another.`,
    );
  }

  async #alive(): Promise<Life> {
    if (!this.#life.over) return this.#life;
    this.#refuseWhileResting();
    await this.#life.end();
    try {
      this.#life = await this.#start();
    } catch (error) {
      this.#noteDeath(error);
      throw error;
    }
    return this.#life;
  }

  #noteDeath(error: unknown): void {
    this.#death = error;
    this.#rest.noteDeath();
  }

  #refuseWhileResting(): void {
    const { deaths, leftMs } = this.#rest;
    if (leftMs === 0) return;
    throw new EngineError(
      'ERR_ENGINE_RUN',
      `The isolated process of ${this.#model} has died ${deaths} times in a row: the first run after ${leftMs} ms starts another.`,
    );
  }
}

function closed(message: string): ClosedError {
  return new ClosedError('ERR_CLOSED', message);
}
