import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContents } from '../../src/deployment/open.js';
import { sniff } from '../../src/deployment/sniff.js';
import { libraryFiles, under, zipOf } from '../fixtures/deployment-writer.js';
import type { LibraryFacts } from '../fixtures/library-headers.js';
import { tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { failure } from './failure.js';

const INFO = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
};
const LIBRARY: LibraryFacts = {
  project: { id: 7, owner: 'Owner', name: 'Cups', deployVersion: 2 },
  labels: ['red', 'green', 'blue'],
  input: { width: 8, height: 8, channels: 'RGB' },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const ascii = (text: string, length = text.length): Buffer =>
  Buffer.from(text.padEnd(length, '\0'), 'latin1');

describe('What is no deployment says what it is', () => {
  it.each<[string, Uint8Array, string, string, RegExp]>([
    ['nothing', Buffer.alloc(0), 'empty', 'ERR_DEPLOYMENT_UNRECOGNISED', /is empty: 0 bytes/],
    [
      'a text',
      Buffer.from('Übung\nmacht'),
      'text',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /is text \("Übung macht"\)/,
    ],
    [
      'a web page',
      Buffer.from('\n<!DOCTYPE html><html><title>Log in</title>'),
      'html',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /is a web page .*Log in.*needs a login/,
    ],
    [
      '404',
      Buffer.from('404: Not Found'),
      'html',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /is a web page \("404: Not Found"\)/,
    ],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 56552\n'),
      'lfs-pointer',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /Git LFS pointer.*'git lfs pull'/,
    ],
    [
      'JSON',
      Buffer.from('{"input": {}}'),
      'json',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /is JSON\. If it describes a model/,
    ],
    [
      'a runner',
      Buffer.concat([ascii('\x7fELF', 100), ascii('Edge Impulse Linux impulse runner - listening')]),
      'eim',
      'ERR_UNSUPPORTED_FORMAT',
      /is a Linux or macOS runner \(\.eim\).*allowExecution/,
    ],
    [
      'a runner of macOS',
      Buffer.concat([ascii('\xcf\xfa\xed\xfe', 100), ascii('classify_continuous')]),
      'eim',
      'ERR_UNSUPPORTED_FORMAT',
      /runner \(\.eim\)/,
    ],
    ['a program', ascii('\x7fELF', 100), 'elf', 'ERR_UNSUPPORTED_FORMAT', /is an executable \(ELF\)/],
    [
      'a program of macOS',
      ascii('\xcf\xfa\xed\xfe', 99),
      'mach-o',
      'ERR_UNSUPPORTED_FORMAT',
      /macOS \(Mach-O\)/,
    ],
    ['WebAssembly', ascii('\0asm\x01', 20), 'wasm', 'ERR_UNSUPPORTED_FORMAT', /is a WebAssembly module/],
    ['Keras', ascii('\x89HDF\r\n\x1a\n', 20), 'hdf5', 'ERR_UNSUPPORTED_FORMAT', /is a Keras model \(HDF5\)/],
    ['gzip', ascii('\x1f\x8b\x08', 20), 'gzip', 'ERR_UNSUPPORTED_FORMAT', /unpack it first/],
    [
      'something else',
      Buffer.from([1, 2, 3, 255]),
      'unknown',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /is of no known format \(it begins with 01 02 03 ff\)/,
    ],
  ])('%s, whatever its name', async (_, bytes, kind, code, message) => {
    expect(sniff(bytes)).toBe(kind);
    const path = join(folder, 'model.tflite');
    await writeFile(path, bytes);
    for (const source of [bytes, path]) {
      const refused = await failure(() => openContents(source));
      expect(refused.code).toBe(code);
      expect(refused.message).toMatch(message);
      expect(refused.message).toMatch(source === path ? /^model\.tflite / : /^The download /);
    }
  });

  it('nothing at the path', async () => {
    expect(await failure(() => openContents(join(folder, 'none.zip')))).toMatchObject({
      name: 'DeploymentError',
      code: 'ERR_DEPLOYMENT_NOT_FOUND',
      message: `There is nothing that can be opened at '${join(folder, 'none.zip')}'.`,
    });
    expect(await failure(() => openContents('a\0b'))).toMatchObject({ code: 'ERR_DEPLOYMENT_NOT_FOUND' });
  });

  it('a socket, as a running .eim listens on', async () => {
    const path = join(folder, 'runner.sock');
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    const refused = await failure(() => openContents(path));
    await new Promise((resolve) => server.close(resolve));
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refused.message).toMatch(/runner \(\.eim\)/);
  });

  it('a device', async () => {
    expect(await failure(() => openContents('/dev/null'))).toMatchObject({
      code: 'ERR_DEPLOYMENT_UNRECOGNISED',
      message: "'/dev/null' is neither a file nor a folder.",
    });
  });

  it.each([[undefined], [null], [3], [{ path: 'x' }]])('a source of the wrong type: %j', async (source) => {
    const refused = await failure(() => openContents(source as unknown as string));
    expect(refused).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_TYPE' });
  });

  it('options that do not belong together', async () => {
    const zip = await zipOf(libraryFiles('G4', 'included file', LIBRARY, tinyClassifier()));
    for (const option of [{ modelInfo: INFO }, { lastLayer: 'fomo' }] as const) {
      expect(await failure(() => openContents(zip, option))).toMatchObject({
        name: 'InputError',
        code: 'ERR_OPTION_INVALID',
        message: expect.stringMatching(`^${Object.keys(option)} describes plain models`),
      });
    }
  });
});

