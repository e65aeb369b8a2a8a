/**
 * A model that lives in a worker thread of its own, for engines that block the thread that calls them. This
 * is the session's side; `worker-host.ts` is the worker's.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { ImpulseError } from '../../errors.js';
import { ClosedError, deserializeError, EngineError, isImpulseError } from '../../errors.js';
import type { EngineName, ModelSession, RunResult, SessionInput } from '../session.js';
import { guardExit, makeExitLatch } from './exit-latch.js';
import { checkInputs, InputSlots } from './input-slots.js';
import type { OutputBuffers } from './spare-outputs.js';
import type { FromWorker, LoadedModel, ToWorker, WorkerSetup } from './worker-protocol.js';

const { resolve } = createRequire(import.meta.url);

export interface WorkerSessionOptions<Init> {
  readonly engine: EngineName;
  /** Path of the worker's entry. */
  readonly worker: string;
  /** Name of the model, for messages. */
  readonly model: string;
  readonly init: Init;
  readonly transfer?: readonly ArrayBuffer[];
  /** False for engines that crash the process when their thread is stopped in the middle of a call. */
  readonly interruptible: boolean;
}

/** Path of a worker's entry in the built output, from the sources as from the package. */
export function workerPath(file: string): string {
  return resolve(`#workers/${file}`);
}

/**
 * Starts the worker and loads the model in it.
 *
 * @throws the worker's own error if it refuses the model
 * @throws {EngineError} `ERR_ENGINE_LOAD` if the worker ends before that
 */
export function openWorkerSession<Init>(options: WorkerSessionOptions<Init>): Promise<ModelSession> {
  const worker = startWorker(options);
  return new Promise((fulfil, reject) => {
    let failure = loadFailure(options, new Error('its thread ended'));
    worker.once('error', (error) => {
      failure = loadFailure(options, error);
    });
    worker.once('exit', () => reject(failure));
    worker.once('message', (message: FromWorker) => {
      if (message.type === 'ready') fulfil(new WorkerSession(worker, message.model, options));
      // The worker ends by itself now.
      else if (message.type === 'refused') failure = loadFailure(options, deserializeError(message.error));
    });
  });
}

function startWorker<Init>(options: WorkerSessionOptions<Init>): Worker {
  const { engine, worker: path, init, transfer = [], interruptible } = options;
  const latch = interruptible ? undefined : makeExitLatch();
  const workerData: WorkerSetup<Init> = { init, ...(latch !== undefined && { latch }) };
  const worker = new Worker(path, {
    name: `impulse ${engine}`,
    workerData,
    transferList: [...transfer],
    // Inherited, this flag says that the worker's file is no file, and nothing is loaded.
    ...(process.execArgv.some((flag) => flag.startsWith('--input-type')) && { execArgv: [] }),
  });
  if (latch !== undefined) guardExit(worker, latch);
  return worker;
}

function loadFailure({ engine, model }: WorkerSessionOptions<unknown>, cause: Error): ImpulseError {
  if (isImpulseError(cause)) return cause;
  const message = `${engine} failed to load ${model}: ${cause.message}`;
  return new EngineError('ERR_ENGINE_LOAD', message, { cause });
}

interface Job {
  readonly inputs: readonly SessionInput[];
  readonly queuedAt: number;
  readonly fulfil: (result: RunResult) => void;
  readonly reject: (error: unknown) => void;
}

interface RunningJob extends Job {
  readonly queueMs: number;
  readonly copyMs: number;
}

class WorkerSession implements ModelSession {
  readonly inputs: LoadedModel['inputs'];
  readonly outputs: LoadedModel['outputs'];
  readonly details: LoadedModel['details'];
  readonly #worker: Worker;
  readonly #model: string;
  readonly #slots = new InputSlots();
  readonly #queue: Job[] = [];
  #released: OutputBuffers[] = [];
  readonly #ended: Promise<void>;
  #running: RunningJob | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  /** Told to end: its end is no failure. */
  #told = false;
  /** Why the worker is gone, or will be. */
  #failure: EngineError | undefined;

  constructor(worker: Worker, loaded: LoadedModel, { model }: { readonly model: string }) {
    this.inputs = loaded.inputs;
    this.outputs = loaded.outputs;
    this.details = loaded.details;
    this.#worker = worker;
    this.#model = model;
    this.#ended = new Promise((fulfil) => {
      worker.once('exit', (code) => {
        if (!this.#told) this.#fail(`its thread ended with code ${code}`);
        fulfil();
      });
    });
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('messageerror', (cause) => this.#fail('its answer could not be read', cause));
    worker.on('error', (cause) => this.#fail(cause.message, cause));
    // An open session that has nothing to do does not keep the process alive.
    worker.unref();
  }

  async run(inputs: readonly SessionInput[]): Promise<RunResult> {
    if (this.#closing !== undefined) throw closed('This session was closed.');
    if (this.#failure !== undefined) throw closed(this.#failure.message);
    checkInputs(inputs, this.inputs);
    return new Promise((fulfil, reject) => {
      this.#queue.push({ inputs, queuedAt: performance.now(), fulfil, reject });
      this.#startNext();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) {
      reject(closed('The session was closed before this run began.'));
    }
    if (this.#running !== undefined) {
      await new Promise<void>((fulfil) => {
        this.#idle = fulfil;
      });
    }
    this.#told = true;
    this.#worker.ref();
    this.#send({ type: 'close' });
    await this.#ended;
  }

  #startNext(): void {
    if (this.#running !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#worker.unref();
      this.#idle?.();
      return;
    }
    try {
      this.#start(job);
    } catch (error) {
      job.reject(error);
      this.#startNext();
    }
  }

  /** @throws {InputError} the caller has given the arrays away while the run waited */
  #start(job: Job): void {
    const startedAt = performance.now();
    checkInputs(job.inputs, this.inputs);
    const inputs = this.#slots.write(job.inputs);
    const released = this.#released;
    this.#released = [];
    this.#send({ type: 'run', inputs, released }, released.flat());
    this.#worker.ref();
    this.#running = {
      ...job,
      queueMs: startedAt - job.queuedAt,
      copyMs: performance.now() - startedAt,
    };
  }

  #send(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    const job = this.#running;
    if (message.type === 'broken') {
      const cause = deserializeError(message.error);
      this.#fail(cause.message, cause);
      void this.#worker.terminate();
      return;
    }
    if (job === undefined) return;
    this.#running = undefined;
    if (message.type === 'done') {
      const { outputs, fillMs, inferenceMs } = message;
      const { queueMs, copyMs } = job;
      job.fulfil({
        outputs,
        timing: { queueMs, tensorMs: copyMs + fillMs, inferenceMs },
        release: () => this.#released.push(outputs.map(({ data }) => data.buffer as ArrayBuffer)),
      });
    } else if (message.type === 'failed') {
      job.reject(deserializeError(message.error));
    }
    this.#startNext();
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new EngineError(
      'ERR_ENGINE_RUN',
      `${this.details.engine} stopped working on ${this.#model}: ${reason}. Open the deployment again.`,
      { cause },
    );
    const pending = this.#running === undefined ? this.#queue : [this.#running, ...this.#queue];
    this.#running = undefined;
    for (const { reject } of pending) reject(this.#failure);
    this.#queue.length = 0;
    this.#idle?.();
  }
}

function closed(message: string): ClosedError {
  return new ClosedError('ERR_CLOSED', message);
}
