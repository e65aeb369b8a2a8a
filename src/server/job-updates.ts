/** Job updates over socket.io, as the hosted API's: a client shows its token, names a job, and gets that job's log. */
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import * as v from 'valibot';
import { RequestError } from '../errors.js';
import type { JobEvent, Jobs, LogLevel } from '../registry/jobs.js';
import type { Access } from './access.js';
import { asHttp, replyTo, withoutPaths } from './failure.js';
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
/** Requests for a job's log that one client may make. */
const MOST_STREAMS = 20;
const MOST_LINES = 10_000;

const PATH = '/socket.io/';
/** What paths are completed with. */
const LOCAL = 'http://localhost';
const HELLO = { hello: { version: 1 } };

const streamRequest = v.object({
  jobId: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Milliseconds since 1970; 0 for all. */
  lastReceivedTimestamp: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)), 0),
});

/** WebSockets never reach the routes, so everything is checked here. What else is asked of `/socket.io/` does: there is nothing. */
export function serveJobUpdates(server: HttpServer, { jobs, tokens, access }: Sources): JobUpdates {
  // Listens nowhere: it is what socket.io holds on to, and gets those requests that were let through.
  const gate = createServer();
  const io = new Server(gate, {
    path: PATH,
    transports: ['websocket'],
    serveClient: false,
    // The hosted API's clients speak version 3.
    allowEIO3: true,
    maxHttpBufferSize: LONGEST_MESSAGE_BYTES,
    perMessageDeflate: false,
    connectTimeout: 10_000,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      check(request);
      gate.emit('upgrade', request, socket, head);
    } catch (error) {
      socket.on('error', () => socket.destroy());
      socket.end(asHttp(replyTo(error)));
    }
  });

  function check({ headers, url = '' }: IncomingMessage): void {
    access.checkOrigin(headers);
    if (headers.upgrade?.toLowerCase() !== 'websocket') {
      throw new RequestError(
        'ERR_REQUEST_UNSUPPORTED',
        `This server speaks HTTP/1.1 and WebSocket: ask without 'Upgrade: ${headers.upgrade}' (with Java's HttpClient: version(HTTP_1_1)).`,
      );
    }
    const asked = URL.canParse(url, LOCAL) ? new URL(url, LOCAL) : undefined;
    if (asked?.pathname !== PATH || asked.searchParams.get('transport') !== 'websocket') {
      throw new RequestError('ERR_REQUEST_NOT_FOUND', `WebSockets are at ${PATH}?transport=websocket alone.`);
    }
    if (io.engine.clientsCount >= MOST_CLIENTS) {
      throw new RequestError('ERR_SERVER_BUSY', `${MOST_CLIENTS} clients are connected already.`);
    }
    if (tokens.projectOf(asked.searchParams.get('token') ?? '') === undefined) {
      throw new RequestError(
        'ERR_REQUEST_UNAUTHORIZED',
        'Not a valid token: ask for one with getSocketToken.',
      );
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
  /** Each sends a whole log again. */
  let asked = 0;
  const stop = jobs.onEvent((event) => {
    if (followed.has(event.jobId)) send(socket, event);
  });
  socket.on('disconnect', stop);
  socket.on('start-log-stream', (message: unknown) => {
    const request = v.safeParse(streamRequest, message);
    if (!request.success || ++asked > MOST_STREAMS) return;
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

/** Of a request that was let through. */
function tokenOf({ url = '' }: IncomingMessage): string {
  return new URL(url, LOCAL).searchParams.get('token') ?? '';
}
