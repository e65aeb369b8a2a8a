/** How a program that nobody has checked is kept from the rest of the machine. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../../errors.js';
import type { PrivateFolder } from './private-folder.js';
import { makeSocketFolder, SHARED_MEMORY } from './private-folder.js';

/** From the strictest to none at all. */
export const ISOLATION_METHODS = ['bubblewrap', 'unshare', 'none'] as const;
export type IsolationMethod = (typeof ISOLATION_METHODS)[number];

export interface EimIsolation {
  /** The strictest that works here. */
  readonly method: IsolationMethod;
  /** What that means, for people. */
  readonly description: string;
  /** Stricter ones that do not work here, and why. */
  readonly refused: readonly { readonly method: IsolationMethod; readonly reason: string }[];
}

/** A program and what it may write to. */
export interface Confined {
  /** Real path. */
  readonly program: string;
  /** Given what `folder` is called where the program runs. */
  readonly arguments: (folder: string) => readonly string[];
  /** For its socket. */
  readonly folder: string;
  /** Where its shared memory shall appear, if it can have one of its own. */
  readonly sharedMemory: string;
}

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** The folder in which its shared memory objects appear, as files. */
  readonly sharedMemory: string;
}

export const DESCRIPTIONS: Readonly<Record<IsolationMethod, string>> = {
  bubblewrap: 'bubblewrap (no network, files read-only, homes and devices hidden)',
  unshare: 'user namespaces (no network)',
  none: 'none (it has all rights of this process)',
};

/** The socket's folder as a program within bubblewrap sees it. */
const INNER_FOLDER = '/tmp/impulse';
const PROBE_MS = 5_000;

/** Homes, and where other programs have their sockets. */
const HIDDEN = ['/home', '/root', '/run', '/var/run', '/tmp', '/var/tmp', '/mnt', '/media', '/srv'];

const COMMANDS: Readonly<Record<IsolationMethod, (confined: Confined) => Command>> = {
  bubblewrap: ({ program, arguments: given, folder, sharedMemory }) => ({
    file: 'bwrap',
    arguments: [
      ...['--unshare-user-try', '--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
      ...['--die-with-parent', '--cap-drop', 'ALL'],
      ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
      ...hiddenFolders().flatMap((path) => ['--tmpfs', path]),
      ...['--bind', folder, INNER_FOLDER, '--bind', sharedMemory, SHARED_MEMORY],
      // Last, as it may lie in one of those.
      ...['--ro-bind', program, program],
      ...['--chdir', '/tmp', '--', program, ...given(INNER_FOLDER)],
    ],
    sharedMemory,
  }),
  unshare: ({ program, arguments: given, folder }) => ({
    file: 'unshare',
    arguments: [
      ...['--user', '--map-root-user', '--net', '--ipc', '--uts', '--fork', '--kill-child'],
      ...['--', program, ...given(folder)],
    ],
    sharedMemory: SHARED_MEMORY,
  }),
  none: ({ program, arguments: given, folder }) => ({
    file: program,
    arguments: given(folder),
    sharedMemory: SHARED_MEMORY,
  }),
};

export function confine(method: IsolationMethod, confined: Confined): Command {
  return COMMANDS[method](confined);
}

/** Links and what is missing can't be hidden; what they point to is hidden by its own name. */
function hiddenFolders(): string[] {
  const folders = new Set([...HIDDEN, homedir()]);
  return [...folders].filter((path) => path !== '/' && existsSync(path) && lstatSync(path).isDirectory());
}

let known: Promise<EimIsolation> | undefined;

/**
 * Finds out, by trying them, how an `.eim` can be confined on this machine. Tried once in a process. Never throws.
 */
export function eimIsolation(): Promise<EimIsolation> {
  known ??= tryMethods();
  return known;
}

/** @throws {EngineError} `ERR_ENGINE_UNAVAILABLE`: a method was asked for that does not work here */
export async function chooseIsolation(asked: IsolationMethod | 'auto'): Promise<IsolationMethod> {
  if (asked === 'none') return asked;
  if (asked === 'auto') return (await eimIsolation()).method;
  const reason = await whyNot(asked);
  if (reason === undefined) return asked;
  throw new EngineError(
    'ERR_ENGINE_UNAVAILABLE',
    `Isolation by ${asked} does not work on this machine: ${reason}. ` +
      "Leave the option isolation out to take the strictest that does, or see 'impulse doctor'.",
  );
}

async function tryMethods(): Promise<EimIsolation> {
  const refused: { method: IsolationMethod; reason: string }[] = [];
  for (const method of ISOLATION_METHODS) {
    const reason = method === 'none' ? undefined : await whyNot(method);
    if (reason === undefined) return { method, description: DESCRIPTIONS[method], refused };
    refused.push({ method, reason });
  }
  throw new TypeError('The last method always works.');
}

/** Runs a program in it that writes where a runner writes. */
async function whyNot(method: IsolationMethod): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it is a tool of Linux';
  let folder: PrivateFolder | undefined;
  try {
    folder = await makeSocketFolder('probe');
    const sharedMemory = await makeSharedMemory(folder);
    const command = confine(method, {
      program: '/bin/sh',
      arguments: (inner) => ['-c', `echo > ${inner}/probe`],
      folder: folder.path,
      sharedMemory,
    });
    const failure = await runQuietly(command);
    if (failure !== undefined) return failure;
    return existsSync(join(folder.path, 'probe')) ? undefined : 'it hides the folder of the socket';
  } catch (error) {
    return String(error);
  } finally {
    await folder?.remove();
  }
}

/** Beside the socket, so that it goes when the folder goes. */
export async function makeSharedMemory({ path }: PrivateFolder): Promise<string> {
  const sharedMemory = join(path, 'shm');
  await rm(sharedMemory, { recursive: true, force: true });
  await mkdir(sharedMemory, { mode: 0o700 });
  return sharedMemory;
}

/** @returns why it failed */
function runQuietly({ file, arguments: given }: Command): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, given, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: PROBE_MS,
      killSignal: 'SIGKILL',
    });
    let words = '';
    child.stderr.on('data', (bytes: Buffer) => {
      words = (words + bytes.toString()).slice(0, 400);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ENOENT' ? `${file} is not installed` : error.message);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : words.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}
