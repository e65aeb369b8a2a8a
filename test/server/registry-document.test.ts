/**
 * The commands of the public document of the Sensei Machine Learning API, run by a shell with curl: as they are printed there,
 * with their slips, and with these mended. Only the host, the ids and the file are others.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { describeUnless, type Missing, missingOnnxRuntime } from '../support/not-tested.js';
import { type RegistryServer, startRegistry } from './registry-server.js';

const missing: Missing =
  spawnSync('curl', ['--version']).status === 0 ? undefined : 'the program curl is missing on this machine';
const withoutOnnx = await missingOnnxRuntime();

const HEADERS = `-H 'Authorization: Bearer {ACCESS_TOKEN}' \\
    -H 'x-api-key: {API_KEY}' \\
    -H 'x-gw-ims-org-id: {ORG_ID}' \\
    -H 'x-sandbox-name: {SANDBOX_NAME}'`;

const LIST = `curl -X GET \\
    https://platform.adobe.io/data/sensei/models/ \\
    ${HEADERS}`;
const FILTERED = `curl -X GET \\
    'https://platform.adobe.io/data/sensei/models/?property=experimentRunId==33408593-2871-4198-a812-6d1b7d939cda' \\
    ${HEADERS}`;
const GET = `curl -X GET \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID} \\
    ${HEADERS}`;
const REGISTER = `curl -X POST \\
    https://platform.adobe.io/data/sensei/models \\
    ${HEADERS} \\
    -F 'modelArtifact=@{MODEL_FILE}' \\
    -F 'model={
            "name": "Your Model - 0615-1342-45",
            "originType": "offline"
    }'`;
/** Printed without the backslash that would make the body a part of the command. */
const UPDATE = `curl -X PUT \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID} \\
    ${HEADERS} \\
    -H 'Content-Type: application/vnd.adobe.platform.sensei+json;profile=mlInstance.v1.json'
    -d '{
        "id": "15c53796-bd6b-4e09-b51d-7296aa20af71",
        "name": "a123",
        "description": "a description",
        "modelArtifactUri": "http://storageblobml.blob.core.windows.net/prod-models/retail",
        "created": "2019-07-16T18:51:03.341Z",
        "updated": "2019-07-16T18:51:03.341Z",
        "deprecated": true
    }'`;
const DELETE = `curl -X DELETE \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID} \\
    ${HEADERS}`;
/** Printed with \`-D\`, which makes the body the name of a file for headers, and with a comma too many. */
const TRANSCODE = `curl -X POST \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID}/transcodings \\
    ${HEADERS} \\
    -H 'Content-Type: text/plain' \\
    -D '{
 "id": "string",
 "modelId": "string",
 "targetFormat": "CoreML",
 "created": "2019-12-16T19:59:08.360Z",
 "createdBy": "string",
 "deleted": false,
}'`;
const TRANSCODINGS = `curl -X GET \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID}/transcodings \\
    ${HEADERS}`;
const TRANSCODING = `curl -X GET \\
    https://platform.adobe.io/data/sensei/models/{MODEL_ID}/transcodings/{TRANSCODING_ID} \\
    ${HEADERS}`;

let server: RegistryServer;
let file: string;
beforeAll(async () => {
  server = await startRegistry();
  file = join(server.folder, 'model.onnx');
  writeFileSync(file, tinyOnnxClassifier());
});
afterAll(() => server.remove());

// biome-ignore lint/suspicious/noExplicitAny: what a server says is looked at by the tests
type Body = any;

/** In a folder of its own, since one of the commands writes a file. */
function run(command: string, values: Readonly<Record<string, string>> = {}): Promise<Body> {
  const text = Object.entries({ MODEL_FILE: file, ...values }).reduce(
    (script, [name, value]) => script.replaceAll(`{${name}}`, value),
    command.replaceAll('https://platform.adobe.io', server.url),
  );
  return new Promise((resolve, reject) => {
    // What curl and the shell have to say beside the answer is not looked at.
    const shell = spawn('sh', ['-c', text], { cwd: server.folder, stdio: ['ignore', 'pipe', 'ignore'] });
    let printed = '';
    shell.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    shell.on('error', reject);
    shell.on('close', () => {
      try {
        resolve(JSON.parse(printed));
      } catch {
        reject(new Error(`The command printed no JSON: ${printed}`));
      }
    });
  });
}

