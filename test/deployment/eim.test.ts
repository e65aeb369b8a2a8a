import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Host } from '../../src/deployment/eim.js';
import { checkRunsHere, readExecutable, recogniseEim, thisHost } from '../../src/deployment/eim.js';
import { failure } from './failure.js';

const folder = mkdtempSync(join(tmpdir(), 'recognise-eim-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MARK = 'Edge Impulse Linux impulse runner - listening for JSON messages on stdin';
const ELF_MACHINES = { x64: 62, arm64: 183, arm: 40, ia32: 3, riscv64: 243 } as const;

/** An ELF header as linkers write it, with the loader it asks for. */
function elf(machine: number, loader?: string, bits: 32 | 64 = 64): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.write('\x7fELF', 'latin1');
  bytes.set([bits / 32, 1, 1], 4);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machine, 18);
  if (loader === undefined) return bytes;
  const [tableAt, sizeAt, countAt, header, offset, size] =
    bits === 64 ? [32, 54, 56, 64, 8, 32] : [28, 42, 44, 52, 4, 16];
  bytes.writeUInt32LE(header, tableAt);
  bytes.writeUInt16LE(56, sizeAt);
  bytes.writeUInt16LE(1, countAt);
  bytes.writeUInt32LE(3, header);
  bytes.writeUInt32LE(200, header + offset);
  bytes.writeUInt32LE(loader.length + 1, header + size);
  bytes.write(loader, 200, 'latin1');
  return bytes;
}

function machO(cpu: number): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32BE(0xcffaedfe, 0);
  bytes.writeUInt32LE(cpu, 4);
  return bytes;
}

function file(name: string, ...parts: readonly (Buffer | string)[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
}

describe('the header of an executable', () => {
  it.each(Object.entries(ELF_MACHINES))('tells Linux on %s', (architecture, machine) => {
    expect(readExecutable(elf(machine))).toEqual({ system: 'linux', architecture });
  });

  it.each([
    ['x64', 0x01000007],
    ['arm64', 0x0100000c],
  ])('tells macOS on %s', (architecture, cpu) => {
    expect(readExecutable(machO(cpu))).toEqual({ system: 'macos', architecture });
  });

  it.each([32, 64] as const)('tells the loader, with %i bits', (bits) => {
    expect(readExecutable(elf(40, '/lib/ld-linux-armhf.so.3', bits))?.loader).toBe(
      '/lib/ld-linux-armhf.so.3',
    );
  });

  it('names rare processors by their number', () => {
    expect(readExecutable(elf(94))?.architecture).toBe('processor 94');
    expect(readExecutable(machO(18))?.architecture).toBe('processor 18');
  });

  it('of anything else is none', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('\x7fELF', 'latin1'),
      Buffer.alloc(100),
      Buffer.from('#!/bin/sh\n'.repeat(9)),
    ]) {
      expect(readExecutable(bytes)).toBeUndefined();
    }
  });

  it('may be damaged in any way', () => {
    const whole = elf(62, '/lib64/ld-linux-x86-64.so.2');
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.array(fc.tuple(fc.integer({ min: 4, max: 255 }), fc.nat(255))),
        (length, changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const found = readExecutable(bytes.subarray(0, length));
          if (length < 64) expect(found).toBeUndefined();
          else expect(found?.system).toBe('linux');
        },
      ),
    );
  });
});

