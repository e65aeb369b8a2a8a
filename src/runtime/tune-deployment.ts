/** `tuneDeployment()`: measures how a deployment runs best on this device, and remembers it. */
import { openDownload } from '../deployment/download.js';
import { InputError, UnsupportedError } from '../errors.js';
import { oneOf } from '../options.js';
import { checkSignal } from './check-sequence.js';
import type { ClassifyInput } from './classification.js';
import type { OpenOptions } from './options.js';
import { normalizeOpenOptions } from './options.js';
import { readDeployment } from './read-deployment.js';
import { besideDeployment, cacheFolder } from './tuning/places.js';
import type { Tunings } from './tuning/recall.js';
import type { Tuning } from './tuning/tuning.js';

export const TUNING_PLACES = ['cache', 'beside', 'nowhere'] as const;
export type TuningPlace = (typeof TUNING_PLACES)[number];

/** What is measured can't be asked for. */
type Measured = (typeof MEASURED)[number];

const MEASURED = [
  'engine',
  'threads',
  'xnnpack',
  'executionProvider',
  'tfliteDelegate',
  'sessions',
  'tune',
  'warmUp',
] as const satisfies readonly (keyof OpenOptions)[];

export interface TuneOptions extends Omit<OpenOptions, Measured> {
  /** What to measure with. @default a picture or signal made up for the purpose */
  readonly input?: ClassifyInput;
  /**
   * How far an output of another engine may be from the reference's and still count as the same answer, as a share of the
   * output's range, 0..1.
   *
   * @default 0.1
   */
  readonly tolerance?: number;
  /**
   * Where it is remembered: in the user's `cache` folder, `beside` the deployment as `<deployment>.tuning.json`, or `nowhere`.
   *
   * @default 'cache'
   */
  readonly remember?: TuningPlace;
  readonly signal?: AbortSignal;
  /** Settings that were looked at, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface TuningReport {
  /** One for each model, in the order of the learn blocks. */
  readonly tunings: readonly Tuning[];
  /** Path of the file or folder where they are remembered. */
  readonly rememberedIn?: string;
}

/**
 * Runs every model of a deployment in every way that this machine has (engine, kernels, threads) on the same input, checks
 * that the answers agree with those that the deployment gives without a measurement, and remembers the fastest way for `openDeployment()`, which takes it wherever engine, threads
 * and kernels are left to it. Takes some seconds; nothing else should run meanwhile.
 *
 * @param source as for `openDeployment()`
 * @throws what `openDeployment()` throws; {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: a runner, of which there is nothing to
 *   choose; {EngineError} `ERR_TUNING_STORE`: it can't be remembered
 *
 * @example
 * const { tunings } = await tuneDeployment('coffee-cups.zip');
 * console.log(tunings[0].chosen); // { engine: 'tflite', xnnpack: true, threads: 2 }
 */
export async function tuneDeployment(
  source: string | Uint8Array,
  options: TuneOptions = {},
): Promise<TuningReport> {
  const { input, tolerance, remember = 'cache', signal, onProgress, ...rest } = options;
  const where = 'tuneDeployment()';
  refuseMeasured(rest, where);
  oneOf(remember, TUNING_PLACES, `${where}: remember`);
  checkTolerance(tolerance, where);
  checkSignal(signal, where);
  const normalized = normalizeOpenOptions(rest);
  const download = await openDownload(source);
  if (download.kind === 'eim') throw nothingToChoose();
  const contents = await readDeployment(download, normalized);
  // Loaded by those who measure: most programs only take what was measured.
  const { tuneContents } = await import('./tuning/tune.js');
  const tunings = await tuneContents(contents, normalized, {
    ...(input !== undefined && { input }),
    ...(tolerance !== undefined && { tolerance }),
    ...(onProgress !== undefined && { onProgress }),
    signal,
  });
  const rememberedIn = placeFor(remember, source);
  await rememberIn(remember, rememberedIn, tunings);
  return { tunings: [...tunings.values()], ...(rememberedIn !== undefined && { rememberedIn }) };
}

async function rememberIn(place: TuningPlace, path: string | undefined, tunings: Tunings): Promise<void> {
  if (path === undefined) return;
  if (place === 'cache') {
    const { rememberInCache } = await import('./tuning/recall.js');
    await rememberInCache(tunings);
    return;
  }
  const { rememberTunings } = await import('./tuning/store.js');
  await rememberTunings(path, [...tunings.values()]);
}

function placeFor(remember: TuningPlace, source: string | Uint8Array): string | undefined {
  if (remember === 'nowhere') return undefined;
  if (remember === 'cache') return cacheFolder();
  if (typeof source === 'string') return besideDeployment(source);
  throw new InputError(
    'ERR_OPTION_INVALID',
    "tuneDeployment(): remember: 'beside' needs the deployment's path: bytes lie nowhere.",
  );
}

function refuseMeasured(rest: object, where: string): void {
  const given = MEASURED.find((name) => name in rest);
  if (given === undefined) return;
  const why =
    given === 'tfliteDelegate'
      ? 'delegates are not measured, because a remembered file must not be able to name a library'
      : `${given} is what is measured`;
  throw new InputError('ERR_OPTION_INVALID', `${where}: ${why}: leave it out.`);
}

function checkTolerance(tolerance: unknown, where: string): void {
  if (tolerance === undefined || (typeof tolerance === 'number' && tolerance >= 0 && tolerance <= 1)) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${where}: tolerance: expected a number from 0 to 1 but received ${String(tolerance)}.`,
  );
}

function nothingToChoose(): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    'An .eim runs as a whole, on the engine that was built into it: there is nothing to choose.',
  );
}
