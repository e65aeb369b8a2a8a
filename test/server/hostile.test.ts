import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/index.js';
import { SHAPES, server, type TestServer } from './support.js';

const CODES: readonly string[] = Object.values(ERROR_CODES).flat();

interface Operation {
  readonly method: string;
  /** `/v1/api/{projectId}/classify/image` */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly hasBody: boolean;
  /** Of a form. */
  readonly fields: readonly string[];
}

interface RequestBody {
  readonly content?: Readonly<Record<string, { readonly schema?: { readonly properties?: object } }>>;
}

interface Attack {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Values that no id and no name here has. */
const IDS = [
  '0',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  'NaN',
  '99999999999999999999',
  '%00',
  '1%00',
  '..',
  '.',
  '%2e%2e',
  '..%2f..%2f..%2fetc%2fpasswd',
  '..%5c..%5cwindows',
  '%2fetc%2fpasswd',
  "1'%20OR%20'1'='1",
  '1;DROP%20TABLE%20model;--',
  '1)%20UNION%20SELECT%20hash%20FROM%20api_key--',
  '__proto__',
  'constructor',
  'toString',
  '[object%20Object]',
  '$%7B7*7%7D',
  '%F0%9F%92%A9',
  '%ff%fe',
  '%E0%A4%A',
  'a'.repeat(290),
  'a'.repeat(5000),
];

const JSON_BODIES: readonly (string | Uint8Array)[] = [
  'null',
  '[]',
  '[[]]',
  '1',
  '"text"',
  'true',
  '{',
  '{"a":',
  '{"a":1}}',
  "{'a':1}",
  '{"features":[1,2',
  '{"features":"1,2,3"}',
  '{"features":[null]}',
  '{"features":[1e999]}',
  '{"features":{"length":100}}',
  '{"name":5}',
  '{"engine":"warp","modelType":"float128"}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":{"__proto__":{"polluted":true}}}',
  '[{"__proto__":null}]',
  '\u0000',
  '\uFEFF{',
  'NaN',
  '['.repeat(20_000),
  `{"a":${'{"a":'.repeat(5000)}`,
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
];

const TYPES = [
  'text/html',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  'multipart/mixed; boundary=x',
  'multipart/form-data; boundary=another',
  'application/json; charset=utf-7',
  'nonsense',
  '',
];

const part = (disposition: string, value = 'junk', more = '') =>
  `--x\r\ncontent-disposition: ${disposition}\r\n${more}\r\n${value}\r\n`;
const END = '--x--\r\n';

function forms(fields: readonly string[]): string[] {
  const names = [
    '../../etc/passwd',
    '/etc/passwd',
    'C:\\\\a.tflite',
    'a\u0000b',
    '..',
    '',
    'n'.repeat(5000),
    '%2e%2e%2f',
    '💩.jpg',
  ];
  return [
    '',
    '--x',
    '--x--',
    '--x\r\n',
    '--x\r\n\r\n',
    part('form-data'),
    `${part('form-data')}${END}`,
    `${part('attachment; filename="a"')}${END}`,
    `${part('form-data; name="__proto__"')}${END}`,
    `${part('form-data; name="constructor"; filename="a"')}${END}`,
    Array.from({ length: 200 }, (_, i) => part(`form-data; name="f${i}"`)).join('') + END,
    `${part(`form-data; name="${'n'.repeat(20_000)}"`)}${END}`,
    `--x\r\n${'y'.repeat(200_000)}: z\r\n\r\njunk\r\n${END}`,
    ...fields.flatMap((field) => [
      `${part(`form-data; name="${field}"`)}${END}`,
      part(`form-data; name="${field}"; filename="a"`),
      part(`form-data; name="${field}"; filename="a"`).slice(0, -8),
      `${part(`form-data; name="${field}"; filename="a"`, '')}${END}`,
      `${part(`form-data; name="${field}"; filename="a"`)}${part(`form-data; name="${field}"; filename="b"`)}${END}`,
      `${part(`form-data; name="${field}"; filename="a"`, 'junk', 'content-transfer-encoding: base64\r\n')}${END}`,
      `${part(`form-data; name="${field}"; filename="a"`, part('form-data; name="inner"'), 'content-type: multipart/mixed; boundary=y\r\n')}${END}`,
      `${part('form-data; name="model"', '{"name":"x","__proto__":{"polluted":true}}')}${part(`form-data; name="${field}"; filename="a"`)}${END}`,
      ...names.map((name) => `${part(`form-data; name="${field}"; filename="${name}"`)}${END}`),
    ]),
  ];
}

/** Everything that can be wrong with a call of one operation. */
function attacksOn({ method, path, parameters, hasBody, fields }: Operation): Attack[] {
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const good = (text: string) => inPath.reduce((url, name) => url.replace(`{${name}}`, '1'), text);
  const withIds = inPath.flatMap((name) =>
    IDS.map((id) => ({
      what: `${name} = ${id.slice(0, 60)}`,
      method,
      path: good(path.replace(`{${name}}`, id)),
    })),
  );
  if (!hasBody) return withIds;
  const json = JSON_BODIES.map((body) => ({
    what: `JSON ${String(body).slice(0, 50)}`,
    method,
    path: good(path),
    headers: { 'content-type': 'application/json' },
    body,
  }));
  const typed = TYPES.map((type) => ({
    what: `type '${type.slice(0, 50)}'`,
    method,
    path: good(path),
    headers: { 'content-type': type },
    body: 'junk',
  }));
  const multipart = forms(fields).map((body) => ({
    what: `form ${JSON.stringify(body.slice(0, 90))}`,
    method,
    path: good(path),
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: Buffer.from(body),
  }));
  return [...withIds, ...json, ...typed, ...multipart];
}

/** Every hostile value for each parameter of its query, one at a time. */
function queriesOn({ method, path, parameters }: Operation): Attack[] {
  const url = path.replaceAll(/\{\w+\}/g, '1');
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  return [...names, '__proto__', 'a[b]'].flatMap((name) =>
    ['', ...IDS].map((value) => ({ what: name, method, path: `${url}?${name}=${value}` })),
  );
}

const ends: (() => Promise<void>)[] = [];
let here: TestServer;
let operations: Operation[];

beforeAll(async () => {
  here = await server({ deployments: [SHAPES] }, (end) => ends.push(end));
  const document = (await (await fetch(`${here.url}/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<string, { parameters?: Operation['parameters']; requestBody?: RequestBody }>
    >;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      hasBody: requestBody !== undefined,
      fields: fieldsOf(requestBody),
    })),
  );
});
afterAll(async () => {
  for (const end of ends) await end();
});

/** Names of a form's fields; of what takes none, one that it does not have. */
function fieldsOf(body: RequestBody | undefined): string[] {
  const properties = body?.content?.['multipart/form-data']?.schema?.properties;
  return properties === undefined ? ['image'] : Object.keys(properties);
}

function send({ method, path, headers = {}, body }: Attack): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const asking = request(
      { host: '127.0.0.1', port: here.port, method, path, headers: { ...headers, ...length } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    // A body that is refused before its end may be cut off.
    asking.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? resolve({ status: 499, text: '' })
        : reject(error),
    );
    asking.end(body);
  });
}

/** What is wrong with the answer; undefined if it is a refusal as it should be. */
function faultOf({ status, text }: Answer): string | undefined {
  if (status === 499 && text === '') return undefined;
  if (status < 400 || status > 499) return `status ${status}: ${text.slice(0, 200)}`;
  const body = JSON.parse(text) as { success?: unknown; error?: unknown; code?: unknown };
  if (body.success !== false || typeof body.error !== 'string')
    return `not the envelope: ${text.slice(0, 200)}`;
  if (!CODES.includes(String(body.code))) return `no code: ${text.slice(0, 200)}`;
  return tellsPath(text);
}

function tellsPath(text: string): string | undefined {
  const told = [here.data, process.cwd(), homedir(), tmpdir()].find(
    (path) => path.length > 1 && text.includes(path),
  );
  return told === undefined ? undefined : `tells the path ${told}: ${text.slice(0, 300)}`;
}

async function faultsOf(attacks: readonly Attack[]): Promise<string[]> {
  const faults: string[] = [];
  for (const attack of attacks) {
    const fault = faultOf(await send(attack));
    if (fault !== undefined)
      faults.push(`${attack.method} ${attack.path.slice(0, 120)} ${attack.what} -> ${fault}`);
  }
  return faults;
}

describe('requests that mean harm', () => {
  it('are refused by every operation, with a 4xx and a code, and no word of this machine', async () => {
    const attacks = operations.flatMap(attacksOn);
    expect(attacks.length).toBeGreaterThan(1000);
    const faults = await faultsOf(attacks);
    expect(faults).toEqual([]);
  });

  it('in a query are refused, or found to ask for nothing that there is', async () => {
    const attacks = operations.filter(({ method }) => method === 'GET').flatMap(queriesOn);
    expect(attacks.length).toBeGreaterThan(200);
    const faults: string[] = [];
    for (const attack of attacks) {
      const answer = await send(attack);
      const fault = answer.status < 300 ? tellsPath(answer.text) : faultOf(answer);
      if (fault !== undefined) faults.push(`${attack.path.slice(0, 150)} -> ${fault}`);
    }
    expect(faults).toEqual([]);
  });

  it('are refused where there is no operation', async () => {
    const paths = [
      '/..',
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '//v1/nothing',
      '/v1',
      '/v1/api',
      '/.env',
      '/package.json',
      '/dist/',
      `/${'a/'.repeat(2000)}`,
    ];
    const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'];
    const attacks = paths.flatMap((path) =>
      methods.map((method) => ({ what: 'nothing there', method, path })),
    );
    expect(await faultsOf(attacks)).toEqual([]);
  });

  it('change nothing: no prototype, no file outside, no row, and the next is answered', async () => {
    expect(Object.keys({})).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((await fetch(`${here.url}/readyz`)).status).toBe(200);
    expect(here.logged).toEqual([]);
  });
});
