/** Zip archives, read without trusting them. */
import type { Readable } from 'node:stream';
import type { Entry, ZipFile } from 'yauzl';
import yauzl from 'yauzl';
import { DeploymentError } from '../errors.js';
import { crc32 } from './crc32.js';
import type { FileTree } from './file-tree.js';
import { isClutter, LIMITS, limitError, mebibytes, refuseCollisions, safeName } from './file-tree.js';

const STORED = 0;
const DEFLATED = 8;
const FILE_TYPE_MASK = 0o170000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;
const SYMBOLIC_LINK = 0o120000;
const MADE_ON_UNIX = 3;

/**
 * The files of a zip. Its table of contents is checked as a whole before anything is unpacked; a file is
 * unpacked when it is read, into memory, and never past the size that the table states.
 *
 * @param bytes the archive; kept, not copied
 * @param source what people call it
 * @throws {DeploymentError} `ERR_ARCHIVE_INVALID`, `ERR_ARCHIVE_UNSAFE`, `ERR_ARCHIVE_LIMIT`
 */
export async function openZip(bytes: Uint8Array, source: string): Promise<FileTree> {
  if (bytes.length > LIMITS.archiveBytes) throw limitError(source, `${mebibytes(bytes.length)} of zip`);
  const zip = await readTableOfContents(bytes, source);
  const entries = await collectEntries(zip, source);
  const names = [...entries.keys()].sort();
  refuseCollisions(names, source);
  return {
    source,
    names,
    has: (name) => entries.has(name),
    read: (name) => unpack(zip, entryOf(entries, name), `${source}: ${name}`),
  };
}

async function readTableOfContents(bytes: Uint8Array, source: string): Promise<ZipFile> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    // Names and sizes are checked here, where the errors are ours.
    return await yauzl.fromBufferPromise(buffer, { decodeStrings: false, validateEntrySizes: false });
  } catch (cause) {
    throw invalid(
      source,
      'its table of contents, which stands at the end of a zip, is missing or damaged. ' +
        'It was probably cut off: download it again',
      cause,
    );
  }
}

async function collectEntries(zip: ZipFile, source: string): Promise<Map<string, Entry>> {
  if (zip.entryCount > LIMITS.entries) {
    throw limitError(source, `${zip.entryCount} entries, more than the limit of ${LIMITS.entries}`);
  }
  const entries = new Map<string, Entry>();
  let total = 0;
  for await (const entry of entriesOf(zip, source)) {
    const raw = yauzl.getFileNameLowLevel(
      entry.generalPurposeBitFlag,
      entry.fileNameRaw,
      entry.extraFields,
      true,
    );
    const name = safeName(raw, source);
    checkEntry(entry, name, source);
    total += entry.uncompressedSize;
    if (total > LIMITS.totalBytes) {
      throw limitError(source, `it unpacks to more than ${mebibytes(LIMITS.totalBytes)}`);
    }
    if (raw.endsWith('/') || isClutter(name)) continue;
    if (entries.has(name)) refuseCollisions([name, name], source);
    entries.set(name, entry);
  }
  return entries;
}

async function* entriesOf(zip: ZipFile, source: string): AsyncGenerator<Entry> {
  const iterator = zip.eachEntry()[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch((cause: unknown) => {
      throw invalid(
        source,
        `its table of contents is damaged (${messageOf(cause)}). Download it again`,
        cause,
      );
    });
    if (next.done === true) return;
    yield next.value;
  }
}

function checkEntry(entry: Entry, name: string, source: string): void {
  if (entry.isEncrypted())
    throw invalid(source, `'${name}' is encrypted: unpack it, or zip it without a password`);
  const type = fileType(entry);
  if (type === SYMBOLIC_LINK) throw unsafe(source, `'${name}' is a symbolic link`);
  if (type !== 0 && type !== REGULAR_FILE && type !== FOLDER) {
    throw unsafe(source, `'${name}' is neither a file nor a folder`);
  }
  const { compressedSize, uncompressedSize } = entry;
  if (uncompressedSize > LIMITS.fileBytes) {
    throw limitError(source, `'${name}' unpacks to ${mebibytes(uncompressedSize)}`);
  }
  if (uncompressedSize > LIMITS.ratioFreeBytes && uncompressedSize > compressedSize * LIMITS.ratio) {
    throw limitError(
      source,
      `'${name}' unpacks from ${compressedSize} bytes to ${mebibytes(uncompressedSize)}`,
    );
  }
}

/** The Unix file type in the external attributes; some writers fill it in without saying "made on Unix". */
function fileType({ externalFileAttributes, versionMadeBy }: Entry): number {
  const type = (externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  return versionMadeBy >>> 8 === MADE_ON_UNIX || type === SYMBOLIC_LINK ? type : 0;
}

/** Counts real bytes: what the table of contents says is a claim. */
async function unpack(zip: ZipFile, entry: Entry, where: string): Promise<Uint8Array> {
  const { compressionMethod, uncompressedSize } = entry;
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw invalid(
      where,
      `compression method ${compressionMethod}; zip it again with the ordinary one (deflate)`,
    );
  }
  const unpacked = new Uint8Array(uncompressedSize);
  let length = 0;
  try {
    const stream: Readable = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > uncompressedSize) {
        throw limitError(
          where,
          `it unpacks to more than the ${uncompressedSize} bytes that the archive states`,
        );
      }
      unpacked.set(chunk, length);
      length += chunk.length;
    }
  } catch (cause) {
    if (cause instanceof DeploymentError) throw cause;
    throw invalid(where, `it can't be unpacked (${messageOf(cause)}). Download the archive again`, cause);
  }
  if (length !== uncompressedSize || crc32(unpacked) !== entry.crc32) {
    throw invalid(where, 'its checksum is wrong: the archive is damaged. Download it again');
  }
  return unpacked;
}

function entryOf(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw new TypeError(`No entry '${name}' in this archive.`);
  return entry;
}

function invalid(where: string, why: string, cause?: unknown): DeploymentError {
  return new DeploymentError('ERR_ARCHIVE_INVALID', `${where}: ${why}.`, { cause });
}

function unsafe(source: string, why: string): DeploymentError {
  return new DeploymentError('ERR_ARCHIVE_UNSAFE', `${source}: ${why}. The whole archive is refused.`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
