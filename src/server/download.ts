/** Sends a file of the data folder. */
import { open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RegistryError } from '../errors.js';
import { type Artefact, artefactPath } from '../registry/artefacts.js';
import type { DataFolder } from '../registry/data-folder.js';

export interface SentFile extends Pick<Artefact, 'sha256'> {
  /** As the client is to call it. */
  readonly fileName: string;
  /** @default 'application/octet-stream' */
  readonly type?: string;
}

/**
 * Streams an artefact, under its own name and with its hash as the ETag.
 *
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: the file is gone
 */
export async function sendArtefact(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: DataFolder,
  { sha256, fileName, type = 'application/octet-stream' }: SentFile,
): Promise<FastifyReply> {
  const etag = `"${sha256}"`;
  reply.headers({ etag, 'cache-control': 'private, no-cache' });
  if (knows(request.headers['if-none-match'], etag)) return reply.code(304).send();
  // Open before it is sent: whoever deletes the model meanwhile does not cut it off.
  const file = await open(artefactPath(folder, sha256)).catch((cause) => {
    throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `The file '${fileName}' is gone.`, { cause });
  });
  reply.headers({
    'content-type': type,
    'content-length': (await file.stat()).size,
    'content-disposition': contentDisposition(fileName),
  });
  return reply.send(file.createReadStream());
}

function knows(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** With a name in ASCII for old clients, and the real one where it differs (RFC 6266, RFC 8187). */
export function contentDisposition(fileName: string): string {
  const plain = fileName.replace(/[^ -~]|["\\%]/g, '_');
  if (plain === fileName) return `attachment; filename="${plain}"`;
  // Through bytes: half a character, which a name that was cut may end in, can't be encoded.
  const encoded = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
