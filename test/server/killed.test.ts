/** A server that is killed in the middle of builds, again and again: what it said was finished is there, and nothing is half. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { ask, dataFolder, SHAPES, serve } from './build-server.js';

const data = dataFolder();
afterAll(() => data.remove());

const SERVER = fileURLToPath(new URL('../../dist/server/server.js', import.meta.url));
const PROGRAM = `
  const { startServer } = await import(${JSON.stringify(SERVER)});
  const { url } = await startServer({ data: ${JSON.stringify(data.path)}, port: 0, deployments: [${JSON.stringify(SHAPES)}] });
  process.stdout.write(url);
`;
const ROUNDS = 4;
/** Where the first ones were all killed before anything was finished. */
const MOST_ROUNDS = 12;
const BUILDS = 20;
/** A round's builds take about so long. */
const LONGEST_MS = 600;

interface Round {
  readonly killedAfterMs: number;
  /** Versions that the server listed as finished before it was killed. */
  readonly finished: readonly number[];
}

async function round(): Promise<Round> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(child.stdout, 'data');
  const address = `${url}/v1/api/1`;
  const killedAfterMs = Math.random() * LONGEST_MS;
  const gone = once(child, 'close');
  setTimeout(() => child.kill('SIGKILL'), killedAfterMs);
  for (let i = 0; i < BUILDS; i++) {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"engine":"tflite"}',
    };
    fetch(`${address}/jobs/build-ondevice-model?type=${i % 2 === 0 ? 'zip' : 'folder'}`, request).catch(
      () => {},
    );
  }
  let finished: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const answer = await fetch(`${address}/deployment/history?limit=1000`);
      const { deployments } = (await answer.json()) as { deployments: { deploymentVersion: number }[] };
      finished = deployments.map(({ deploymentVersion }) => deploymentVersion);
    } catch {
      // It was killed while it answered.
    }
  }
  await gone;
  return { killedAfterMs, finished };
}

describe('A server that is killed with 20 builds in work', () => {
  it('has lost nothing that was finished, and shows nothing that was not', async () => {
    const rounds: Round[] = [];
    const nothingYet = () => rounds.every(({ finished }) => finished.length === 0);
    while (rounds.length < ROUNDS || (nothingYet() && rounds.length < MOST_ROUNDS))
      rounds.push(await round());
    const server = await serve(data.path);
    const moments = rounds.map(({ killedAfterMs }) => Math.round(killedAfterMs)).join(', ');

    const { deployments } = (await ask(server, '/1/deployment/history?limit=1000')).body;
    const versions = deployments.map((each: { deploymentVersion: number }) => each.deploymentVersion);
    const seen = rounds.flatMap(({ finished }) => finished);
    expect(versions, `killed after ${moments} ms`).toEqual(expect.arrayContaining(seen));

    const { jobs } = (await ask(server, '/1/jobs/all?limit=1000')).body;
    const failed = jobs.filter((each: { finishedSuccessful?: boolean }) => each.finishedSuccessful === false);
    expect([failed.length > 0, versions.length > 0]).toEqual([true, true]);
    expect(jobs.length - failed.length).toBe(versions.length);
    expect((await ask(server, '/1/jobs')).body.jobs).toEqual([]);
    for (const { id } of failed) {
      const { stdout } = (await ask(server, `/1/jobs/${id}/stdout?limit=1`)).body;
      expect(stdout).toMatchObject([
        { data: expect.stringContaining('The server ended'), logLevel: 'error' },
      ]);
    }

    const hashes = new Set<string>();
    for (const version of versions) {
      const download = await fetch(`${server.url}/v1/api/1/deployment/history/${version}/download`);
      const bytes = new Uint8Array(await download.arrayBuffer());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(download.headers.get('etag')).toBe(`"${sha256}"`);
      hashes.add(sha256);
    }
    expect(new Set(readdirSync(join(data.path, 'artefacts')))).toEqual(hashes);
    expect(readdirSync(join(data.path, 'incoming'))).toEqual([]);
    const [any = ''] = hashes;
    await (await openDeployment(new Uint8Array(readFileSync(join(data.path, 'artefacts', any))))).close();
    await server.close();
  });
});
