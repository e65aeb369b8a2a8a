/** Compiles and runs `floor.c`: the bare C loop that our times are compared with. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./floor.c', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../out/floor', import.meta.url));

/** What a session's `details.delegate` is called, as the number that `floor` and the delegate take. */
export const KERNELS = {
  none: -1,
  xnnpack: 0,
  'xnnpack (QS8)': 1,
  'xnnpack (QU8)': 2,
  'xnnpack (QS8, QU8)': 3,
};

/** @returns {string} path of the program, compiled if it is not there or older than its source */
export function buildFloor() {
  const upToDate = existsSync(PROGRAM) && statSync(PROGRAM).mtimeMs > statSync(SOURCE).mtimeMs;
  if (!upToDate) {
    mkdirSync(join(PROGRAM, '..'), { recursive: true });
    execFileSync(process.env.CC ?? 'cc', [
      '-O2',
      '-std=c11',
      '-Wall',
      '-Wextra',
      SOURCE,
      '-o',
      PROGRAM,
      '-ldl',
    ]);
  }
  return PROGRAM;
}

/**
 * Times the bare loop.
 *
 * @param {{ library: string, model: Uint8Array, input: Uint8Array, threads: number, kernels: number,
 *   warmup: number, runs: number }} trial `input`: bytes of all inputs
 * @returns {{ version: string, runs: number, minUs: number, p50Us: number, p95Us: number, outputHash: string }}
 */
export function runFloor({ library, model, input, threads, kernels, warmup, runs }) {
  const folder = mkdtempSync(join(tmpdir(), 'impulse-floor-'));
  try {
    const [modelFile, inputFile] = [join(folder, 'model.tflite'), join(folder, 'input.bin')];
    writeFileSync(modelFile, model);
    writeFileSync(inputFile, input);
    const args = [library, modelFile, inputFile, threads, kernels, warmup, runs].map(String);
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
    return JSON.parse(execFileSync(buildFloor(), args, options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
