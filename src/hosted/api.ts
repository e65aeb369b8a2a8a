/** Calls to the hosted API, or to a server that speaks as it does. The key goes to that server alone, and into no message. */
import { DownloadError, InputError } from '../errors.js';

export interface HostedApi {
  /** @throws {DownloadError} `ERR_DOWNLOAD_REFUSED`: with the server's words; `ERR_DOWNLOAD_FAILED` */
  get(path: string, query?: Query): Promise<Json>;
  /** @throws as {@link get} */
  post(path: string, query: Query, body: object): Promise<Json>;
  /**
   * A file. What is not one, but an error in JSON or a web page, is refused.
   *
   * @throws as {@link get}; the chunks throw `ERR_DOWNLOAD_FAILED` where the file ends early or nothing comes any more
   */
  file(path: string, query: Query): Promise<HostedFile>;
  /** The server's words, without the key in them. */
  clean(text: string): string;
}

export interface HostedFile {
  /** As the server names it. */
  readonly name?: string;
  /** Where the server states it. */
  readonly bytes?: number;
  /** The connection stays open until they have been read, or {@link discard} is called. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the connection: what has not come by now is not wanted. */
  discard(): Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, string | number | undefined>>;

export interface HostedApiOptions {
  /** `https://studio.edgeimpulse.com`, or where another server listens. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** How long an answer may take, and how long nothing may come of a file, in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

const MOST_REDIRECTS = 5;
/** Of an answer in JSON. */
const MOST_JSON_BYTES = 16 * 2 ** 20;
/** Of a file; what can be opened has no more. */
const MOST_FILE_BYTES = 2 ** 30;
const LONGEST_WORDS = 500;

/** @throws {InputError} `ERR_OPTION_INVALID`: no address, or nothing that could be a key */
export function makeHostedApi({ endpoint, apiKey, timeoutMs = 30_000 }: HostedApiOptions): HostedApi {
  const base = baseOf(endpoint);
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new InputError('ERR_OPTION_INVALID', 'The API key has characters that no key has.');
  }
  const clean = (text: string) => text.replaceAll(apiKey, '***').slice(0, LONGEST_WORDS);

  async function send(url: URL, init: RequestInit, watch: Watch): Promise<Response> {
    let [at, redirects] = [url, 0];
    for (;;) {
      // Only the server that the key is for gets it.
      const headers = { ...init.headers, ...(at.origin === base.origin && { 'x-api-key': apiKey }) };
      const response = await fetch(at, { ...init, headers, redirect: 'manual', signal: watch.signal });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, at);
      const isAllowed =
        /^https?:$/.test(next.protocol) && !(at.protocol === 'https:' && next.protocol === 'http:');
      if (!isAllowed || init.method === 'POST' || ++redirects > MOST_REDIRECTS) {
        throw failed(`${base.host} sends on to somewhere else, which is not followed`);
      }
      at = next;
    }
  }

