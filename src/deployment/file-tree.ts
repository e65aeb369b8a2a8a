/** A download as a set of named files, whatever holds them: a zip in memory or a folder on disk. */
import { DeploymentError } from '../errors.js';

export interface FileTree {
  /** What people call it, for messages: `coffee-cups.zip`. */
  readonly source: string;
  /** Names of all files, folders separated by `/`, sorted. Never absolute, never with `..`. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /**
   * The bytes of one file; nothing else is unpacked.
   *
   * @throws {DeploymentError} `ERR_ARCHIVE_INVALID`, `ERR_ARCHIVE_LIMIT`, `ERR_ARCHIVE_UNSAFE`
   */
  read(name: string): Promise<Uint8Array>;
}

/**
 * Bounds on what a download may ask of this machine. Real C++ libraries hold up to about 5,000 files and
 * 150 MiB; each bound leaves room for several times that.
 */
export const LIMITS = {
  /** Bytes of the archive itself. */
  archiveBytes: 1024 ** 3,
  entries: 20_000,
  /** Bytes of one file, unpacked. */
  fileBytes: 512 * 1024 ** 2,
  /** Bytes of all files, unpacked. */
  totalBytes: 2 * 1024 ** 3,
  /** Unpacked to packed bytes of one file. Text of a C array full of zeros reaches about 100. */
  ratio: 200,
  /** A file that unpacks to no more than this may have any ratio. */
  ratioFreeBytes: 16 * 1024 ** 2,
  nameLength: 1024,
  /** Folders inside folders. */
  depth: 64,
} as const;

/** The name without `./` and doubled slashes; refuses what could point outside, whatever system reads it. */
export function safeName(raw: string, source: string): string {
  const refuse = (why: string): DeploymentError =>
    new DeploymentError(
      'ERR_ARCHIVE_UNSAFE',
      `${source}: the entry ${JSON.stringify(raw.slice(0, 200))} ${why}. The whole archive is refused.`,
    );
  if (raw.length > LIMITS.nameLength) throw refuse(`has a name of ${raw.length} characters`);
  if (raw.includes('\0')) throw refuse('has a NUL character in its name');
  if (raw.includes('\\')) throw refuse('has a backslash in its name');
  if (raw.startsWith('/') || /^[A-Za-z]:/.test(raw)) throw refuse('has an absolute name');
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse("leaves its folder ('..')");
  if (parts.length > LIMITS.depth) throw refuse(`lies ${parts.length} folders deep`);
  if (parts.length === 0) throw refuse('has an empty name');
  return parts.join('/');
}

/** What operating systems leave in archives and folders. */
export function isClutter(name: string): boolean {
  return /(^|\/)(__MACOSX\/|\.git\/|(\.DS_Store|Thumbs\.db|desktop\.ini)$)/.test(name);
}

/**
 * Refuses names of which a file system would keep only one: the same twice, the same but for case or
 * Unicode form, or a file that is also a folder.
 */
export function refuseCollisions(names: readonly string[], source: string): void {
  const files = new Map<string, string>();
  for (const name of names) {
    const key = foldedName(name);
    const other = files.get(key);
    if (other !== undefined) throw collision(name, other, source);
    files.set(key, name);
  }
  for (const name of names) {
    const key = foldedName(name);
    for (let slash = key.indexOf('/'); slash !== -1; slash = key.indexOf('/', slash + 1)) {
      const other = files.get(key.slice(0, slash));
      if (other !== undefined) throw collision(name, other, source);
    }
  }
}

/** Last part of a name. */
export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Everything before the last part, with its slash; '' at the top. */
export function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

export function limitError(source: string, what: string): DeploymentError {
  return new DeploymentError('ERR_ARCHIVE_LIMIT', `${source} is refused: ${what}.`);
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function collision(name: string, other: string, source: string): DeploymentError {
  const what = name === other ? `'${name}' twice` : `both '${other}' and '${name}'`;
  return new DeploymentError(
    'ERR_ARCHIVE_UNSAFE',
    `${source} holds ${what}: which of them is meant can't be told. The whole archive is refused.`,
  );
}
