/** The command as a user runs it: a process of its own, on the built output. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');

/** The command of a package that was installed where there is no compiler: all but the addon. */
export function commandWithoutAddon(folder: string): string {
  mkdirSync(folder);
  for (const name of ['dist', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist', 'cli', 'main.js');
}

/** The TFLite library announces its delegate on stderr by itself, at any time; what we say is the rest. */
export function ownMessages(stderr: string): string {
  return stderr.replace(/^INFO: Created TensorFlow Lite XNNPACK delegate for CPU\.\n/gm, '');
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the end; stdin is closed, or what `input` holds. */
export function impulse(
  args: readonly string[],
  {
    input,
    env = {},
    command = COMMAND,
  }: {
    readonly input?: Uint8Array;
    readonly env?: Readonly<Record<string, string>>;
    readonly command?: string;
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, ...env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString(),
        stderr: ownMessages(Buffer.concat(err).toString()),
      });
    });
  });
}
