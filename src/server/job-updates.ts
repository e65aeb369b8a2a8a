/** Job updates over socket.io, as the hosted API's: a client shows its token, names a job, and gets that job's log. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server, type Socket } from 'socket.io';
import * as v from 'valibot';
import { isImpulseError, RequestError } from '../errors.js';
import type { JobEvent, Jobs, LogLevel } from '../registry/jobs.js';
import type { Access } from './access.js';
import { withoutPaths } from './failure.js';
import type { SocketTokens } from './socket-tokens.js';

export interface JobUpdates {
  close(): void;
}

interface Sources {
  readonly jobs: Jobs;
  readonly tokens: SocketTokens;
  readonly access: Access;
}

/** Clients say little: which job, and that they are still there. */
const LONGEST_MESSAGE_BYTES = 4_096;
const MOST_CLIENTS = 100;
const MOST_STREAMS = 20;
const MOST_LINES = 10_000;

const HELLO = { hello: { version: 1 } };

const streamRequest = v.object({
  jobId: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Milliseconds since 1970; 0 for all. */
  lastReceivedTimestamp: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)), 0),
});

/** Requests below `/socket.io/` never reach the routes, so everything is checked here. */
export function serveJobUpdates(server: HttpServer, { jobs, tokens, access }: Sources): JobUpdates {
  const io = new Server(server, {
    path: '/socket.io/',
    serveClient: false,
    // The hosted API's clients speak version 3.
    allowEIO3: true,
    maxHttpBufferSize: LONGEST_MESSAGE_BYTES,
    perMessageDeflate: false,
    httpCompression: false,
    connectTimeout: 10_000,
    allowRequest: (request, answer) => {
      const refusal = refusalOf(request);
      answer(refusal ?? null, refusal === undefined);
    },
  });

  function refusalOf(request: IncomingMessage): string | undefined {
    try {
      access.checkOrigin(request.headers);
      if (io.engine.clientsCount >= MOST_CLIENTS) {
        throw new RequestError('ERR_SERVER_BUSY', `${MOST_CLIENTS} clients are connected already.`);
      }
      if (tokens.projectOf(tokenOf(request)) !== undefined) return undefined;
      throw new RequestError(
        'ERR_REQUEST_UNAUTHORIZED',
        'Not a valid token: ask for one with getSocketToken.',
      );
    } catch (error) {
      return isImpulseError(error) ? error.message : 'Refused.';
    }
  }

  io.on('connection', (socket) => {
    const projectId = tokens.projectOf(tokenOf(socket.request));
    if (projectId === undefined) {
      socket.disconnect(true);
      return;
    }
    streamTo(socket, projectId, jobs);
    socket.emit('hello', HELLO);
  });

  return {
    close() {
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}

function streamTo(socket: Socket, projectId: number, jobs: Jobs): void {
  const followed = new Set<number>();
  const stop = jobs.onEvent((event) => {
    if (followed.has(event.jobId)) send(socket, event);
  });
  socket.on('disconnect', stop);
  socket.on('start-log-stream', (message: unknown) => {
    const request = v.safeParse(streamRequest, message);
    if (!request.success || followed.size >= MOST_STREAMS) return;
    const { jobId, lastReceivedTimestamp } = request.output;
    if (!isOf(projectId, jobId, jobs)) return;
    replay(socket, projectId, jobId, lastReceivedTimestamp, jobs);
    followed.add(jobId);
  });
}

/** What is logged while this runs comes afterwards, since nothing else does. */
function replay(socket: Socket, projectId: number, jobId: number, last: number, jobs: Jobs): void {
  const after = new Date(last).toISOString();
  const lines = jobs.logs(projectId, jobId, { limit: MOST_LINES, after }).toReversed();
  for (const { data, logLevel, created } of lines) {
    send(socket, { kind: 'data', jobId, text: data, level: logLevel, created });
  }
  const { finishedSuccessful: success } = jobs.get(projectId, jobId);
  if (success !== undefined) send(socket, { kind: 'finished', jobId, success });
}

function isOf(projectId: number, jobId: number, jobs: Jobs): boolean {
  try {
    jobs.get(projectId, jobId);
    return true;
  } catch {
    return false;
  }
}

function send(socket: Socket, event: JobEvent): void {
  if (event.kind === 'data') socket.emit(`job-data-${event.jobId}`, dataOf(event.text, event.level));
  else socket.emit(`job-finished-${event.jobId}`, { success: event.success });
}

function dataOf(text: string, logLevel: LogLevel): object {
  return { data: withoutPaths(text), logLevel };
}

function tokenOf({ url = '' }: IncomingMessage): string {
  return new URL(url, 'http://localhost').searchParams.get('token') ?? '';
}
