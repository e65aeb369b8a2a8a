/** One life of a runner: from its start, or from the connection to one that runs already, to its end. */
import { access, constants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, TimeoutError } from '../../../errors.js';
import type { Hello } from '../runner/protocol.js';
import { readHello } from '../runner/protocol.js';
import { Connection } from './connection.js';
import type { DialogueOptions } from './dialogue.js';
import { Dialogue, printed } from './dialogue.js';
import type { IsolationMethod } from './isolation.js';
import { confine, makeSharedMemory } from './isolation.js';
import type { PrivateFolder } from './private-folder.js';
import { makeSocketFolder, SHARED_MEMORY } from './private-folder.js';
import { Program } from './program.js';
import type { SharedOutcome } from './shared-memory.js';
import { openShared } from './shared-memory.js';

/** How to start a program of one's own. */
export interface ProgramOptions extends DialogueOptions {
  /** Real path of an executable file. */
  readonly program: string;
  readonly startTimeoutMs: number;
  readonly isolation: IsolationMethod;
  /** Bytes. */
  readonly memoryLimit: number;
}

const SOCKET_NAME = 'runner.sock';

/** Between two looks whether the socket is there. */
const LOOK_MS = { first: 4, most: 50 } as const;

/**
 * Starts a program and says hello to it.
 *
 * @throws {EngineError} `ERR_ENGINE_LOAD`: it ended, or refused; `ERR_ENGINE_OUTPUT`: it can't be understood
 * @throws {TimeoutError} it did not listen, or did not answer
 */
export async function startLife(options: ProgramOptions): Promise<Life> {
  const folder = await makeSocketFolder(SOCKET_NAME);
  let program: Program | undefined;
  try {
    const command = confine(options.isolation, {
      program: options.program,
      arguments: (inner) => [join(inner, SOCKET_NAME)],
      folder: folder.path,
      sharedMemory: await makeSharedMemory(folder),
    });
    program = new Program(command, options.memoryLimit);
    const socket = join(folder.path, SOCKET_NAME);
    const connection = await untilListening(program, socket, options);
    const life = await begin(connection, options, { program, folder }, command.sharedMemory);
    // The socket has done its work, and what is gone can't be left behind, even if this process is killed.
    if (command.sharedMemory === SHARED_MEMORY) await folder.remove();
    else await rm(socket, { force: true });
    return life;
  } catch (error) {
    program?.kill();
    await program?.ended;
    await folder.remove();
    throw error;
  }
}

/**
 * Says hello to a runner that listens already.
 *
 * @throws as {@link startLife}
 */
export async function joinLife(path: string, options: DialogueOptions): Promise<Life> {
  const connection = await Connection.open(path).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('ERR_ENGINE_LOAD', `Nobody answers at the socket ${options.name}: ${why}.`, {
      cause,
    });
  });
  return begin(connection, options, undefined, SHARED_MEMORY);
}

async function untilListening(program: Program, path: string, options: ProgramOptions): Promise<Connection> {
  const deadline = performance.now() + options.startTimeoutMs;
  for (let wait: number = LOOK_MS.first; ; wait = Math.min(wait * 2, LOOK_MS.most)) {
    const connection = await Connection.open(path).catch(() => undefined);
    if (connection !== undefined) return connection;
    if (program.end !== undefined) {
      await program.ended;
      throw new EngineError('ERR_ENGINE_LOAD', await startFailure(program, options));
    }
    if (performance.now() > deadline) {
      throw new TimeoutError(
        'ERR_TIMEOUT',
        `${options.name} has not opened its socket within ${options.startTimeoutMs} ms${printed(program.output)}. ` +
          'A slow machine may need a larger startTimeoutMs.',
      );
    }
    await delay(wait);
  }
}

async function startFailure(
  program: Program,
  { name, isolation, program: path }: ProgramOptions,
): Promise<string> {
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  const hint = program.output.includes('libtensorflowlite_flex')
    ? ' Its model needs the library libtensorflowlite_flex (TensorFlow Flex delegate): install it for the whole system.'
    : !executable || /permission denied/i.test(program.output)
      ? ' Programs may be forbidden where it is stored, or where its copy is, among the temporary files.'
      : isolation === 'none'
        ? ''
        : " If it needs a device, a network or files of your home folder, pass isolation: 'none' to run it unconfined.";
  return `${name} ${program.end} before it listened${printed(program.output)}.${hint}`;
}

/** What was started and must be tidied up. */
interface Belongings {
  readonly program: Program;
  readonly folder: PrivateFolder;
}

export interface Life {
  readonly hello: Hello;
  readonly shared: SharedOutcome;
  readonly dialogue: Dialogue;
  /** Ends the program, if it is ours, and removes what it left. */
  end(): Promise<void>;
}

async function begin(
  connection: Connection,
  options: DialogueOptions,
  own: Belongings | undefined,
  sharedMemory: string,
): Promise<Life> {
  const dialogue = new Dialogue(connection, options, own?.program);
  let shared: SharedOutcome | undefined;
  const end = async (): Promise<void> => {
    connection.close();
    if (shared !== undefined && 'shared' in shared) await shared.shared.close();
    await own?.program.stop();
    await own?.folder.remove();
  };
  try {
    const hello = readHello(await dialogue.ask({ hello: 1 }));
    shared = await openShared(hello, sharedMemory, own !== undefined);
    return { hello, shared, dialogue, end };
  } catch (error) {
    own?.program.kill();
    await end();
    throw error;
  }
}