describe('An archive with nothing to read says what is in it', () => {
  it.each<[string, string[], string, RegExp]>([
    ['no files', [], 'ERR_DEPLOYMENT_UNRECOGNISED', /holds no files/],
    ['other files', ['README.md', 'a.jpg'], 'ERR_DEPLOYMENT_UNRECOGNISED', /It holds: README\.md, a\.jpg\./],
    [
      'half a library',
      ['tflite-model/tflite_learn_3.h'],
      'ERR_METADATA_MISSING',
      /but not model-parameters\/model_metadata\.h/,
    ],
  ])('%s', async (_, names, code, message) => {
    const refused = await failure(async () =>
      openContents(await zipOf(new Map(names.map((name) => [name, 'x'])))),
    );
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });
});

describe('A download for other hardware or software is named, with where it runs', () => {
  it.each<[string, string, RegExp]>([
    ['a SavedModel as text', 'saved_model/saved_model.pbtxt', /SavedModel as text.*runs on TensorFlow/],
    ['Akida', 'akida_model.fbz', /\(akida\).*runs on an Akida processor/],
    ['DRP-AI', 'model/drp_desc.bin', /\(drp-ai\).*RZ\/V/],
    ['TIDL', 'artifacts/subgraph_0_tidl_net.bin', /\(tidl\)/],
    ['Syntiant', 'ei_model.synpkg', /\(syntiant\)/],
    ['MemryX', 'model.dfp', /\(memryx\)/],
    ['ST Neural-ART', 'network_atonbuf.xSPI2.raw', /\(st-aton\)/],
    ['Nordic Axon', 'src/nrf_axon_model_kws_.h', /\(nordic-axon\)/],
    ['Ceva', 'ceva_npn_model.bin', /\(ceva-npn\)/],
    ['TensorRT', 'model.engine', /\(tensorrt\)/],
    ['Qualcomm Cloud AI', 'qpc/programqpc.bin', /\(qaic\)/],
    ['QNN', 'model.dlc', /QNN/],
    ['a language model', 'model.gguf', /\(vlm-connector\)/],
    ['PyTorch', 'archive/data.pkl', /PyTorch/],
    ['a mobile app', 'app-release.apk', /mobile app/],
    ['firmware', 'firmware.uf2', /firmware.*the board that it was built for/],
  ])('%s', async (_, name, message) => {
    const refused = await failure(async () => openContents(await zipOf(new Map([[name, 'x']]))));
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refused.message).toMatch(message);
    expect(refused.message).toContain(name);
  });
});

