import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const sources = readdirSync(join(CHECKOUT, 'native')).filter((name) => /\.(cc|h|mjs)$/.test(name));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A copy of the package's native part, with a compiler that only writes down how it was called. */
function makePackage(compilerFails = false) {
  const root = mkdtempSync(join(tmpdir(), 'impulse-install-'));
  folders.push(root);
  mkdirSync(join(root, 'native/library'), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const name of sources) cpSync(join(CHECKOUT, 'native', name), join(root, 'native', name));
  for (const name of ['node-api-headers', 'node-addon-api', 'tfjs-tflite-node']) {
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(root, 'node_modules', name));
  }
  const compiler = join(root, 'compiler');
  const log = join(root, 'calls');
  writeFileSync(log, '');
  writeFileSync(
    compiler,
    `#!/bin/sh
if [ "$1" = --version ]; then echo 'compiler 1.0'; exit 0; fi
echo "$*" >> '${log}'
${compilerFails ? "echo 'error: no memory' >&2; exit 1" : ''}
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo made > "$2"; fi; shift; done
`,
  );
  chmodSync(compiler, 0o755);
  const calls = (): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  const install = (CXX = compiler, env: NodeJS.ProcessEnv = {}): string =>
    execFileSync(process.execPath, [join(root, 'native/install.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, CXX, IMPULSE_TFLITE_LIBRARY: '', ...env },
    });
  const addon = join(root, 'native/build/impulse_runtime.node');
  return { root, calls, install, addon };
}

describe('npm install', () => {
  it('succeeds without a compiler, and says what takes over and what to install', () => {
    const { install, addon } = makePackage();
    const said = install('/nowhere/c++');
    expect(said).toMatch(
      /no C\+\+ compiler \(tried \/nowhere\/c\+\+\).*litert-wasm.*apt install g\+\+.*run: node .*install\.mjs/,
    );
    expect(existsSync(addon)).toBe(false);
  });

  it('succeeds when compiling fails, shows what the compiler said, and leaves no half addon', () => {
    const { root, install } = makePackage(true);
    const said = install();
    expect(said).toContain('litert-wasm');
    expect(said).toContain('error: no memory');
    expect(readdirSync(join(root, 'native/build'))).toEqual([]);
  });

  it('compiles each source once, links them, and needs no more than that', () => {
    const { install, addon, calls } = makePackage();
    expect(install()).toContain('native addon built');
    expect(readFileSync(addon, 'utf8')).toBe('made\n');
    const compiled = calls().filter((call) => call.includes(' -c '));
    expect(compiled).toHaveLength(sources.filter((name) => name.endsWith('.cc')).length);
    expect(calls()).toHaveLength(compiled.length + 1);
    for (const call of compiled) expect(call).toMatch(/-std=c\+\+17 -O3.*-ffp-contract=off/);
    expect(calls().join('\n')).not.toContain('-march');
  });

  it('does nothing a second time, and compiles again when a source has changed', () => {
    const { root, install, calls } = makePackage();
    install();
    const once = calls().length;
    expect(install()).toContain('native addon up to date');
    expect(calls()).toHaveLength(once);
    appendFileSync(join(root, 'native/library.h'), '// changed\n');
    expect(install()).toContain('native addon built');
    expect(calls()).toHaveLength(2 * once);
  });

  it('keeps a copy of the TensorFlow Lite library, for npm may take the package away again', () => {
    const { root, install } = makePackage();
    expect(install()).toContain('TensorFlow Lite library in place');
    const [name] = readdirSync(join(root, 'native/library'));
    expect(name).toMatch(/^libtensorflowlite_c\.(so|dylib)$/);
  });

  it('succeeds when the library can not be had, and says how to get it', () => {
    const { root, install } = makePackage();
    rmSync(join(root, 'node_modules/tfjs-tflite-node'));
    // An npm that has no network.
    const npm = join(root, 'npm-cli.js');
    writeFileSync(npm, "console.error('no network'); process.exit(1);");
    const said = install(undefined, { npm_execpath: npm });
    expect(said).toMatch(/library is missing.*litert-wasm.*run: node .*install\.mjs/);
    expect(readdirSync(join(root, 'native/library'))).toEqual([]);
  });

  it('does not fetch a library when the machine has one of its own', () => {
    const { root, install } = makePackage();
    expect(install(undefined, { IMPULSE_TFLITE_LIBRARY: '/opt/libtensorflowlite_c.so' })).not.toContain(
      'Lite',
    );
    expect(readdirSync(join(root, 'native/library'))).toEqual([]);
  });
});
