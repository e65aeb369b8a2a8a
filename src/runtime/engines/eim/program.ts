/** A running `.eim`: started in a process group of its own, its words collected, ended without leftovers. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describeEnd, OutputTail } from '../output-tail.js';
import { atExit } from './at-exit.js';
import type { Command } from './isolation.js';

/** How long each request to end is given before the next, firmer one. */
const PATIENCE_MS = { SIGINT: 3_000, SIGHUP: 1_000 } as const;

/** What the program gets of our environment; keys and tokens are none of its business. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH'];

/** Limits what the program may allocate and keeps a crash from writing its memory to disk; then becomes it. */
const WITH_LIMITS = 'ulimit -c 0 2>/dev/null; ulimit -d "$1" 2>/dev/null; shift; exec "$@"';

export class Program {
  readonly #child: ChildProcess;
  readonly #forget: () => void;
  readonly #tail: OutputTail;
  #end: string | undefined;
  /** Its number may by now be another program's. */
  #gone = false;
  /** Settles when it has ended, and all that it printed is known. */
  readonly ended: Promise<void>;

  /** @param memoryLimit bytes of data that it may allocate */
  constructor({ file, arguments: given }: Command, memoryLimit: number) {
    const kibibytes = Math.floor(memoryLimit / 1024);
    this.#child = spawn('/bin/sh', ['-c', WITH_LIMITS, 'sh', String(kibibytes), file, ...given], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // so that signals reach its children too, and a terminal's Ctrl-C does not
      cwd: '/',
      env: { HOME: '/tmp', ...passedOn() },
    });
    this.#forget = atExit(() => this.kill());
    this.ended = this.#watch();
    this.#tail = new OutputTail(this.#streams());
  }

  /** How it ended, in words; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** The newest of what it printed, on one line. */
  get output(): string {
    return this.#tail.text;
  }

  /** Asks it to end, ever more firmly, and waits until it has. */
  async stop(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      if (this.#end !== undefined) break;
      this.#signal(signal);
      const patience = new AbortController();
      await Promise.race([
        this.ended,
        delay(PATIENCE_MS[signal], undefined, { signal: patience.signal }).catch(() => {}),
      ]);
      patience.abort();
    }
    this.kill();
    await this.ended;
  }

  /** Ends it and all its children at once. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Whether it keeps this process alive. */
  hold(held: boolean): void {
    const action = held ? 'ref' : 'unref';
    this.#child[action]();
    for (const stream of this.#streams()) {
      // Pipes are sockets, of which the type says nothing.
      if (action in stream) (stream as unknown as ChildProcess)[action]();
    }
  }

  #watch(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (end: string): void => {
        this.#end ??= end;
        this.kill(); // children that it has left behind
        this.#gone = true;
        this.#forget();
      };
      this.#child.once('error', (error) => {
        finish(`could not be started (${error.message})`);
        resolve();
      });
      this.#child.once('exit', (code, signal) => finish(describeEnd(code, signal)));
      this.#child.once('close', () => resolve());
    });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#gone) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended by itself.
    }
  }

  #streams(): Readable[] {
    return [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null);
  }
}

function passedOn(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
