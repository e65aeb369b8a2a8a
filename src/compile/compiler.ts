/** The system's C++ compiler. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EngineError, UnsupportedError } from '../errors.js';

export interface Compiler {
  /** Program and leading arguments: `CXX`, else the first of c++, g++, clang++ that is there. */
  readonly command: readonly [string, ...string[]];
  /** Its own words. */
  readonly version: string;
}

const run = promisify(execFile);

/** Lines of a compiler's complaint that are worth showing. */
const SHOWN_LINES = 30;

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: there is none */
export async function findCompiler(env: NodeJS.ProcessEnv = process.env): Promise<Compiler> {
  const wanted = env.CXX?.trim().split(/\s+/).filter(Boolean) ?? [];
  const candidates = wanted.length > 0 ? [wanted] : [['c++'], ['g++'], ['clang++']];
  for (const [program = '', ...rest] of candidates) {
    try {
      const { stdout } = await run(program, [...rest, '--version'], { env });
      return { command: [program, ...rest], version: stdout.split('\n')[0] ?? '' };
    } catch {
      // The next one may be there.
    }
  }
  const tried = candidates.map((words) => words.join(' ')).join(', ');
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `There is no C++ compiler on this machine (tried ${tried}). Install one, for example: apt install g++.`,
  );
}

/**
 * @param folder where it runs
 * @param what what is compiled or linked, for the message
 * @throws {EngineError} `ERR_ENGINE_BUILD` with the compiler's own words; the signal's reason
 */
export async function compile(
  { command: [program, ...rest] }: Compiler,
  folder: string,
  args: readonly string[],
  what: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) };
    await run(program, [...rest, ...args], options);
  } catch (cause) {
    signal?.throwIfAborted();
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    const shown = words.trim().split('\n').slice(0, SHOWN_LINES).join('\n');
    throw new EngineError('ERR_ENGINE_BUILD', `${what} can't be compiled with ${program}:\n${shown}`, {
      cause,
    });
  }
}
