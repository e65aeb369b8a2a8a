/** A child process that answers one message at a time, or ends, and is ended without leftovers. */
import type { ChildProcess, Serializable } from 'node:child_process';
import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { atExit } from '../eim/at-exit.js';
import { describeEnd, OutputTail } from '../output-tail.js';
import { workerPath } from '../worker-session.js';
import type { FromChild, ToChild } from './protocol.js';

/** What the child gets of our environment: our own settings, and what finds programs, libraries, packages and graphics cards. */
const PASSED_ON = /^(IMPULSE_.*|LD_.*|DYLD_.*|CUDA_.*|NVIDIA_.*|VK_.*|PATH|NODE_PATH|TMPDIR|LANG|LC_ALL|TZ)$/;

const OUT_OF_MEMORY = ' (as the system does where memory runs out)';

/** What came of a message. */
export type Outcome<Answer = FromChild> =
  | Answer
  /** In words, after 'it'; with what it printed last. `unheard`: it had ended before the message came. */
  | { readonly type: 'ended'; readonly how: string; readonly printed: string; readonly unheard: boolean }
  /** Nothing within the limit, so it was ended. */
  | { readonly type: 'late'; readonly printed: string };

/** Where a child begins, and the folder that it is in. */
export interface Beginning {
  /** A file of `engines/`. @default the child that opens and runs models */
  readonly entry: string;
  readonly cwd?: string;
}

export class Process<Message extends Serializable = ToChild, Answer = FromChild> {
  readonly #child: ChildProcess;
  readonly #tail: OutputTail;
  readonly #forget: () => void;
  readonly #ended: Promise<void>;
  /** How it ended, in words. */
  #end: string | undefined;
  /** Told to end. */
  #told = false;
  #hear: (outcome: Answer | 'ended' | 'late') => void = () => {};

  /**
   * @param memory descriptor of the shared memory, which the child inherits
   * @throws the system's error
   */
  constructor(memory: number, { entry, cwd }: Beginning = { entry: 'isolated/child.js' }) {
    this.#child = fork(workerPath(entry), [], {
      ...(cwd !== undefined && { cwd }),
      execArgv: [],
      env: passedOn(),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', memory],
      detached: true, // so that a terminal's Ctrl-C reaches us alone, and we can tell the group to end
    });
    this.#tail = new OutputTail(this.#streams());
    this.#forget = atExit(() => this.#kill());
    this.#ended = this.#watch();
    this.#child.on('message', (message) => this.#hear(message as Answer));
    this.#child.on('disconnect', () => this.#kill());
    // An open model that has nothing to do does not keep this process alive.
    this.#hold('unref');
  }

  /** Whether nothing can be asked any more. */
  get over(): boolean {
    return this.#told || this.#end !== undefined || !this.#child.connected;
  }

  /** One at a time. */
  async ask(message: Message, limitMs: number): Promise<Outcome<Answer>> {
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<Answer | 'ended' | 'late'>((resolve) => {
      this.#hear = resolve;
      // It also keeps this process alive until the answer is there: the child by itself does not.
      timer = setTimeout(resolve, limitMs, 'late');
    });
    // A message that can't be sent has no reader: then the child's end is heard of.
    let unheard = false;
    this.#child.send(message, undefined, undefined, (error) => {
      unheard = error !== null;
    });
    const outcome = this.#end === undefined ? await heard : 'ended';
    clearTimeout(timer);
    this.#hear = () => {};
    if (outcome !== 'ended' && outcome !== 'late') return outcome;
    await this.end();
    const printed = this.#tail.text;
    if (outcome === 'late') return { type: 'late', printed };
    return { type: 'ended', how: this.#end ?? 'ended', printed, unheard };
  }

  /** Ends it, whatever it does, and waits until it is gone: it has nothing that could be lost. */
  async end(): Promise<void> {
    this.#told = true;
    this.#hold('ref');
    this.#kill();
    await this.#ended;
  }

  #watch(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (end: string): void => {
        this.#kill(); // children that it has left behind, who hold its pipes
        this.#end ??= end;
        this.#forget();
      };
      const gone = (): void => {
        this.#hear('ended');
        resolve();
      };
      this.#child.on('error', (error) => {
        if (this.#child.pid !== undefined) return; // its end will be told
        finish(`could not be started (${error.message})`);
        gone();
      });
      this.#child.once('exit', (code, signal) => {
        const byOthers = signal === 'SIGKILL' && !this.#told;
        finish(`${describeEnd(code, signal)}${byOthers ? OUT_OF_MEMORY : ''}`);
      });
      // All that it printed is known.
      this.#child.once('close', gone);
    });
  }

  #kill(): void {
    const { pid } = this.#child;
    // Once it has ended, its number may be another's.
    if (pid === undefined || this.#end !== undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  /** Whether it keeps this process alive. */
  #hold(action: 'ref' | 'unref'): void {
    this.#child[action]();
    this.#child.channel?.[action]();
    for (const stream of this.#streams()) {
      // Pipes are sockets, of which the type says nothing.
      if (action in stream) (stream as unknown as ChildProcess)[action]();
    }
  }

  /** None where the system could not make them. */
  #streams(): Readable[] {
    return [this.#child.stdout, this.#child.stderr].filter(
      (stream) => stream !== null && stream !== undefined,
    );
  }
}

/** ONNX Runtime tells its maker of each model that it opens, unless it is told not to before it is loaded. */
const SILENT = { ORT_DISABLE_TELEMETRY: '1' };

function passedOn(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  return { ...Object.fromEntries(ours), ...SILENT };
}