const register = async (): Promise<string> => (await run(REGISTER)).id;

describeUnless(missing, "The document's commands", () => {
  it('register a model, show it, and list it', async () => {
    const made = await run(REGISTER);
    expect(made).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-/),
      name: 'Your Model - 0615-1342-45',
      originType: 'offline',
      modelArtifactUri: expect.stringContaining(`/${made.id}`),
      created: expect.any(String),
      updated: expect.any(String),
      deprecated: false,
    });
    expect(made.modelArtifactUri.endsWith(made.id)).toBe(true);
    expect(await run(GET, { MODEL_ID: made.id })).toEqual(made);
    const listed = await run(LIST);
    expect(listed.children).toContainEqual(made);
    expect(listed._page).toMatchObject({ property: 'deleted==false', count: listed.children.length });
    const response = await fetch(made.modelArtifactUri);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(readFileSync(file));
  });

  it.each(['experimentRunId', 'experimentRunID'])('filter by %s', async (property) => {
    const experiment = '"experimentRunId": "33408593-2871-4198-a812-6d1b7d939cda", "originType"';
    const { id } = await run(REGISTER.replace('"originType"', experiment));
    await register();
    const found = await run(FILTERED.replace('experimentRunId', property));
    expect(found.children).toContainEqual(expect.objectContaining({ id }));
    const runs = found.children.map((child: Body) => child.experimentRunId);
    expect(new Set(runs)).toEqual(new Set(['33408593-2871-4198-a812-6d1b7d939cda']));
    expect(found._page.property).toBe(`${property}==33408593-2871-4198-a812-6d1b7d939cda,deleted==false`);
  });

  it('for an update send no body as they are printed, which is said', async () => {
    const MODEL_ID = await register();
    const answer = await run(UPDATE, { MODEL_ID });
    expect(answer).toMatchObject({ success: false, code: 'ERR_REQUEST_INVALID' });
    expect(answer.error).toContain("curl: -d '{ ... }'");
  });

  it('update a model with the backslash that is missing', async () => {
    const before = await run(REGISTER);
    const mended = UPDATE.replace("mlInstance.v1.json'\n", "mlInstance.v1.json' \\\n");
    const after = await run(mended, { MODEL_ID: before.id });
    const { id, created, modelArtifactUri } = before;
    expect(after).toMatchObject({ id, created, modelArtifactUri, name: 'a123', deprecated: true });
    expect(after.updated >= before.updated).toBe(true);
  });

  it('delete a model', async () => {
    const MODEL_ID = await register();
    expect(await run(DELETE, { MODEL_ID })).toEqual({
      title: 'Success',
      status: 200,
      detail: 'Model deletion was successful',
    });
    expect((await run(GET, { MODEL_ID })).code).toBe('ERR_REGISTRY_NOT_FOUND');
  });

  it('for a transcoding send no body as they are printed, which is said', async () => {
    const MODEL_ID = await register();
    const answer = await run(TRANSCODE, { MODEL_ID });
    expect(answer).toMatchObject({ success: false, code: 'ERR_REQUEST_INVALID' });
    expect(answer.error).toContain("curl: -d '{ ... }'");
  });

  it('ask for Core ML with -d, and hear what there is instead', async () => {
    const MODEL_ID = await register();
    const answer = await run(TRANSCODE.replace('-D ', '-d '), { MODEL_ID });
    expect(answer).toMatchObject({ success: false, code: 'ERR_TRANSCODING_UNSUPPORTED' });
    expect(answer.alternatives).toContain('onnx');
  });

  describeUnless(withoutOnnx, 'for a format that can be made', () => {
    it('transcode a model, and show and list that', async () => {
      const MODEL_ID = await register();
      const asked = TRANSCODE.replace('-D ', '-d ').replace('CoreML', 'ORT');
      const made = await run(asked, { MODEL_ID });
      expect(made).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f]{8}-/),
        modelId: MODEL_ID,
        targetFormat: 'ort',
        createdBy: 'string',
        deleted: false,
      });
      expect(made.created).not.toContain('2019');
      expect(await run(TRANSCODING, { MODEL_ID, TRANSCODING_ID: made.id })).toEqual(made);
      expect(await run(TRANSCODINGS, { MODEL_ID })).toEqual({
        children: [made],
        _page: { property: `modelId==${MODEL_ID},deleted==false,deprecated==false`, count: 1 },
      });
    });
  });
});
