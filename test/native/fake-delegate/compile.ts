/** The delegate made of `fake.c`. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Missing, missingAddon } from '../../support/not-tested.js';

const SOURCE = fileURLToPath(new URL('./fake.c', import.meta.url));

/** What compiling and loading it would need and this machine lacks. */
export const missingDelegate: Missing = missingAddon ?? missingCompiler() ?? missingHeaders();

/** @returns path of the library */
export function compileFakeDelegate(folder: string): string {
  const path = join(folder, 'libfake_delegate.so');
  const flags = ['-std=c11', '-shared', '-fPIC', '-fvisibility=hidden', '-isystem', headers() ?? ''];
  execFileSync(compiler(), [...flags, SOURCE, '-o', path]);
  return path;
}

function compiler(): string {
  return process.env.CC ?? 'cc';
}

function missingCompiler(): Missing {
  try {
    execFileSync(compiler(), ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `there is no C compiler '${compiler()}'. Install one (Debian: apt install gcc)`;
  }
}

function missingHeaders(): Missing {
  return headers() === undefined
    ? 'the package tfjs-tflite-node, whose headers it needs, is not installed'
    : undefined;
}

/** Those that come with the library which the delegate is to be loaded beside. */
function headers(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('tfjs-tflite-node/package.json');
    const folder = join(dirname(manifest), 'cc_deps/include');
    return existsSync(join(folder, 'tensorflow/lite/c/common.h')) ? folder : undefined;
  } catch {
    return undefined;
  }
}
