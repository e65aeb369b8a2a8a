import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { normalizeOpenOptions, type OpenOptions } from '../../src/runtime/options.js';
import { tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { refusalOf } from './support.js';

const modelInfo = { input: { inputType: 'other' }, model: { modelType: 'freeform' } };

describe('options for other hardware', () => {
  it.each<[string, object, string, RegExp]>([
    [
      'a delegate that is a path alone',
      { tfliteDelegate: 'libedgetpu.so.1' },
      'ERR_OPTION_INVALID',
      /tfliteDelegate: expected an options object but received 'libedgetpu\.so\.1'/,
    ],
    [
      'a misspelt part of a delegate',
      { tfliteDelegate: { pth: 'a.so' } },
      'ERR_OPTION_UNKNOWN',
      /Did you mean 'path'/,
    ],
    ['a delegate without a path', { tfliteDelegate: {} }, 'ERR_OPTION_INVALID', /path: expected.*undefined/],
    [
      'options of a delegate that are no object',
      { tfliteDelegate: { path: 'a.so', options: ['device=usb'] } },
      'ERR_OPTION_INVALID',
      /options: expected an object of strings but received an array of 1/,
    ],
    [
      'an option of a delegate that is no string',
      { tfliteDelegate: { path: 'a.so', options: { threads: 2 } } },
      'ERR_OPTION_INVALID',
      /options: threads: expected a string but received 2/,
    ],
    [
      'a delegate for another engine',
      { tfliteDelegate: { path: 'a.so' }, engine: 'litert-wasm' },
      'ERR_OPTION_INVALID',
      /tfliteDelegate is an option of the engine 'tflite', but the engine 'litert-wasm' was asked for/,
    ],
    [
      'an execution provider that is no name',
      { executionProvider: 1 },
      'ERR_OPTION_INVALID',
      /executionProvider: expected the name of an execution provider but received 1/,
    ],
    [
      'an execution provider for another engine',
      { executionProvider: 'cuda', engine: 'tflite' },
      'ERR_OPTION_INVALID',
      /executionProvider is an option of the engine 'onnx'/,
    ],
    [
      'a delegate and an execution provider',
      { executionProvider: 'cuda', tfliteDelegate: { path: 'a.so' } },
      'ERR_OPTION_INVALID',
      /Leave out one of the two/,
    ],
    [
      'WebGPU in this process, which it could end',
      { executionProvider: 'webgpu', isolation: 'none' },
      'ERR_OPTION_INVALID',
      /'webgpu' runs in a process of its own only/,
    ],
  ])('refuse %s', (_, options, code, message) => {
    expect(() => normalizeOpenOptions(options as OpenOptions)).toThrow(
      expect.objectContaining({ name: 'InputError', code, message: expect.stringMatching(message) }),
    );
  });

  it('are refused for a program, which is not run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'impulse-runner-'));
    const path = join(folder, 'runner.eim');
    writeFileSync(path, `#!/bin/sh\ntouch ${join(folder, 'was-run')}\n`, { mode: 0o755 });
    const error = await refusalOf(
      openDeployment(path, { allowExecution: true, tfliteDelegate: { path: '/nowhere/a.so' } }),
    );
    expect(error).toMatchObject({ code: 'ERR_OPTION_INVALID' });
    expect(error.message).toMatch(/tfliteDelegate: a runner .* brings an engine of its own/);
    expect(readdirSync(folder)).toEqual(['runner.eim']);
    rmSync(folder, { recursive: true });
  });

  it('leave a name for the loader as it is, and make a path absolute', () => {
    const pathOf = (path: string) => normalizeOpenOptions({ tfliteDelegate: { path } }).tfliteDelegate?.path;
    expect(pathOf('libedgetpu.so.1')).toBe('libedgetpu.so.1');
    expect(pathOf('./a.so')).toBe(`${process.cwd()}/a.so`);
  });

  it('give models of other hardware a process of their own, unless that is not wanted', () => {
    const isolationOf = (options: OpenOptions) => normalizeOpenOptions(options).isolation;
    expect(isolationOf({})).toBe('none');
    expect(isolationOf({ executionProvider: 'cpu' })).toBe('none');
    expect(isolationOf({ executionProvider: 'cuda' })).toBe('process');
    expect(isolationOf({ executionProvider: 'cuda', isolation: 'none' })).toBe('none');
  });

  it.each([
    ['a delegate', 'onnx', tinyOnnxClassifier(), { tfliteDelegate: { path: '/nowhere/a.so' } }],
    ['an execution provider', 'tflite', tinyClassifier(), { executionProvider: 'webgpu' }],
  ] as const)(
    'are not passed over where %s can not run a model of %s',
    async (_, _format, bytes, options) => {
      const error = await refusalOf(openDeployment(bytes, { modelInfo, ...options }));
      expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
      expect(error.message).toContain(`which the option ${Object.keys(options)[0]} is for`);
    },
  );
});