describe('A program, whose models cannot be read, is named, with how it is run', () => {
  it.each<[string, string[], RegExp]>([
    ['a runner in a folder', ['cups/model.eim'], /'cups\/model\.eim'.*open that file itself.*allowExecution/],
    [
      'a WebAssembly deployment',
      ['edge-impulse-standalone.js', 'edge-impulse-standalone.wasm'],
      /is or holds a WebAssembly deployment.*can't be taken out.*openDeployment\(\)/,
    ],
  ])('%s', async (_, names, message) => {
    const zip = await zipOf(new Map(names.map((name) => [name, 'x'])));
    const refused = await failure(() => openContents(zip));
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refused.message).toMatch(message);
  });
});

describe('The content tells, not the name', () => {
  it.each<[string, () => Promise<Uint8Array>, string]>([
    ['cups.pack', () => zipOf(libraryFiles('G4', 'included file', LIBRARY, tinyClassifier())), 'cpp-library'],
    ['cups.txt', async () => tinyClassifier(), 'plain-model'],
    ['cups.zip', async () => tinyOnnxClassifier(), 'plain-model'],
  ])('%s', async (name, bytes, format) => {
    const path = join(folder, name);
    await writeFile(path, await bytes());
    const options = format === 'plain-model' ? { modelInfo: INFO } : {};
    expect((await openContents(path, options)).format).toBe(format);
  });
});

describe('Whatever comes from outside', () => {
  const zip = zipOf(under(libraryFiles('G3', 'array of 2023', LIBRARY, tinyClassifier()), 'x/'));

  it('cut off anywhere, it is refused with a typed error', async () => {
    const whole = await zip;
    for (let length = 0; length < whole.length; length += 37) {
      const { code } = await failure(() => openContents(whole.subarray(0, length)));
      expect(code).toMatch(/^ERR_(ARCHIVE_INVALID|DEPLOYMENT_UNRECOGNISED)$/);
    }
  });

  it('with changed bytes it opens, or is refused with a typed error', async () => {
    const whole = await zip;
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const copy = Buffer.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        await failure(() => openContents(copy));
      }),
      { numRuns: 200 },
    );
  });

  it('of any bytes, it is refused with a typed error', async () => {
    const starts = [
      '',
      'PK\x03\x04',
      'PK\x05\x06',
      '\x1c\0\0\0TFL3',
      '\x08\x07\x12',
      '\x7fELF',
      '{',
      '<html',
    ];
    const bytes = fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }))
      .map(([start, rest]) => Buffer.concat([ascii(start), rest]));
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        expect((await failure(() => openContents(given))).code).not.toBe('none');
      }),
      { numRuns: 500 },
    );
  });

  it('with headers of any text, it is refused with a typed error', async () => {
    const files = libraryFiles('G4', 'array of 2023', LIBRARY, tinyClassifier());
    const headers = [...files.keys()].filter((name) => name.endsWith('.h') && !name.startsWith('edge'));
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        '{',
        '}',
        '#if 1\n',
        '#endif',
        ';',
        '/*',
        '\\',
        '= {',
        '0x',
        '&x',
        ' NULL',
        '-1',
        '\n',
      ),
      fc.string({ maxLength: 5 }),
    );
    const splice = fc.record({
      name: fc.constantFrom(...headers),
      at: fc.nat(3000),
      length: fc.nat(40),
      piece,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(splice, { minLength: 1, maxLength: 5 }), async (splices) => {
        const changed = new Map(files);
        for (const { name, at, length, piece: text } of splices) {
          const before = String(changed.get(name));
          changed.set(name, before.slice(0, at) + text + before.slice(at + length));
        }
        await failure(async () => openContents(await zipOf(changed)));
      }),
      { numRuns: 300 },
    );
  });
});
