/** Bodies of `multipart/form-data`: a picture into memory, a model into the private folder, and never into any other place. */
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { isImpulseError, RequestError } from '../errors.js';
import { type Incoming, receive } from '../registry/artefacts.js';
import type { DataFolder } from '../registry/data-folder.js';

/** What a form may hold beside its file. */
const FORM_BYTES = 2 ** 20;

/**
 * The one file of a request, in memory.
 *
 * @param field its name in the form
 * @param ifMissing what is said where it is not there
 * @throws {RequestError} `ERR_REQUEST_INVALID`, `ERR_REQUEST_MEDIA_TYPE`, `ERR_REQUEST_TOO_LARGE`
 */
export async function readFile(
  request: FastifyRequest,
  field: string,
  maxBytes: number,
  ifMissing?: string,
): Promise<Buffer> {
  const form = await readForm(request, { file: field, maxBytes }, (file) => file.toBuffer());
  if (form.file !== undefined) return form.file;
  throw ifMissing === undefined ? missing(field) : new RequestError('ERR_REQUEST_INVALID', ifMissing);
}

export interface ReceivedForm {
  /** As the client names it: for people, never a path here. */
  readonly fileName: string;
  readonly file: Incoming;
  /** All other fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * The one file of a request, in the private folder, and its other fields. Whoever gets it keeps or drops the file.
 *
 * @param unwanted fields whose files the API knows and we don't take, and why
 * @throws {RequestError} as {@link readFile}; `ERR_REQUEST_UNSUPPORTED`: an unwanted file; then nothing is left of it
 */
export async function receiveForm(
  request: FastifyRequest,
  field: string,
  folder: DataFolder,
  maxBytes: number,
  unwanted: Readonly<Record<string, string>> = {},
): Promise<ReceivedForm> {
  let incoming: Incoming | undefined;
  try {
    const form = await readForm(request, { file: field, maxBytes, unwanted }, async (file) => {
      incoming = await receive(folder, file.file);
      if (file.file.truncated) throw tooLarge(maxBytes);
      return { fileName: safeName(file.filename), incoming };
    });
    if (form.file === undefined) throw missing(field);
    return { fileName: form.file.fileName, file: form.file.incoming, fields: form.fields };
  } catch (error) {
    await incoming?.drop();
    throw error;
  }
}

interface Form<File> {
  readonly file: File | undefined;
  readonly fields: Record<string, string>;
}

async function readForm<File>(
  request: FastifyRequest,
  {
    file: field,
    maxBytes,
    unwanted = {},
  }: {
    readonly file: string;
    readonly maxBytes: number;
    readonly unwanted?: Readonly<Record<string, string>>;
  },
  take: (file: MultipartFile) => Promise<File>,
): Promise<Form<File>> {
  if (!request.isMultipart()) {
    throw new RequestError(
      'ERR_REQUEST_MEDIA_TYPE',
      `Expected a body of the type multipart/form-data with the file in the field '${field}'.`,
    );
  }
  // Known before anything has come: then nothing needs to come.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_BYTES) throw tooLarge(maxBytes);
  const fields: Record<string, string> = Object.create(null);
  let taken: { file: File } | undefined;
  try {
    for await (const part of request.parts({
      limits: { fileSize: maxBytes, fieldSize: FORM_BYTES, fields: 50, files: 2 },
    })) {
      if (part.type === 'field') fields[part.fieldname] = textOf(part);
      else if (part.fieldname === field && taken === undefined) taken = { file: await take(part) };
      else {
        part.file.resume();
        throw unexpected(part.fieldname, field, unwanted);
      }
    }
  } catch (error) {
    throw formError(error, maxBytes);
  }
  return { file: taken?.file, fields };
}

function textOf({ fieldname, value, valueTruncated }: MultipartValue): string {
  // One that states to be JSON was parsed already.
  if (!valueTruncated) return typeof value === 'string' ? value : JSON.stringify(value);
  throw new RequestError('ERR_REQUEST_TOO_LARGE', `The field '${fieldname}' of the form is too long.`);
}

/** What the parser of forms throws, as ours. Our own errors and the system's (a full disk) stay as they are. */
function formError(error: unknown, maxBytes: number): unknown {
  const { code, message, syscall } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge(maxBytes);
  if (isImpulseError(error) || syscall !== undefined) return error;
  return new RequestError('ERR_REQUEST_INVALID', `The multipart/form-data body can't be read: ${message}.`);
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(
    'ERR_REQUEST_TOO_LARGE',
    `The file has more than the ${maxBytes} bytes that are allowed.`,
  );
}

function missing(field: string): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', `The form has no file in the field '${field}'.`);
}

function unexpected(found: string, field: string, unwanted: Readonly<Record<string, string>>): RequestError {
  const why = Object.hasOwn(unwanted, found) ? unwanted[found] : undefined;
  if (why !== undefined) return new RequestError('ERR_REQUEST_UNSUPPORTED', `${found}: ${why}`);
  return new RequestError(
    'ERR_REQUEST_INVALID',
    `The form has a file in the field '${found.slice(0, 100)}': expected one file, in the field '${field}'.`,
  );
}

/** The last part of a name, without what a terminal or a header could trip over. */
export function safeName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
  const clean = last.replace(/[\u0000-\u001f\u007f"]/g, '').slice(0, 200);
  return clean === '' || /^\.+$/.test(clean) ? 'file' : clean;
}
