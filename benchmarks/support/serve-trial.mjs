/**
 * One trial of the local server: it runs in a process of its own, its clients in this one. Prints the figures of
 * `http-clients.mjs` and the server's resident memory, sampled once a second: first and last in MiB, and the slope over the
 * second half in MiB a minute, with two standard errors.
 * `{ args, file, clients, seconds }`; `args` of `impulse serve`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { postFromMany } from './http-clients.mjs';
import { printFigures } from './measure.mjs';
import { linearFit } from './statistics.mjs';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const WARMUP_SECONDS = 2;

const { args, file, clients, seconds } = JSON.parse(process.argv[2]);
const data = mkdtempSync(join(tmpdir(), 'impulse-bench-data-'));
const server = spawn(process.execPath, [COMMAND, 'serve', ...args, '--port', '0', '--data', data, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const { port, models } = await started(server);
  const [{ projectId }] = models;
  const load = {
    port,
    path: `/v1/api/${projectId}/classify/image`,
    field: 'image',
    bytes: readFileSync(file),
    clients,
  };
  await postFromMany({ ...load, seconds: WARMUP_SECONDS });
  const memory = [];
  const sampler = setInterval(() => memory.push(residentMiB(server.pid)), 1000);
  const figures = await postFromMany({ ...load, seconds });
  clearInterval(sampler);
  const half = memory.slice(Math.floor(memory.length / 2));
  const { slope, error } = linearFit(
    half.map((_, second) => second / 60),
    half,
  );
  printFigures({ ...figures, firstMiB: memory[0], lastMiB: memory.at(-1), slope, error2: 2 * error });
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(data, { recursive: true, force: true });
}

/** What it prints once it listens; it is JSON of several lines. */
async function started({ stdout }) {
  let text = '';
  for await (const line of createInterface({ input: stdout })) {
    text += line;
    if (line === '}') return JSON.parse(text);
  }
  throw new Error('The server did not start.');
}

function residentMiB(pid) {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
