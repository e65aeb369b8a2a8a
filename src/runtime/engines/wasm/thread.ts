/** The worker thread that a WebAssembly module lives in, as the runner sees it: it answers, or it is ended. */
import { Worker } from 'node:worker_threads';
import type { WasmFiles } from '../../../deployment/wasm.js';
import { EngineError, TimeoutError } from '../../../errors.js';
import { workerPath } from '../worker-session.js';
import type { ModuleFacts } from './guest.js';
import { PAGE_BYTES } from './memory-limit.js';
import type { FromWasm, ToWasm, WasmRun, WasmSetup } from './protocol.js';

/** Bounds of one module. */
export interface WasmLimits {
  /** Milliseconds until it must run. */
  readonly startTimeoutMs: number;
  /** Milliseconds that one request may take. */
  readonly requestTimeoutMs: number;
  /** MiB of the module's own memory. */
  readonly memoryMiB: number;
}

/** MiB of the glue's own objects: it has few, and those of a run are freed after it. */
const SCRIPT_MIB = 128;

type Answer = WasmRun | Extract<FromWasm, { type: 'set' }>;

export interface WasmThread {
  readonly facts: ModuleFacts;
  /** False once it has failed: it will answer nothing any more. */
  readonly alive: boolean;
  /**
   * One at a time. A thread that does not answer, or answers that it is broken, is ended.
   *
   * @throws {EngineError} `ERR_ENGINE_RUN`
   * @throws {TimeoutError} `ERR_TIMEOUT`
   */
  ask(message: ToWasm): Promise<Answer>;
  /** Ends it, whatever it does. */
  end(): Promise<void>;
}

/**
 * Starts a thread and the module in it.
 *
 * @throws {EngineError} `ERR_ENGINE_LOAD`
 * @throws {TimeoutError} `ERR_TIMEOUT` the module was not ready in time
 */
export async function startThread(files: WasmFiles, limits: WasmLimits): Promise<WasmThread> {
  const { glue, binary, name } = files;
  const setup: WasmSetup = {
    glue,
    binary,
    memoryPages: Math.floor((limits.memoryMiB * 1024 ** 2) / PAGE_BYTES),
  };
  const worker = new Worker(workerPath('wasm/worker.js'), {
    name: 'impulse wasm',
    workerData: setup,
    argv: [],
    env: {},
    // Lets the fence answer import() itself (`fence.ts`); nothing is inherited.
    execArgv: ['--experimental-vm-modules', '--no-warnings'],
    // Not read, since reading them keeps the process alive: nothing inside the fence can write to them.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: SCRIPT_MIB },
  });
  const thread = new Thread(worker, name, limits.requestTimeoutMs);
  await thread.started(limits.startTimeoutMs);
  return thread;
}

class Thread implements WasmThread {
  facts: ModuleFacts = { properties: {}, continuous: false, settable: false };
  alive = true;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #timeoutMs: number;
  #hear: (message: FromWasm) => void = () => {};

  constructor(worker: Worker, name: string, timeoutMs: number) {
    this.#worker = worker;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    worker.on('message', (message: FromWasm) => {
      if (message.type === 'broken') this.alive = false;
      this.#hear(message);
    });
    worker.on('messageerror', () => this.#broken('its answer could not be read'));
    worker.on('error', (error) => this.#broken(error.message));
    worker.on('exit', (code) => this.#broken(`its thread ended with code ${code}`));
  }

  async started(timeoutMs: number): Promise<void> {
    const message = await this.#next(timeoutMs, 'was not ready');
    if (message.type === 'ready') {
      this.facts = message.facts;
      return;
    }
    await this.end();
    throw new EngineError(
      'ERR_ENGINE_LOAD',
      `wasm failed to start ${this.#name}: ${'reason' in message ? message.reason : 'it answered nonsense'}.`,
    );
  }

  async ask(message: ToWasm): Promise<Answer> {
    const answering = this.#next(this.#timeoutMs, 'did not answer');
    this.#worker.postMessage(message);
    const answer = await answering;
    if (answer.type === 'done' || answer.type === 'set') return answer;
    await this.end();
    const reason = answer.type === 'broken' ? answer.reason : 'it answered nonsense';
    throw new EngineError(
      'ERR_ENGINE_RUN',
      `wasm failed to run ${this.#name}: ${reason}. It is started anew for the next request.`,
    );
  }

  async end(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #broken(reason: string): void {
    this.alive = false;
    this.#hear({ type: 'broken', reason });
  }

  /** Its next message. While it is awaited the thread keeps the process alive, and at no other time. */
  async #next(timeoutMs: number, what: string): Promise<FromWasm> {
    this.#worker.ref();
    let timer: NodeJS.Timeout | undefined;
    const message = await new Promise<FromWasm | undefined>((resolve) => {
      this.#hear = resolve;
      timer = setTimeout(resolve, timeoutMs, undefined);
    });
    clearTimeout(timer);
    this.#hear = () => {};
    this.#worker.unref();
    if (message !== undefined) return message;
    await this.end();
    throw new TimeoutError(
      'ERR_TIMEOUT',
      `wasm: ${this.#name} ${what} within ${timeoutMs} ms, and was stopped.`,
    );
  }
}
