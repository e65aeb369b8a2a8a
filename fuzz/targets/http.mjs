import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../../dist/index.js';
import { startServer } from '../../dist/server/index.js';
import { ownSeeds } from '../corpus.mjs';
import { mutateBytes } from '../mutate.mjs';
import { mutateJson, mutateText } from '../mutate-text.mjs';
import { BrokenPromise } from '../verdict.mjs';
import { bytesOf } from './support.mjs';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));
const CODES = Object.values(ERROR_CODES).flat();
/** Sent to one server, each on a connection of its own: starting it takes longer than they do. */
const REQUESTS = 12;
const SETTINGS = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: ['a', 'b'] },
};
const BODIES = [
  ['POST', '/v1/models/shapes.zip/classify/features?threshold=min_score=0.4', { features: [1, 2, 3] }],
  ['POST', '/v1/api/1/pretrained-model/test', { features: [1, 2, 3], modelInfo: SETTINGS }],
  ['POST', '/v1/api/2/pretrained-model/save', SETTINGS],
  [
    'POST',
    '/v1/api/1/jobs/build-ondevice-model?type=zip&impulseId=1',
    { engine: 'tflite', modelType: 'int8' },
  ],
  ['POST', '/api/features', { features: ['1', 2] }],
  ['PUT', '/data/sensei/models/x', { name: 'Cups', deprecated: true, tags: ['a'] }],
  ['POST', '/data/sensei/models/x/transcodings', { targetFormat: 'ort' }],
];
const QUERIES = [
  '/data/sensei/models?property=name==%22a,b%22,created>=2026-01-01&orderby=-created,name&limit=3&start=1',
  '/v1/api/1/deployment/history?limit=2&offset=1',
  '/v1/api/1/jobs/all?limit=5&offset=0',
  '/v1/api/1/pretrained-model?impulseId=1',
  '/socket.io/?token=x&EIO=3&transport=polling',
];

export default {
  seeds: () => ownSeeds('plain').filter(({ name }) => /\.(tflite|onnx|zip)$/.test(name)),
  make: (random, seeds) => ({
    requests: Array.from({ length: REQUESTS }, () => requestFrom(random, seeds)),
  }),
  async run({ requests }) {
    const data = mkdtempSync(join(tmpdir(), 'fuzz-'));
    const faults = [];
    const server = await startServer({
      port: 0,
      data,
      deployments: [SHAPES],
      open: { engine: 'litert-wasm' },
      requestTimeoutMs: 2000,
      log: (line) => faults.push(line),
    });
    try {
      for (const request of requests) check(await answerTo(server.port, request), faults);
    } finally {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    }
  },
};

/** A request that is right but for something; or damaged as a whole, its first lines included. */
function requestFrom(random, seeds) {
  const kind = random.pick(['form', 'form', 'json', 'query', 'bytes']);
  const good =
    kind === 'query'
      ? queryOf(random)
      : kind === 'json'
        ? jsonOf(random)
        : formOf(random, seeds, kind === 'form');
  return kind === 'bytes' ? mutateBytes(random, good, []) : good;
}

function queryOf(random) {
  return message(
    'GET',
    mutateText(random, random.pick(QUERIES)).replace(/[\r\n ]/g, '+'),
    '',
    new Uint8Array(0),
  );
}

function jsonOf(random) {
  const [method, path, body] = random.pick(BODIES);
  const type = random.chance(0.9) ? 'application/json' : 'text/plain';
  return message(method, path, type, bytesOf(mutateJson(random, body)));
}

function formOf(random, seeds, isDamaged) {
  const [path, field] = random.pick([
    ['/v1/api/1/classify/image', 'image'],
    ['/api/image', 'file'],
    ['/data/sensei/models', 'modelArtifact'],
    ['/v1/api/2/pretrained-model/upload', 'modelFile'],
  ]);
  const text = (name, value) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fields = [
    text('model', '{"name":"a"}'),
    text('modelFileName', 'a.tflite'),
    text('modelFileType', 'tflite'),
  ];
  const head = `${fields.join('')}--x\r\ncontent-disposition: form-data; name="${field}"; filename="a.bin"\r\n\r\n`;
  const parts = [bytesOf(head), random.pick(seeds).bytes, bytesOf('\r\n--x--\r\n')];
  const body = Buffer.concat(
    parts.map((part) => (isDamaged && random.chance(0.5) ? mutateBytes(random, part, []) : part)),
  );
  return message('POST', path, 'multipart/form-data; boundary=x', body);
}

function message(method, path, type, body) {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  return Buffer.concat([bytesOf(head), body]);
}

/** All that comes until the server ends the connection, which it does: nothing more is sent to it. */
function answerTo(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('end', () => socket.end());
    socket.end(bytes);
  });
}

/** Nothing, where the request broke off; or an answer; or a refusal with a code. */
function check(answer, faults) {
  if (faults.length > 0) throw new BrokenPromise(`the server's own fault: ${faults[0].slice(0, 600)}`);
  if (answer === '') return;
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const status = Number(head.slice(9, 12));
  if (status < 400) return;
  let body;
  try {
    // Another answer may follow, where what was damaged became two requests.
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    body = JSON.parse(Buffer.from(rest.join('\r\n\r\n')).subarray(0, length).toString());
  } catch {
    throw new BrokenPromise(`${status} without JSON: ${answer.slice(0, 300)}`);
  }
  if (body.success !== false || !CODES.includes(body.code))
    throw new BrokenPromise(`${status} without a code: ${answer.slice(0, 300)}`);
  if (status >= 500 && status !== 501 && status !== 503 && status !== 504)
    throw new BrokenPromise(`${status}: ${body.error}`);
}
