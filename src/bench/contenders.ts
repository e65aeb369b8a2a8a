/** Who takes part: the ways in which a deployment can be run here. */
import type { OpenOptions } from '../index.js';
import { usableProcessors } from '../runtime/processors.js';
import { ENGINE_NAMES, type EngineName } from '../runtime/session.js';
import { type Setting, settingText } from '../runtime/tuning/tuning.js';
import type { Opened } from './protocol.js';

export interface Contender {
  readonly name: string;
  readonly options: OpenOptions;
}

/** More than an engine takes. */
const MAX_THREADS = 64;

/**
 * Every engine, `tflite` with and without XNNPACK, each on one thread and on all processors, of which each of several
 * sessions has its share. What the options settle (an engine other than `auto`, `threads`, `xnnpack: false`) stays as it is.
 */
export function contendersOf(options: OpenOptions): Contender[] {
  const { engine = 'auto', threads, xnnpack = true, sessions = 1 } = options;
  const engines = engine === 'auto' ? ENGINE_NAMES : [engine];
  const counts = threads === undefined ? threadCounts(sessions) : [threads];
  return engines
    .flatMap((engine) => kernelsOf(engine, xnnpack))
    .flatMap((kernels) => counts.map((threads): Setting => ({ ...kernels, threads })))
    .map((setting) => ({
      name: [settingText(setting), ...sessionsText(sessions)].join(', '),
      options: { ...options, ...setting },
    }));
}

function threadCounts(sessions: number): number[] {
  const all = Math.max(1, Math.min(MAX_THREADS, Math.floor(usableProcessors() / sessions)));
  return all === 1 ? [1] : [1, all];
}

/** Only `tflite` has two sets of kernels. */
function kernelsOf(engine: EngineName, xnnpack: boolean): Omit<Setting, 'threads'>[] {
  if (engine !== 'tflite') return [{ engine }];
  return [...(xnnpack ? [{ engine, xnnpack }] : []), { engine, xnnpack: false }];
}

/** What a deployment came to run on, in the words of its plan: `tflite, XNNPACK, 2 threads`. */
export function nameOf({ models, runner }: Pick<Opened, 'models' | 'runner'>): string {
  if (runner !== undefined) {
    return [runner.engine, ...(runner.inner === undefined ? [] : [runner.inner])].join(', ');
  }
  const names = models.map(({ engine, delegate, threads, sessions }) => {
    const kernels = engine === 'tflite' ? [kernelsText(delegate)] : [];
    return [
      engine,
      ...kernels,
      threads === 1 ? '1 thread' : `${threads} threads`,
      ...sessionsText(sessions),
    ].join(', ');
  });
  return names.length === 0 ? 'no model' : [...new Set(names)].join(' + ');
}

/** `xnnpack (QS8, QU8)` is one of the delegates. */
function kernelsText(delegate: string): string {
  return delegate === 'none' ? 'own kernels' : delegate.replace(/ \(.*$/, '').replace(/^xnnpack$/, 'XNNPACK');
}

function sessionsText(sessions = 1): string[] {
  return sessions === 1 ? [] : [`${sessions} sessions`];
}
