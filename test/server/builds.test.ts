/** Builds over HTTP: jobs, history and downloads, as the unmodified client asks for them. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertDeployment, openDeployment } from '../../src/index.js';
import { receive } from '../../src/registry/artefacts.js';
import { transaction } from '../../src/registry/database.js';
import { putPretrained, savePretrained } from '../../src/registry/pretrained.js';
import { openStore } from '../../src/registry/store.js';
import type { RunningServer } from '../../src/server/server.js';
import { COLOURS, tinyClassifier } from '../fixtures/models.js';
import { ask, askForBuild, clientOf, dataFolder, jobEnded, PHOTO, SHAPES, serve } from './build-server.js';

const data = dataFolder();
let server: RunningServer;
beforeAll(async () => {
  server = await serve(data.path);
});
afterAll(async () => {
  await server.close();
  data.remove();
});

async function finishedBuild(query: string, request?: object): Promise<number> {
  const { body } = await askForBuild(server, query, request);
  expect(await jobEnded(server, body.id)).toMatchObject({ finishedSuccessful: true });
  return body.deploymentVersion;
}

describe('The npm client', () => {
  it('builds, follows the job to its end, and downloads what classifies equally', async () => {
    const api = await clientOf(server);
    const { targets } = await api.deployment.listDeploymentTargetsForProject(1);
    expect(targets.map(({ format, preferredEngine }) => [format, preferredEngine])).toEqual([
      ['zip', 'tflite'],
      ['folder', 'tflite'],
    ]);
    expect(targets[0]).toMatchObject({
      recommendedForProject: true,
      disabledForProject: false,
      modelVariants: [
        { variant: 'int8', supported: true },
        { variant: 'float32', supported: false },
      ],
    });
    const { success, id, deploymentVersion } = await api.jobs.buildOnDeviceModelJob(
      1,
      { engine: 'tflite', modelType: 'int8' },
      { type: 'zip', impulseId: 1 },
    );
    expect(success).toBe(true);
    const log: string[] = [];
    await api.runJobUntilCompletion({ type: 'project', projectId: 1, jobId: id }, (text) => log.push(text));
    expect(log.join('')).toMatch(/Connected to job\nBuilding version \d+.*\nWrote shapes-zip-v\d+\.zip/s);

    const { job } = await api.jobs.getJobStatus(1, id);
    expect(job).toMatchObject({ id, finishedSuccessful: true, jobNotificationUids: [] });
    expect(job.finished).toBeInstanceOf(Date);
    const { stdout, totalCount } = await api.jobs.getJobsLogs(1, id, { limit: 1 });
    expect(totalCount).toBe(log.length - 1);
    expect(stdout).toMatchObject([{ data: expect.stringContaining('Wrote'), logLevel: 'info' }]);

    expect(await api.deployment.getDeployment(1, { type: 'zip' })).toEqual({
      success: true,
      hasDeployment: true,
      version: deploymentVersion,
    });
    const bytes = await api.deployment.downloadHistoricDeployment(1, deploymentVersion);
    await using built = await openDeployment(bytes);
    await using source = await openDeployment(SHAPES);
    expect(built.info().project).toMatchObject({ id: 1, impulseId: 1, deployVersion: deploymentVersion });
    expect(await built.classifyImage(PHOTO)).toEqual(await source.classifyImage(PHOTO));
  });
});

describe('A build', () => {
  it('as a folder is a zip that opens as it is', async () => {
    const version = await finishedBuild('type=folder');
    const response = await fetch(`${server.url}/v1/api/1/deployment/history/${version}/download`);
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="shapes-folder-v${version}.zip"`,
    );
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    await using built = await openDeployment(bytes);
    expect((await built.classifyImage(PHOTO)).boundingBoxes?.length).toBeGreaterThan(3);
  });

  it('is in the history of its project, newest first, and nowhere else', async () => {
    const first = await finishedBuild('type=zip');
    const second = await finishedBuild('type=folder');
    expect(second).toBe(first + 1);
    const { body } = await ask(server, '/1/deployment/history?limit=2');
    expect(body.totalDeploymentCount).toBeGreaterThanOrEqual(2);
    expect(body.deployments).toMatchObject([
      { deploymentVersion: second, deploymentFormat: 'folder', deploymentTarget: { format: 'folder' } },
      {
        deploymentVersion: first,
        deploymentFormat: 'zip',
        engine: 'tflite',
        modelType: 'int8',
        impulseId: 1,
        impulseName: 'Shapes',
        impulseIsDeleted: false,
        impulseHasChangedSinceDeployment: false,
        downloadUrl: `/v1/api/1/deployment/history/${first}/download`,
        createdByBuildPublicDeploymentJob: false,
      },
    ]);
    const page = await ask(server, '/1/deployment/history?limit=1&offset=1');
    expect(page.body.deployments).toMatchObject([{ deploymentVersion: first }]);
    const zips = await ask(server, '/1/deployment/history?deploymentFormat=zip');
    expect(
      new Set(zips.body.deployments.map((each: { deploymentFormat: string }) => each.deploymentFormat)),
    ).toEqual(new Set(['zip']));
    const one = await ask(server, `/1/deployment/history/${first}`);
    expect(one.body.deployment).toEqual(body.deployments[1]);
    const last = await ask(server, '/1/deployment/last');
    expect(last.body).toMatchObject({
      hasBuild: true,
      lastBuild: { version: second, deploymentType: 'folder' },
    });
    expect((await ask(server, '/2/deployment/history')).body.deployments).toEqual([]);
    expect((await ask(server, '/2/deployment/last')).body).toEqual({ success: true, hasBuild: false });
    expect(await ask(server, `/2/deployment/history/${first}/download`)).toMatchObject({
      status: 404,
      body: { code: 'ERR_REGISTRY_NOT_FOUND' },
    });
  });

  it('is among the jobs of its project', async () => {
    const { body } = await askForBuild(server, 'type=zip');
    await jobEnded(server, body.id);
    for (const list of ['history', 'all', 'all?finished=successful&key=build-ondevice-model-zip']) {
      const { jobs } = (await ask(server, `/1/jobs/${list}`)).body;
      expect(jobs[0]).toMatchObject({ id: body.id, categoryKey: 'build-ondevice-model' });
    }
    expect((await ask(server, '/1/jobs')).body).toEqual({ success: true, jobs: [], totalJobCount: 0 });
    expect((await ask(server, '/1/jobs/all?finished=failed')).body.jobs).toEqual([]);
    expect(await ask(server, `/2/jobs/${body.id}/status`)).toMatchObject({ status: 404 });
    expect(await ask(server, `/1/jobs/${body.id}/cancel`, { method: 'POST' })).toMatchObject({ status: 200 });
    const api = await clientOf(server);
    expect(await api.jobs.cancelJob(1, body.id)).toMatchObject({ success: true });
    expect((await api.jobs.getJobStatus(1, body.id)).job.finishedSuccessful).toBe(true);
    const log = await fetch(`${server.url}/v1/api/1/jobs/${body.id}/stdout/download`);
    expect(await log.text()).toMatch(/^Building version.*Wrote/s);
  });
});

describe('What is refused at once', () => {
  it.each([
    ['type=wasm', undefined, 422, 'ERR_BUILD_UNSUPPORTED'],
    ['type=zip', { engine: 'tflite-eon' }, 422, 'ERR_BUILD_UNSUPPORTED'],
    ['type=zip', { engine: 'tflite', modelType: 'akida' }, 422, 'ERR_BUILD_UNSUPPORTED'],
    ['type=zip', { engine: 'tflite', parameters: { a: 'b' } }, 422, 'ERR_BUILD_UNSUPPORTED'],
    ['', undefined, 400, 'ERR_REQUEST_INVALID'],
    ['type=zip', {}, 400, 'ERR_REQUEST_INVALID'],
    ['type=zip&impulseId=9', undefined, 404, 'ERR_REGISTRY_NOT_FOUND'],
  ])('%s %j', async (query, request, status, code) => {
    const before = (await ask(server, '/1/jobs/all')).body.totalJobCount;
    expect(await askForBuild(server, query, request)).toMatchObject({
      status,
      body: { success: false, code },
    });
    expect((await ask(server, '/1/jobs/all')).body.totalJobCount).toBe(before);
  });

  it('names what can be built', async () => {
    const { body } = await askForBuild(server, 'type=arduino');
    expect(body.error).toBe("'arduino' can't be built on this device: it builds zip, folder.");
  });
});

describe('What fails in the job', () => {
  it('is a variant that is not there: the job fails, says why, and there is no deployment', async () => {
    const { body } = await askForBuild(server, 'type=zip', { engine: 'tflite', modelType: 'float32' });
    expect(await jobEnded(server, body.id)).toMatchObject({ finishedSuccessful: false });
    const { stdout } = (await ask(server, `/1/jobs/${body.id}/stdout?logLevel=error`)).body;
    expect(stdout).toMatchObject([
      { data: 'There is no float32 variant of this model: there is int8.\n', logLevel: 'error' },
    ]);
    const path = `/1/deployment/history/${body.deploymentVersion}`;
    expect(await ask(server, path)).toMatchObject({ status: 404 });
    expect(await ask(server, `${path}/download`)).toMatchObject({ status: 404 });
  });

  it('tells nothing of where files are', async () => {
    const folder = dataFolder();
    const path = join(folder.path, 'moved.zip');
    copyFileSync(SHAPES, path);
    const own = dataFolder();
    const other = await serve(own.path, { deployments: [path] });
    folder.remove();
    const { body } = await askForBuild(other, 'type=zip');
    expect(await jobEnded(other, body.id)).toMatchObject({ finishedSuccessful: false });
    const { body: log } = await ask(other, `/1/jobs/${body.id}/stdout`);
    expect(log.stdout[0].data).toContain('moved.zip');
    expect(JSON.stringify(log)).not.toContain(folder.path);
    await other.close();
    own.remove();
  });
});

describe('A deployment that has changed', () => {
  it('is said to have, and an older build does not count as its own', async () => {
    const own = dataFolder();
    const first = await serve(own.path);
    const { body } = await askForBuild(first, 'type=zip');
    await jobEnded(first, body.id);
    expect((await ask(first, '/1/deployment?type=zip')).body).toMatchObject({ hasDeployment: true });
    await first.close();

    const second = await serve(own.path, { open: { thresholds: { min_score: 0.9 } } });
    const { deployment } = (await ask(second, '/1/deployment/history/1')).body;
    expect(deployment).toMatchObject({ impulseHasChangedSinceDeployment: true, impulseIsDeleted: false });
    expect((await ask(second, '/1/deployment?type=zip')).body).toEqual({
      success: true,
      hasDeployment: false,
    });
    expect(await ask(second, '/1/deployment/download?type=zip')).toMatchObject({ status: 404 });
    await second.close();

    const third = await serve(own.path, { deployments: [] });
    expect((await ask(third, '/1/deployment/history/1')).body.deployment).toMatchObject({
      impulseHasChangedSinceDeployment: true,
      impulseIsDeleted: true,
    });
    const download = await fetch(`${third.url}/v1/api/1/deployment/download?type=zip`);
    expect(download.status).toBe(200);
    await download.arrayBuffer();
    await third.close();
    own.remove();
  });
});

describe('A served file that is replaced', () => {
  it('is built as it is now, and that build counts as its own', async () => {
    const own = dataFolder();
    const path = join(own.path, 'served.zip');
    copyFileSync(SHAPES, path);
    const other = await serve(own.path, { deployments: [path] });
    await jobEnded(other, (await askForBuild(other, 'type=zip')).body.id);
    const { bytes } = await convertDeployment(SHAPES, { thresholds: { min_score: 0.8 } });
    writeFileSync(path, bytes);
    const { body } = await ask(other, '/1/deployment?type=zip');
    expect(body).toEqual({ success: true, hasDeployment: false });
    await jobEnded(other, (await askForBuild(other, 'type=zip')).body.id);
    expect((await ask(other, '/1/deployment?type=zip')).body).toMatchObject({ version: 2 });
    await other.close();
    own.remove();
  });
});

describe('A pretrained model', () => {
  it('that was saved is built as it was described', async () => {
    const own = dataFolder();
    const modelInfo = {
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels: COLOURS },
    };
    const store = await openStore(own.path);
    const file = await receive(store.folder, [tinyClassifier()]);
    const model = {
      projectId: 3,
      impulseId: 1,
      fileName: 'colours.tflite',
      fileType: 'tflite',
      description: { inputs: [], outputs: [], variant: 'float32' },
    } as const;
    transaction(store.database, () => putPretrained(store, model, file));
    savePretrained(store, { ...model, sha256: file.sha256 }, modelInfo);
    store.close();

    const other = await serve(own.path, { deployments: [] });
    const { body } = await askForBuild(other, 'type=zip', { engine: 'tflite', modelType: 'float32' }, 3);
    expect(await jobEnded(other, body.id, 3)).toMatchObject({ finishedSuccessful: true });
    const { url } = other;
    const download = await fetch(`${url}/v1/api/3/deployment/download?type=zip&modelType=float32`);
    const bytes = new Uint8Array(await download.arrayBuffer());
    await using built = await openDeployment(bytes);
    await using source = await openDeployment(tinyClassifier(), { modelInfo });
    expect(await built.classifyImage(PHOTO)).toEqual(await source.classifyImage(PHOTO));
    const { deployment } = (await ask(other, '/3/deployment/history/1')).body;
    expect(deployment).toMatchObject({
      impulseHasChangedSinceDeployment: false,
      impulseName: 'colours.tflite',
    });
    await other.close();
    own.remove();
  });
});

describe('Builds outlive the server', () => {
  it('that made them, when it was closed in the middle of others', async () => {
    const own = dataFolder();
    const first = await serve(own.path);
    const done = (await askForBuild(first, 'type=zip')).body;
    await jobEnded(first, done.id);
    const cut = await Promise.all(Array.from({ length: 5 }, () => askForBuild(first, 'type=zip')));
    await first.close();

    const second = await serve(own.path);
    const { jobs } = (await ask(second, '/1/jobs/all')).body;
    expect(jobs).toHaveLength(6);
    for (const { body } of cut) {
      const { finishedSuccessful } = (await ask(second, `/1/jobs/${body.id}/status`)).body.job;
      const { status } = await ask(second, `/1/deployment/history/${body.deploymentVersion}`);
      expect([finishedSuccessful, status]).toEqual(finishedSuccessful ? [true, 200] : [false, 404]);
    }
    const download = await fetch(`${second.url}/v1/api/1/deployment/history/1/download`);
    await (await openDeployment(new Uint8Array(await download.arrayBuffer()))).close();
    const next = (await askForBuild(second, 'type=zip')).body;
    expect(next.deploymentVersion).toBe(7);
    await jobEnded(second, next.id);
    await second.close();
    own.remove();
  });
});

describe('A server that demands a key', () => {
  it('demands it for builds and for tokens', async () => {
    const own = dataFolder();
    const other = await serve(own.path, { requireKey: true, apiKey: 'ei_right' });
    for (const path of ['/1/deployment/targets', '/1/jobs', '/1/socket-token']) {
      expect(await ask(other, path)).toMatchObject({ status: 401 });
      expect(await ask(other, path, { headers: { 'x-api-key': 'ei_right' } })).toMatchObject({ status: 200 });
    }
    await other.close();
    own.remove();
  });
});
