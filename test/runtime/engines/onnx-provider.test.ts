import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectMachine } from '../../../src/index.js';
import { openIsolated } from '../../../src/runtime/engines/isolated/session.js';
import { onnxEngine } from '../../../src/runtime/engines/onnx.js';
import { countOperators } from '../../../src/runtime/engines/onnx-provider.js';
import { executionProviders } from '../../../src/runtime/engines/onnx-providers.js';
import type { ModelSession } from '../../../src/runtime/session.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../../fixtures/onnx-models.js';
import { itUnless, type Missing } from '../../support/not-tested.js';
import { expectedScores, plainColour } from './engines.js';

const opened: ModelSession[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});

async function open(executionProvider: string, bytes = tinyOnnxClassifier()): Promise<ModelSession> {
  const { session } = await openIsolated({
    model: { format: 'onnx', name: 'm.onnx', bytes },
    wanted: 'onnx',
    options: { threads: 1, executionProvider },
  });
  opened.push(session);
  return session;
}

/** y = the places where Relu(x) is not 0: of the two operators, graphics cards have the first only. */
function halfForTheCpu(): Uint8Array {
  return encodeOnnxModel({
    inputs: [{ name: 'x', shape: [1, 4] }],
    outputs: [{ name: 'y', shape: [2, 'found'], elementType: 7 }],
    nodes: [
      { type: 'Relu', inputs: ['x'], outputs: ['between'] },
      { type: 'NonZero', inputs: ['between'], outputs: ['y'] },
    ],
  });
}

/** ... and of this one none. */
function allForTheCpu(): Uint8Array {
  return encodeOnnxModel({
    inputs: [{ name: 'x', shape: [1, 4] }],
    outputs: [{ name: 'y', shape: [2, 'found'], elementType: 7 }],
    nodes: [{ type: 'NonZero', inputs: ['x'], outputs: ['y'] }],
  });
}

const known = await executionProviders();
const lacks = (name: string): Missing => {
  const provider = known.find((candidate) => candidate.name === name);
  if (provider === undefined) return `this build of ONNX Runtime has no ${name}`;
  return provider.available ? undefined : provider.reason;
};
const status = await onnxEngine.probe();
const cudaInstalled =
  status.available && existsSync(join(dirname(status.library ?? ''), 'libonnxruntime_providers_cuda.so'));

describe('an execution provider', () => {
  it('that this build lacks is refused by its name, with those that it has', async () => {
    await expect(open('imaginary')).rejects.toMatchObject({
      name: 'UnsupportedError',
      code: 'ERR_UNSUPPORTED_ENGINE',
      message: expect.stringMatching(/no execution provider 'imaginary'\. These it has: cpu/),
    });
  });

  itUnless(
    known.some(({ name }) => name === 'cuda') && !cudaInstalled
      ? undefined
      : 'the libraries for CUDA are here, or can not be',
    'whose libraries are not installed',
  )('whose libraries are not installed is an error that says what it needs', async () => {
    await expect(open('cuda')).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/'cuda'.*Failed to load.*libonnxruntime_providers_cuda\.so/),
    });
  });

  it('cpu runs as if nobody had asked', async () => {
    const session = await open('cpu');
    expect(session.details).toMatchObject({ delegate: 'cpu', notes: [] });
  });

  it('leaves a broken model a broken model', async () => {
    await expect(open('cpu', new Uint8Array(8))).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
  });

  it('is counted by who ran how many operators', () => {
    const node = (provider: string, op_name: string) => ({ cat: 'Node', args: { provider, op_name } });
    const profile = [
      { cat: 'Session', name: 'model_run' },
      node('WebGpuExecutionProvider', 'Conv'),
      node('WebGpuExecutionProvider', 'MemcpyToHost'),
      node('CPUExecutionProvider', 'NonZero'),
      node('WebGpuExecutionProvider', 'Relu'),
    ];
    expect([...countOperators(JSON.stringify(profile))]).toEqual([
      ['WebGpuExecutionProvider', 2],
      ['CPUExecutionProvider', 1],
    ]);
  });
});

describe('WebGPU without a driver', () => {
  const drivers = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'] as const;
  const before = drivers.map((name) => process.env[name]);
  beforeEach(() => {
    for (const name of drivers) process.env[name] = '/nowhere/driver.json';
  });
  afterEach(() => {
    for (const [index, name] of drivers.entries()) {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    }
  });

  itUnless(
    process.platform === 'linux' && known.some(({ name }) => name === 'webgpu')
      ? undefined
      : 'this build has no WebGPU over Vulkan',
    'WebGPU without a driver',
  )('is an error with its reason, and this process goes on', async () => {
    await expect(open('webgpu')).rejects.toMatchObject({
      code: 'ERR_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/'webgpu'.*Failed to get a WebGPU adapter.*graphics card/),
    });
  });
});

describe('WebGPU', () => {
  const it = itUnless(lacks('webgpu'), 'WebGPU');

  it('gives the answer of the CPU, also in several sessions at once', async () => {
    const sessions = await Promise.all([open('webgpu'), open('webgpu'), open('webgpu')]);
    for (const session of sessions) expect(session.details).toMatchObject({ delegate: 'webgpu', notes: [] });
    const colour = [0.2, 0.7, 0.4];
    const results = await Promise.all(sessions.map((session) => session.run([plainColour(colour, 'NCHW')])));
    for (const { outputs } of results) {
      for (const [index, score] of expectedScores(colour).entries()) {
        expect(outputs[0]?.data[index]).toBeCloseTo(score, 4);
      }
    }
  });

  it('says how much of a model it leaves to the CPU', async () => {
    const session = await open('webgpu', halfForTheCpu());
    expect(session.details).toMatchObject({
      delegate: 'webgpu, cpu',
      notes: ['webgpu runs 1 of 2 operators; the CPU has the rest'],
    });
    const { outputs } = await session.run([Float32Array.of(0, 5, -1, 6)]);
    expect(outputs[0]).toMatchObject({ shape: [2, 2], data: BigInt64Array.of(0n, 0n, 1n, 3n) });
  });

  it('refuses a model of which it would run nothing', async () => {
    await expect(open('webgpu', allForTheCpu())).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(/runs no operator of m\.onnx/),
    });
  });
});

describe('impulse doctor', () => {
  it('tries every execution provider of this build', async () => {
    const { executionProviders: listed } = await inspectMachine();
    expect(listed.map(({ name }) => name)).toEqual(known.map(({ name }) => name));
    expect(listed[0]).toEqual({ name: 'cpu', available: true });
  });
});