  async function request(path: string, query: Query, init: RequestInit, watch: Watch): Promise<Response> {
    const url = new URL(base.pathname.replace(/\/+$/, '') + path, base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await send(url, init, watch).catch((error) => {
      throw asFailure(error);
    });
    if (response.ok) return response;
    const words = clean(wordsOf(await readText(response, watch).catch(() => '')));
    const what = `${base.host} answered ${response.status}${words === '' ? '' : `: ${words}`}`;
    throw response.status < 500 ? refused(what) : failed(what);
  }

  async function json(path: string, query: Query, init: RequestInit): Promise<Json> {
    const watch = startWatch(timeoutMs);
    try {
      const response = await request(path, query, init, watch);
      const value = parse(await readText(response, watch));
      if (value === undefined) throw failed(`${base.host} answered ${path} with something that is not JSON`);
      if (value.success === true) return value;
      throw refused(`${base.host}: ${clean(String(value.error ?? 'refused without a reason'))}`);
    } catch (error) {
      throw asFailure(error);
    } finally {
      watch.stop();
    }
  }

  function asFailure(error: unknown): Error {
    if (error instanceof DownloadError) return error;
    const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    if (name === 'TimeoutError')
      return failed(`nothing came from ${base.host} for ${timeoutMs / 1000} seconds`);
    const reason = clean(cause?.code ?? cause?.message ?? message);
    return failed(`the connection to ${base.host} failed (${reason})`);
  }

  return {
    clean,
    get: (path, query = {}) => json(path, query, { method: 'GET', headers: { accept: 'application/json' } }),
    post: (path, query, body) =>
      json(path, query, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),

    async file(path, query) {
      const watch = startWatch(timeoutMs);
      try {
        const response = await request(path, query, { method: 'GET', headers: {} }, watch);
        const type = response.headers.get('content-type') ?? '';
        if (/json|html/i.test(type)) {
          const words = clean(wordsOf(await readText(response, watch)));
          throw refused(`${base.host} sent ${/json/i.test(type) ? 'no file' : 'a web page'}: ${words}`);
        }
        const name = fileNameOf(response.headers.get('content-disposition') ?? '');
        const bytes = lengthOf(response);
        const chunks = chunksOf(response, watch, bytes, asFailure);
        const discard = async (): Promise<void> => {
          watch.stop();
          // It may have failed already, and whoever reads it has been told so.
          await response.body?.cancel().catch(() => {});
        };
        return {
          ...(name !== undefined && { name }),
          ...(bytes !== undefined && { bytes }),
          chunks,
          discard,
        };
      } catch (error) {
        watch.stop();
        throw asFailure(error);
      }
    },
  };
}

/** How the messages of both begin. */
export const PREFIX = 'Not downloaded: ';

export function refused(what: string): DownloadError {
  return new DownloadError('ERR_DOWNLOAD_REFUSED', `${PREFIX}${sentence(what)}`);
}

export function failed(what: string): DownloadError {
  return new DownloadError('ERR_DOWNLOAD_FAILED', `${PREFIX}${sentence(what)} Try again later.`);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The API's clients take addresses with and without `/v1`. */
function baseOf(endpoint: string): URL {
  const base = URL.canParse(endpoint) ? new URL(endpoint.replace(/\/(v1\/?)?$/, '')) : undefined;
  if (base !== undefined && /^https?:$/.test(base.protocol) && base.username === '') return base;
  throw new InputError(
    'ERR_OPTION_INVALID',
    'endpoint: expected an address such as https://studio.edgeimpulse.com.',
  );
}

interface Watch {
  readonly signal: AbortSignal;
  /** Something has come: the time starts anew. */
  feed(): void;
  stop(): void;
}

function startWatch(timeoutMs: number): Watch {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new DOMException('Too slow', 'TimeoutError')), timeoutMs);
  return { signal: abort.signal, feed: () => timer.refresh(), stop: () => clearTimeout(timer) };
}

async function readText(response: Response, { signal }: Watch): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    signal.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > MOST_JSON_BYTES) throw failed('the answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* chunksOf(
  response: Response,
  watch: Watch,
  stated: number | undefined,
  asFailure: (error: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      watch.feed();
      bytes += chunk.byteLength;
      if (bytes > MOST_FILE_BYTES) throw failed('the file has more than 1 GiB');
      yield chunk;
    }
    if (bytes === 0) throw failed('the file is empty');
    if (stated !== undefined && bytes !== stated)
      throw failed(`the file ended after ${bytes} of ${stated} bytes`);
  } catch (error) {
    throw asFailure(error);
  } finally {
    watch.stop();
  }
}

/** Of what is sent as it is; the length of what is compressed on the way says nothing of the file. */
function lengthOf({ headers }: Response): number | undefined {
  const stated = headers.get('content-length');
  return stated === null || headers.has('content-encoding') ? undefined : Number(stated);
}

/** The `error` of the API's envelope, or the text itself, as long as it is one. */
function wordsOf(text: string): string {
  const { error } = parse(text) ?? {};
  if (typeof error === 'string') return error;
  return text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Its last part, of letters that every system takes; undefined for what leaves none. */
function fileNameOf(disposition: string): string | undefined {
  const [, stated = ''] = /filename="?([^";]+)/i.exec(disposition) ?? [];
  const last = stated.split(/[\\/]/).at(-1) ?? '';
  const clean = last
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 150);
  return clean === '' ? undefined : clean;
}
