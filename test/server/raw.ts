/** What no HTTP client would send: bytes on a socket, and what comes back until the other side ends. */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/**
 * @param parts sent one after the other, at once
 * @param end whether our side says that nothing more will come; without that the server has to
 */
export function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  end = false,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      for (const part of parts) socket.write(part);
      if (end) socket.end();
    });
    socket.on('data', (chunk) => {
      received += chunk;
      if (isWhole(received)) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server that refuses a body may close while it is still being sent.
      if (received === '' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(parsed(received)));
  });
}

function isWhole(received: string): boolean {
  const { headers, body } = parsed(received);
  const length = /content-length: (\d+)/i.exec(headers)?.[1];
  return length !== undefined && body.length >= Number(length);
}

function parsed(received: string): RawAnswer {
  const [headers = '', ...rest] = received.split('\r\n\r\n');
  return { status: Number(headers.slice(9, 12)), headers, body: rest.join('\r\n\r\n') };
}