describe('recognising an .eim', () => {
  it('finds the words of a runner wherever they are', async () => {
    for (const before of [0, 1000, 1024 * 1024 - 300, 3 * 1024 * 1024]) {
      const path = file('model.eim', elf(62), Buffer.alloc(before), MARK, Buffer.alloc(10));
      expect(await recogniseEim(path)).toEqual({
        kind: 'program',
        executable: { system: 'linux', architecture: 'x64' },
        bytes: 256 + before + MARK.length + 10,
      });
    }
  });

  it('refuses other programs', async () => {
    const refusal = await failure(() => recogniseEim(file('ls', elf(183), 'no runner')));
    expect(refusal).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refusal.message).toMatch(/is a program for Linux on arm64, but no Edge Impulse runner/);
  });

  it('takes scripts that start one, and sockets of running ones', async () => {
    expect(await recogniseEim(file('run.sh', '#!/bin/sh\nexec qemu-aarch64 model.eim "$@"\n'))).toEqual({
      kind: 'script',
    });
    const server = createServer();
    const socket = join(folder, 's');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(await recogniseEim(socket)).toEqual({ kind: 'socket' });
    server.close();
  });

  it.each([
    ['an empty file', '', /is empty/],
    ['a web page', '<!DOCTYPE html><html>404</html>', /is a web page/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer/],
    ['a shell command without #!', 'rm -rf /\n', /is text/],
  ])('says what %s is', async (_, text, message) => {
    expect((await failure(() => recogniseEim(file('model.eim', text)))).message).toMatch(message);
  });

  it('says what is missing, a folder, or cut off', async () => {
    expect(await failure(() => recogniseEim(join(folder, 'none')))).toMatchObject({
      code: 'ERR_DEPLOYMENT_NOT_FOUND',
    });
    mkdirSync(join(folder, 'sub'));
    expect(await failure(() => recogniseEim(join(folder, 'sub')))).toMatchObject({
      code: 'ERR_DEPLOYMENT_UNRECOGNISED',
    });
    const cut = file('cut.eim', elf(62), MARK);
    truncateSync(cut, 40);
    expect(await failure(() => recogniseEim(cut))).toMatchObject({ name: 'UnsupportedError' });
  });
});

describe('whether it runs here', () => {
  const host = (system: string, architecture: string, files: readonly string[] = []): Host => ({
    system,
    architecture,
    has: (path) => files.includes(path),
  });
  const linux = (architecture: string, loader?: string) => ({
    system: 'linux' as const,
    architecture,
    ...(loader !== undefined && { loader }),
  });

  it.each([
    [linux('x64'), host('linux', 'x64')],
    [linux('arm'), host('linux', 'arm64')],
    [linux('arm64', '/lib/ld-linux-aarch64.so.1'), host('linux', 'arm64', ['/lib/ld-linux-aarch64.so.1'])],
    [{ system: 'macos', architecture: 'x64' } as const, host('macos', 'arm64')],
  ])('%j runs on %j', (executable, machine) => {
    expect(() => checkRunsHere(executable, "'model.eim'", machine)).not.toThrow();
  });

  it.each([
    [
      linux('arm64'),
      host('linux', 'x64'),
      /was built for Linux on arm64, but this machine is Linux on x64\. Download/,
    ],
    [linux('arm64'), host('linux', 'arm'), /Linux on arm64.*Linux on arm\./],
    [linux('x64'), host('macos', 'x64'), /Linux on x64.*macOS on x64/],
    [
      { system: 'macos', architecture: 'arm64' } as const,
      host('linux', 'arm64'),
      /macOS on arm64.*Linux on arm64/,
    ],
    [
      linux('x64', '/lib64/ld-linux-x86-64.so.2'),
      host('linux', 'x64'),
      /needs the loader \/lib64\/ld-linux-x86-64\.so\.2.*built for a system with glibc/,
    ],
  ])('%j does not run on %j', async (executable, machine, message) => {
    const refusal = await failure(() => checkRunsHere(executable, "'model.eim'", machine));
    expect(refusal).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refusal.message).toMatch(message);
  });

  it('this Node.js itself does', () => {
    const bytes = readFileSync(process.execPath).subarray(0, 65_536);
    const executable = readExecutable(bytes);
    expect(executable).toBeDefined();
    if (executable !== undefined) expect(() => checkRunsHere(executable, 'node', thisHost())).not.toThrow();
  });
});
