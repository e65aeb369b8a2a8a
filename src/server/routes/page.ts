/** `/`: the page that people look at. Its files need no key; what it asks for does. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../context.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page talks to this server alone, holds no script of its own, and is shown in no other page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface PageFile {
  readonly type: string;
  /** By content: installing a package gives all files the same date. */
  readonly etag: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

const { resolve } = createRequire(import.meta.url);
const zip = promisify(gzip);

export function addPageRoutes(app: App): void {
  const index = resolve('#page/index.html');
  const root = dirname(index);
  serve('/', index);
  for (const name of readdirSync(root, { recursive: true }) as string[]) {
    const isFile = Object.hasOwn(TYPES, extname(name)) && extname(name) !== '.html';
    if (isFile) serve(`/page/${name.replaceAll(sep, '/')}`, join(root, name));
  }

  function serve(url: string, path: string): void {
    let file: Promise<PageFile> | undefined;
    app.get(url, {
      config: { open: true },
      schema: { hide: true },
      handler: async (request, reply) => {
        file ??= readPageFile(path);
        return send(await file, request, reply);
      },
    });
  }
}

async function readPageFile(path: string): Promise<PageFile> {
  const plain = await readFile(path);
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 27);
  return { type: TYPES[extname(path)] ?? '', etag: `W/"${digest}"`, plain, zipped: await zip(plain) };
}

function send(
  { type, etag, plain, zipped }: PageFile,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  reply.headers({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    // Kept, and asked about each time, so that a new version is never mixed with an old one.
    'cache-control': 'no-cache',
    etag,
    vary: 'accept-encoding',
  });
  if (headers['if-none-match']?.includes(etag)) return reply.code(304).send();
  reply.type(type);
  const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
  return takesGzip ? reply.header('content-encoding', 'gzip').send(zipped) : reply.send(plain);
}
