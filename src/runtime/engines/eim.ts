/** The engine `eim`: runs the whole impulse in a process of its own, which speaks JSON over a socket. */
import { access, chmod, constants, copyFile, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { checkRunsHere, recogniseEim } from '../../deployment/eim.js';
import { DeploymentError, InputError } from '../../errors.js';
import { checkOptionNames, describe, integerInRange, oneOf } from '../../options.js';
import type { ImpulseRunner } from '../impulse-runner.js';
import type { IsolationMethod } from './eim/isolation.js';
import { chooseIsolation, DESCRIPTIONS, ISOLATION_METHODS } from './eim/isolation.js';
import type { Life } from './eim/life.js';
import { joinLife, startLife } from './eim/life.js';
import type { PrivateFolder } from './eim/private-folder.js';
import { makeProgramFolder } from './eim/private-folder.js';
import { EimRunner } from './eim/runner.js';

export type { EimIsolation, IsolationMethod } from './eim/isolation.js';
export { eimIsolation, ISOLATION_METHODS } from './eim/isolation.js';

export interface EimOptions {
  /**
   * An `.eim` is a program, not data: `true` says that it may be run. It is confined as far as this machine can
   * (`isolation`), which is no licence to run one from a stranger.
   *
   * @default false
   */
  readonly allowExecution?: boolean;
  /** How it is confined; `auto` takes the strictest that works here. @default 'auto' */
  readonly isolation?: IsolationMethod | 'auto';
  /** For its socket to open, in milliseconds. @default 10000 */
  readonly startTimeoutMs?: number;
  /** For an answer, in milliseconds; the first one may hold the loading of its model. @default 60000 */
  readonly requestTimeoutMs?: number;
  /** Memory for data that it may allocate, in MiB. @default half of the machine's */
  readonly memoryLimitMiB?: number;
}

const OPTIONS = [
  'allowExecution',
  'isolation',
  'startTimeoutMs',
  'requestTimeoutMs',
  'memoryLimitMiB',
] as const satisfies readonly (keyof EimOptions)[];

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

/**
 * Starts an `.eim`, or connects to one that runs already.
 *
 * The file is never changed: where it may not be executed, a private copy is. A runner that ends in a request is started
 * again by the next one, with the thresholds that were set.
 *
 * @param path of the file, or of the unix socket of a running one, for which `allowExecution` is not needed
 * @throws {InputError} `ERR_OPTION_INVALID`: `allowExecution` is missing; other options
 * @throws {DeploymentError} the file is missing or no program
 * @throws {UnsupportedError} it was built for another machine, or is no runner
 * @throws {EngineError} it ended, refused, or can't be understood; the isolation asked for does not work here
 * @throws {TimeoutError} it did not listen or answer in time
 */
export async function openEim(path: string, options: EimOptions = {}): Promise<ImpulseRunner> {
  const settings = normalize(options);
  const name = `'${basename(path)}'`;
  const dialogue = { name, requestTimeoutMs: settings.requestTimeoutMs };
  const file = await recogniseEim(path);
  if (file.kind === 'socket') {
    return EimRunner.open(
      () => joinLife(path, dialogue),
      'separate process, not started by us',
      async () => {},
    );
  }
  refuseUnlessAllowed(settings.allowExecution, path);
  if (file.kind === 'program') checkRunsHere(file.executable, `'${path}'`);
  const isolation = await chooseIsolation(settings.isolation);
  const { program, discard } = await executable(path);
  const start = (): Promise<Life> =>
    startLife({
      ...dialogue,
      program,
      isolation,
      startTimeoutMs: settings.startTimeoutMs,
      memoryLimit: settings.memoryLimitMiB * MEBIBYTE,
    });
  return EimRunner.open(start, DESCRIPTIONS[isolation], discard);
}

function normalize(options: EimOptions): Required<EimOptions> {
  const where = 'openEim()';
  checkOptionNames(options, OPTIONS, where);
  const {
    allowExecution = false,
    isolation = 'auto',
    startTimeoutMs = 10_000,
    requestTimeoutMs = 60_000,
    memoryLimitMiB = Math.floor(totalmem() / 2 / MEBIBYTE),
  } = options;
  if (typeof allowExecution !== 'boolean') {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: allowExecution: expected a boolean but received ${describe(allowExecution)}.`,
    );
  }
  oneOf(isolation, ['auto', ...ISOLATION_METHODS], `${where}: isolation`);
  integerInRange(startTimeoutMs, 1, DAY_MS, `${where}: startTimeoutMs`);
  integerInRange(requestTimeoutMs, 1, DAY_MS, `${where}: requestTimeoutMs`);
  integerInRange(memoryLimitMiB, 16, 1024 * 1024, `${where}: memoryLimitMiB`);
  return { allowExecution, isolation, startTimeoutMs, requestTimeoutMs, memoryLimitMiB };
}

function refuseUnlessAllowed(allowExecution: boolean, path: string): void {
  if (allowExecution) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `'${path}' is an .eim: a program, which can do whatever it likes when it runs. If you trust where it comes from, pass ` +
      '{ allowExecution: true }. The C++ library of the same impulse is data, and needs no such trust.',
  );
}

/** The file itself if it may be executed, else a copy of ours that may. */
async function executable(path: string): Promise<{ program: string; discard: () => Promise<void> }> {
  const program = await realpath(path);
  const allowed = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (allowed) return { program, discard: async () => {} };
  const folder = await makeProgramFolder();
  try {
    const copy = await copyInto(folder, program);
    return { program: copy, discard: () => folder.remove() };
  } catch (cause) {
    await folder.remove();
    throw new DeploymentError(
      'ERR_DEPLOYMENT_NOT_FOUND',
      `'${path}' may not be executed, and can't be copied to where it might: ${String(cause)}.`,
      { cause },
    );
  }
}

async function copyInto(folder: PrivateFolder, program: string): Promise<string> {
  const copy = join(await realpath(folder.path), 'model.eim');
  await copyFile(program, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o500);
  return copy;
}
