import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readOnnxModel } from '../../src/deployment/onnx.js';
import { isOrt, readOrtModel } from '../../src/deployment/ort.js';
import { sniff } from '../../src/deployment/sniff.js';
import { openDeployment } from '../../src/index.js';
import { convertToOrt } from '../../src/runtime/engines/onnx-to-ort.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { refusalOf, solid } from '../runtime/support.js';
import { expectedModels } from '../support/expected.js';
import { describeUnless, missingOnnxRuntime } from '../support/not-tested.js';
import { describeWithShared } from '../support/shared.js';
import { failure } from './failure.js';

const missing = await missingOnnxRuntime();
const convert = (bytes: Uint8Array, timeoutMs?: number): Promise<Uint8Array> =>
  convertToOrt({ format: 'onnx', name: 'm.onnx', bytes }, timeoutMs === undefined ? {} : { timeoutMs });

describe('What is no model in the format of ONNX Runtime', () => {
  it.each([
    ['nothing', ''],
    ['a text', 'a text of any kind'],
    ['the mark alone', '\u0010\0\0\0ORTM'],
    ['a table outside', '\u00ff\u00ff\u00ff\u007fORTM'],
    ['another flatbuffer', '\u0010\0\0\0TFL3\0\0\0\0\0\0\0\0'],
  ])('%s is refused with a typed error', async (_, text) => {
    const { code } = await failure(() => readOrtModel(Buffer.from(text, 'latin1')));
    expect(code).toMatch(/^ERR_(MODEL_INVALID|DEPLOYMENT_TRUNCATED)$/);
  });
});

describeUnless(missing, 'A model in the format of ONNX Runtime', () => {
  it('says the same of its tensors as the ONNX model that it was', async () => {
    const onnx = tinyOnnxClassifier();
    const ort = await convert(onnx);
    expect(isOrt(ort)).toBe(true);
    expect(sniff(ort)).toBe('ort');
    const { inputs, outputs, metadata, operators } = readOrtModel(ort);
    const before = readOnnxModel(onnx);
    expect({ inputs, outputs, metadata }).toEqual({
      inputs: before.inputs,
      outputs: before.outputs,
      metadata: before.metadata,
    });
    expect(operators.map(({ name }) => name)).toContain('Softmax');
  });

  it('leaves open what the ONNX model left open', async () => {
    const ort = await convert(
      encodeOnnxModel({
        inputs: [{ name: 'x', shape: ['batch', 4] }],
        outputs: [{ name: 'y', shape: ['batch', 4] }],
        nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
      }),
    );
    expect(readOrtModel(ort)).toMatchObject({ inputs: [{ shape: [-1, 4] }], outputs: [{ shape: [-1, 4] }] });
  });

  it('opens as a deployment and gives the same answer', async () => {
    const onnx = tinyOnnxClassifier();
    const modelInfo = {
      input: { inputType: 'image' },
      model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
    };
    const answers = [];
    for (const bytes of [onnx, await convert(onnx)]) {
      await using deployment = await openDeployment(bytes, { modelInfo });
      answers.push((await deployment.classify(solid(0, 20, 20))).response);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ success: true, result: { red: expect.closeTo(0.999, 2) } });
  });

  it('that is damaged is a typed error, or still a model', async () => {
    const ort = await convert(tinyOnnxClassifier());
    fc.assert(
      fc.property(fc.nat(ort.length - 1), fc.nat(255), fc.nat(ort.length), (at, value, length) => {
        const damaged = Uint8Array.from(ort);
        damaged[at] = value;
        for (const bytes of [damaged, ort.subarray(0, length)]) {
          try {
            readOrtModel(bytes);
          } catch (error) {
            expect(error).toHaveProperty(
              'code',
              expect.stringMatching(/^ERR_(MODEL|DEPLOYMENT|UNSUPPORTED)_/),
            );
          }
        }
      }),
    );
  });
});

describeUnless(missing, 'Converting a model of a stranger', () => {
  it('tells what the runtime has against it', async () => {
    expect((await refusalOf(convert(Buffer.from('not a model')))).code).toBe('ERR_MODEL_INVALID');
  });

  it('ends when its time is over, and leaves nothing behind', async () => {
    const refused = await refusalOf(convert(tinyOnnxClassifier(), 1));
    expect(refused.code).toBe('ERR_TIMEOUT');
  });

  it('leaves no file behind, also none of the runtime, which would tell its maker of the model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'impulse-ort-'));
    vi.stubEnv('TMPDIR', folder);
    try {
      await convert(tinyOnnxClassifier());
      await refusalOf(convert(Buffer.from('not a model')));
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });

  it('reads no file of this machine that the model names as its weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'impulse-ort-'));
    try {
      const secret = join(folder, 'secret.bin');
      writeFileSync(secret, Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
      for (const location of [secret, `../${folder.slice(tmpdir().length + 1)}/secret.bin`, 'secret.bin']) {
        const model = encodeOnnxModel({
          inputs: [{ name: 'x', shape: [4] }],
          outputs: [{ name: 'y', shape: [4] }],
          initializers: [{ name: 'w', shape: [4], data: Float32Array.of(1, 2, 3, 4), location }],
          nodes: [{ type: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
        });
        expect((await refusalOf(convert(model))).code).toBe('ERR_UNSUPPORTED_FORMAT');
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describeWithShared('Real ONNX models', (sharedDir) => {
  describeUnless(missing, 'in the format of ONNX Runtime', () => {
    it.each(expectedModels(sharedDir, 'onnx'))('$path keeps its interface', async ({ path }) => {
      const bytes = readFileSync(join(sharedDir, 'models', path));
      const { inputs, outputs } = readOrtModel(await convert(bytes));
      const before = readOnnxModel(bytes);
      expect({ inputs, outputs }).toEqual({ inputs: before.inputs, outputs: before.outputs });
    });
  });
});
