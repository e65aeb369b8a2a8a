/** What `impulse serve` and `startServer()` are told. */
import { isIP } from 'node:net';
import { InputError } from '../errors.js';
import { aBoolean, checkOptionNames, describe, integerInRange } from '../options.js';
import { MAX_INPUT_PIXELS } from '../preprocess/input-limits.js';
import type { OpenOptions } from '../runtime/options.js';

export interface ServerOptions {
  /** Paths of deployments, open for as long as the server is. @default [] */
  readonly deployments?: readonly string[];
  /** How those are opened. */
  readonly open?: OpenOptions;
  /** Address to listen on. Any other than this machine's own demands an API key. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 4917 */
  readonly port?: number;
  /** Folder of models, builds and jobs. @default `IMPULSE_DATA`, else the user's data folder */
  readonly data?: string;
  /** Also counts as a key, beside those of the data folder. @default `IMPULSE_API_KEY` */
  readonly apiKey?: string;
  /** Demands an API key also of clients on this machine. @default false */
  readonly requireKey?: boolean;
  /** An origin, such as `https://example.org`, whose pages may call; none otherwise. */
  readonly allowOrigin?: string;
  /** Bytes of a picture, or of any other body but a model. @default 10 MiB */
  readonly maxBodyBytes?: number;
  /** Bytes of a model that is uploaded. @default 512 MiB */
  readonly maxModelBytes?: number;
  /** Width x height of a picture. @default 2 ** 26 */
  readonly maxPixels?: number;
  /** Pictures in work at the same time. @default two for each session, and one for each processor */
  readonly concurrency?: number;
  /** Requests that may wait for one in work to end; more are refused with 429. @default 128 */
  readonly queue?: number;
  /** How long a request may take to arrive, in milliseconds. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** Takes a line for each thing that went wrong inside. @default none */
  readonly log?: (line: string) => void;
}

const NAMES = [
  'deployments',
  'open',
  'host',
  'port',
  'data',
  'apiKey',
  'requireKey',
  'allowOrigin',
  'maxBodyBytes',
  'maxModelBytes',
  'maxPixels',
  'concurrency',
  'queue',
  'requestTimeoutMs',
  'log',
] as const satisfies readonly (keyof ServerOptions)[];

export const DEFAULT_PORT = 4917;
const MIB = 2 ** 20;
const MOST_BYTES = 2 ** 32;

/** `ServerOptions` with every default filled in, but for those that the deployments decide. */
export type ServerSettings = Required<Omit<ServerOptions, Optional>> & Pick<ServerOptions, Optional>;
type Optional = 'data' | 'apiKey' | 'allowOrigin' | 'concurrency';

/** @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID` */
export function normalizeServerOptions(options: ServerOptions): ServerSettings {
  const where = 'startServer()';
  checkOptionNames(options, NAMES, where);
  const {
    deployments = [],
    open = {},
    host = '127.0.0.1',
    port = DEFAULT_PORT,
    apiKey = process.env.IMPULSE_API_KEY,
    requireKey = false,
    maxBodyBytes = 10 * MIB,
    maxModelBytes = 512 * MIB,
    maxPixels = MAX_INPUT_PIXELS,
    queue = 128,
    requestTimeoutMs = 30_000,
    log = () => {},
  } = options;
  if (host !== 'localhost' && isIP(host) === 0) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: host: expected an IP address of this machine, or localhost, but received ${describe(host)}.`,
    );
  }
  if (options.concurrency !== undefined) {
    integerInRange(options.concurrency, 1, 256, `${where}: concurrency`);
  }
  return {
    ...options,
    deployments,
    open,
    host,
    port: integerInRange(port, 0, 65_535, `${where}: port`),
    ...(apiKey !== undefined && apiKey !== '' && { apiKey }),
    requireKey: aBoolean(requireKey, `${where}: requireKey`),
    maxBodyBytes: integerInRange(maxBodyBytes, 1024, MOST_BYTES, `${where}: maxBodyBytes`),
    maxModelBytes: integerInRange(maxModelBytes, 1024, MOST_BYTES, `${where}: maxModelBytes`),
    maxPixels: integerInRange(maxPixels, 1, 2 ** 29, `${where}: maxPixels`),
    queue: integerInRange(queue, 0, 100_000, `${where}: queue`),
    requestTimeoutMs: integerInRange(requestTimeoutMs, 100, 3_600_000, `${where}: requestTimeoutMs`),
    log,
  };
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
