/** What an `.eim` is, told from its first bytes: for which system and processor it was built. Nothing of it is run. */
import type { Stats } from 'node:fs';
import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { machine, platform } from 'node:os';
import { DeploymentError, UnsupportedError } from '../errors.js';
import { notADeployment, RUNNER_MARKS, sniff } from './sniff.js';

/** What an executable's header states. */
export interface Executable {
  readonly system: 'linux' | 'macos';
  /** As Node.js spells it (`x64`, `arm64`, `arm`, ...), or the header's number where it is a rarer one. */
  readonly architecture: string;
  /** The loader that it asks the system for; absent where it is linked statically. */
  readonly loader?: string;
}

/**
 * - `program`: an executable that holds the marks of a runner;
 * - `script`: text that begins with `#!` and starts one, for example through an emulator;
 * - `socket`: the unix socket of a runner that is already running.
 */
export type EimFile =
  | { readonly kind: 'program'; readonly executable: Executable; readonly bytes: number }
  | { readonly kind: 'script' }
  | { readonly kind: 'socket' };

/** The machine that it shall run on. */
export interface Host {
  readonly system: string;
  readonly architecture: string;
  /** Whether a file is there. */
  readonly has: (path: string) => boolean;
}

const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

const MACH_O_CPUS: Readonly<Record<number, string>> = { 16777223: 'x64', 16777228: 'arm64' };

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', macos: 'macOS' };

/** Where the program headers are, and what is where in one, by the header's class (32 or 64 bits). */
const ELF_32 = { table: 28, entrySize: 42, entries: 44, offset: 4, size: 16, wide: false } as const;
const ELF_64 = { table: 32, entrySize: 54, entries: 56, offset: 8, size: 32, wide: true } as const;
const PT_INTERP = 3;

/** Program headers come first in every file that a linker writes. */
const HEADER_BYTES = 64 * 1024;
const SEARCH_BYTES = 1024 * 1024;

/**
 * Looks at a file without running anything of it.
 *
 * @throws {DeploymentError} missing, unreadable, or nothing that could be run
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: a program, but not a runner
 */
export async function recogniseEim(path: string): Promise<EimFile> {
  const info = await stat(path).catch((cause: unknown) => {
    throw missing(`There is no .eim that can be opened at '${path}'.`, cause);
  });
  if (info.isSocket()) return { kind: 'socket' };
  if (!info.isFile()) {
    throw new DeploymentError('ERR_DEPLOYMENT_UNRECOGNISED', `'${path}' is neither a file nor a socket.`);
  }
  const file = await open(path).catch((cause: unknown) => {
    throw missing(`'${path}' can't be read.`, cause);
  });
  try {
    return await recogniseFile(file, info, path);
  } finally {
    await file.close();
  }
}

async function recogniseFile(file: FileHandle, info: Stats, path: string): Promise<EimFile> {
  const start = await readAt(file, 0, HEADER_BYTES);
  const executable = readExecutable(start);
  if (executable === undefined) {
    if (start[0] === 0x23 && start[1] === 0x21) return { kind: 'script' };
    throw notADeployment(sniff(start), start, `'${path}'`);
  }
  if (!(await holdsMarks(file, info.size))) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `'${path}' is a program for ${describeExecutable(executable)}, but no Edge Impulse runner: ` +
        'it does not hold the words that every .eim has.',
    );
  }
  return { kind: 'program', executable, bytes: info.size };
}

/**
 * What the header of an executable states.
 *
 * @param bytes the file, or its beginning
 * @returns undefined for what is neither ELF nor 64-bit Mach-O, or is cut off within its header
 */
export function readExecutable(bytes: Uint8Array): Executable | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 64) return undefined;
  const magic = view.readUInt32BE(0);
  if (magic === 0xcffaedfe) {
    const cpu = view.readUInt32LE(4);
    return { system: 'macos', architecture: MACH_O_CPUS[cpu] ?? `processor ${cpu}` };
  }
  return magic === 0x7f454c46 ? readElf(view) : undefined;
}

