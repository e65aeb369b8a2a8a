/** Tunings in files. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { EngineError } from '../../errors.js';
import { ENGINE_NAMES } from '../session.js';
import { isSameMachine } from './machine.js';
import type { Machine, Tuning } from './tuning.js';

/** Of one file: measurements of older machines and versions go first. */
const MOST_TUNINGS = 32;

/** What was measured of this model on this machine. A file that is missing or unreadable remembers nothing. */
export async function recallTuning(
  file: string,
  sha256: string,
  machine: Machine,
): Promise<Tuning | undefined> {
  return (await readTunings(file)).find((tuning) => isOf(tuning, sha256, machine));
}

/**
 * Adds to what the file remembers; the same model and machine are measured anew.
 *
 * @throws {EngineError} `ERR_TUNING_STORE`: it can't be written; what was there is as it was
 */
export async function rememberTunings(file: string, tunings: readonly Tuning[]): Promise<void> {
  const others = (await readTunings(file)).filter(
    (old) => !tunings.some(({ model, machine }) => isOf(old, model.sha256, machine)),
  );
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const kept = { tunings: [...tunings, ...others].slice(0, MOST_TUNINGS) };
    await writeFile(temporary, `${JSON.stringify(kept, null, 2)}\n`);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(
      'ERR_TUNING_STORE',
      `What was measured can't be remembered in ${file}: ${reason}. Make its folder writable, or keep it elsewhere (XDG_CACHE_HOME).`,
      { cause },
    );
  }
}

function isOf({ model, machine }: Tuning, sha256: string, here: Machine): boolean {
  return model.sha256 === sha256 && isSameMachine(machine, here);
}

const SETTING = v.object({
  engine: v.picklist(ENGINE_NAMES),
  threads: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  xnnpack: v.optional(v.boolean()),
  executionProvider: v.optional(v.string()),
});

const TRIAL = v.union([
  v.object({ setting: SETTING, reason: v.string() }),
  v.object({
    setting: SETTING,
    delegate: v.string(),
    medianMs: v.number(),
    minMs: v.number(),
    runs: v.number(),
    difference: v.number(),
    disagrees: v.optional(v.literal(true)),
  }),
]);

const FILE = v.object({
  tunings: v.array(
    v.object({
      model: v.object({ name: v.string(), sha256: v.string() }),
      machine: v.object({
        cpu: v.string(),
        processors: v.number(),
        arch: v.string(),
        node: v.string(),
        package: v.string(),
        engines: v.record(v.string(), v.string()),
      }),
      measuredAt: v.string(),
      reference: SETTING,
      tolerance: v.number(),
      trials: v.array(TRIAL),
      chosen: SETTING,
    }),
  ),
});

/** Whoever may write the file may choose an engine, and no more: what it says is checked. */
async function readTunings(file: string): Promise<readonly Tuning[]> {
  try {
    const parsed = v.safeParse(FILE, JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? (parsed.output.tunings as readonly Tuning[]) : [];
  } catch {
    return [];
  }
}
