/** What a client is told of an error: always the same JSON, never a path of this machine. */
import { STATUS_CODES } from 'node:http';
import { type ErrorCode, isImpulseError } from '../errors.js';
import { TranscodingError } from '../registry/transcode.js';
import { STATUS } from './status.js';

/** The API's envelope, with our code beside its words. */
export interface Failure {
  readonly success: false;
  readonly error: string;
  readonly code: ErrorCode;
  /** Where something can't be made: what can. */
  readonly alternatives?: readonly string[];
}

/** How long a client should wait before it tries again, in seconds. */
export const RETRY_AFTER_S = 1;

export interface Reply {
  readonly status: number;
  readonly body: Failure;
  readonly headers: Readonly<Record<string, string>>;
}

/** Of anything that was thrown. What is not ours and not the client's doing is told without its words. */
export function replyTo(error: unknown): Reply {
  if (error instanceof TranscodingError) {
    const { status, body, headers } = reply(error.code, error.message, STATUS[error.code]);
    return { status, body: { ...body, alternatives: error.alternatives }, headers };
  }
  if (isImpulseError(error)) return reply(error.code, error.message, STATUS[error.code]);
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return reply(codeOf(statusCode), String(message), statusCode);
  }
  return reply('ERR_INTERNAL', 'Something failed inside the server: its log says what.', 500);
}

/** The whole message, for a connection that no route has. */
export function asHttp({ status, body, headers }: Reply): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`;
}

/** True for what should be in the server's log. */
export function isOurFault({ status }: Reply): boolean {
  return status >= 500 && status !== 503;
}

/**
 * Paths are left with their last part. Routes of the API look like paths too, and stay.
 *
 * @param text a message that may have come from anywhere
 */
export function withoutPaths(text: string): string {
  return text.replace(
    /(?<![\w.:/])\/(?!v1\/|api\/|data\/sensei\/)(?:[^\s/'"`,;:()]+\/)+([^\s/'"`,;:()]*)/g,
    '$1',
  );
}

function reply(code: ErrorCode, message: string, status: number): Reply {
  return {
    status,
    body: { success: false, error: withoutPaths(message), code },
    headers: status === 429 || status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {},
  };
}

/** What the HTTP framework itself refuses. */
function codeOf(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'ERR_REQUEST_UNAUTHORIZED';
    case 403:
      return 'ERR_REQUEST_FORBIDDEN';
    case 404:
      return 'ERR_REQUEST_NOT_FOUND';
    case 408:
      return 'ERR_REQUEST_TIMEOUT';
    case 413:
      return 'ERR_REQUEST_TOO_LARGE';
    case 415:
      return 'ERR_REQUEST_MEDIA_TYPE';
    case 429:
      return 'ERR_SERVER_BUSY';
    default:
      return 'ERR_REQUEST_INVALID';
  }
}
