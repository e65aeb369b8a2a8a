/** Compiles and runs the C programs of this folder: the bare loop that our times are compared with, and its like. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('../../out/', import.meta.url));

/** What a session's `details.delegate` is called, as the number that `floor` and the delegate take. */
export const KERNELS = {
  none: -1,
  xnnpack: 0,
  'xnnpack (QS8)': 1,
  'xnnpack (QU8)': 2,
  'xnnpack (QS8, QU8)': 3,
};

/**
 * @param {'floor' | 'eim' | 'wake'} name
 * @returns {string} path of the program, compiled if it is not there or older than its source or a header
 */
export function buildProgram(name) {
  const [source, program] = [join(FOLDER, `${name}.c`), join(PROGRAMS, name)];
  const headers = readdirSync(FOLDER).filter((file) => file.endsWith('.h'));
  const newest = Math.max(...[source, ...headers.map((file) => join(FOLDER, file))].map(changedMs));
  if (!existsSync(program) || changedMs(program) <= newest) {
    mkdirSync(PROGRAMS, { recursive: true });
    const flags = ['-O2', '-std=c11', '-Wall', '-Wextra', '-pthread'];
    execFileSync(process.env.CC ?? 'cc', [...flags, source, '-o', program, '-ldl', '-lm']);
  }
  return program;
}

function changedMs(path) {
  return statSync(path).mtimeMs;
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
    return JSON.parse(execFileSync(buildProgram('floor'), args, options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What waking a thread and being woken by it costs here, in plain C.
 *
 * @param {number} workUs how long that thread computes meanwhile: a processor that was idle for longer wakes later
 * @returns {number} median, microseconds
 */
export function measureWake(workUs) {
  const args = [String(Math.round(workUs)), '500'];
  return JSON.parse(execFileSync(buildProgram('wake'), args, { encoding: 'utf8' })).p50Us;
}