function readElf(view: Buffer): Executable {
  const bigEndian = view[5] === 2;
  const number = bigEndian ? view.readUInt16BE(18) : view.readUInt16LE(18);
  const architecture = ELF_MACHINES[number] ?? `processor ${number}`;
  // All that runs Node.js today is little-endian, but for s390x, for which there are no runners.
  const loader = bigEndian ? undefined : readLoader(view);
  return { system: 'linux', architecture, ...(loader !== undefined && { loader }) };
}

function readLoader(view: Buffer): string | undefined {
  const layout = view[4] === 1 ? ELF_32 : ELF_64;
  const word = (at: number): number => {
    if (at + 8 > view.length) return 0;
    return layout.wide ? Number(view.readBigUInt64LE(at)) : view.readUInt32LE(at);
  };
  const table = word(layout.table);
  const entrySize = view.readUInt16LE(layout.entrySize);
  for (let entry = 0; entry < view.readUInt16LE(layout.entries); entry++) {
    const at = table + entry * entrySize;
    if (at + 4 > view.length) return undefined;
    if (view.readUInt32LE(at) !== PT_INTERP) continue;
    const from = word(at + layout.offset);
    const text = view.toString('utf8', from, from + word(at + layout.size)).replace(/\0.*$/s, '');
    return text.startsWith('/') ? text : undefined;
  }
  return undefined;
}

/** In words: `Linux on arm64`. */
export function describeExecutable({ system, architecture }: Pick<Host, 'system' | 'architecture'>): string {
  return `${SYSTEMS[system] ?? system} on ${architecture}`;
}

/** The machine that this process runs on. */
export function thisHost(): Host {
  return {
    system: platform() === 'darwin' ? 'macos' : platform(),
    architecture: kernelArchitecture(machine()),
    has: existsSync,
  };
}

/** The kernel's processor: a 32-bit Node.js on a 64-bit kernel can start 64-bit programs. */
function kernelArchitecture(name: string): string {
  if (name === 'x86_64') return 'x64';
  if (name === 'aarch64') return 'arm64';
  if (/^arm64/.test(name)) return 'arm64';
  if (/^arm/.test(name)) return 'arm';
  return /^i\d86$/.test(name) ? 'ia32' : name;
}

/** Systems that also start programs of an older processor. */
const ALSO_RUNS: Readonly<Record<string, string>> = {
  'linux x64': 'ia32',
  'linux arm64': 'arm',
  'macos arm64': 'x64',
};

/**
 * @param where what people call the file
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: another system or processor, or its loader is missing here
 */
export function checkRunsHere(executable: Executable, where: string, host: Host = thisHost()): void {
  const { system, architecture, loader } = executable;
  const fits =
    architecture === host.architecture || architecture === ALSO_RUNS[`${host.system} ${host.architecture}`];
  if (system !== host.system || !fits) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${where} was built for ${describeExecutable(executable)}, but this machine is ${describeExecutable(host)}. Download the Linux or macOS ` +
        'deployment for this machine in the Studio, or the C++ library, which runs on all of them.',
    );
  }
  if (loader !== undefined && !host.has(loader)) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${where} needs the loader ${loader}, which this system does not have` +
        `${loader.includes('ld-linux') ? ': it was built for a system with glibc' : ''}. ` +
        'Install it, or download the C++ library, which runs without.',
    );
  }
}

/** Searches piece by piece: runners can hold gigabytes of weights. */
async function holdsMarks(file: FileHandle, size: number): Promise<boolean> {
  const overlap = Math.max(...RUNNER_MARKS.map(({ length }) => length)) - 1;
  for (let at = 0; at < size; at += SEARCH_BYTES) {
    const piece = await readAt(file, at, SEARCH_BYTES + overlap);
    if (RUNNER_MARKS.some((mark) => piece.includes(mark))) return true;
  }
  return false;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function missing(message: string, cause: unknown): DeploymentError {
  return new DeploymentError('ERR_DEPLOYMENT_NOT_FOUND', message, { cause });
}
