/** Servers on this machine that answer as they are told: well, badly, late, or not at all. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeServer {
  readonly url: string;
  /** Of every request, in order: `GET /v1/api/1/deployment?type=zip`, and the key that came with it. */
  readonly requests: { readonly line: string; readonly key: string | undefined }[];
  close(): void;
}

export async function fakeServer(handler: Handler): Promise<FakeServer> {
  const requests: FakeServer['requests'] = [];
  const server = createServer((request, response) => {
    const key = request.headers['x-api-key'];
    requests.push({
      line: `${request.method} ${request.url}`,
      key: typeof key === 'string' ? key : undefined,
    });
    request.resume();
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Of a project that has a build, whose file `sendFile` sends. */
export function withBuild(sendFile: Handler): Handler {
  return (request, response) => {
    if (request.url?.includes('/deployment/download')) sendFile(request, response);
    else sendJson(response, { success: true, hasDeployment: true, version: 3 });
  };
}
