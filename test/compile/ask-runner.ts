/** Starts a runner, sends it requests one after the other, and gives its answers. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function askRunner(program: string, requests: readonly unknown[]): Promise<unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), 'impulse-ask-'));
  const path = join(folder, 'runner.sock');
  const child = spawn(program, [path]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('error', reject);
  });
  const socket = connect(path);
  try {
    const answers: unknown[] = [];
    const texts = messages(socket);
    for (const request of requests) {
      socket.write(`${JSON.stringify(request)}\n`);
      const { value } = await texts.next();
      answers.push(JSON.parse(String(value)));
    }
    return answers;
  } finally {
    socket.destroy();
    await ended;
    await rm(folder, { recursive: true });
  }
}

/** Each answer ends with a NUL. */
async function* messages(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk.toString();
    for (let end = text.indexOf('\0'); end >= 0; end = text.indexOf('\0')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
