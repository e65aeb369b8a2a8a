import { describe, expect, it } from 'vitest';
import { loadError, runError } from '../../../src/runtime/engines/tflite-errors.js';

function nativeFailure(kind: string, message: string): Error {
  return Object.assign(new Error(message), { kind });
}

describe('loadError()', () => {
  const load = (reason: string): Error => loadError(reason, 'model.tflite', '2.9.0');

  it('names every operator that the library lacks, once', () => {
    const reason = [
      "Didn't find op for builtin opcode 'BATCH_MATMUL' version '6'. An older version of this builtin might be supported.",
      "Didn't find op for builtin opcode 'BATCH_MATMUL' version '6'. An older version of this builtin might be supported.",
      "Didn't find op for builtin opcode 'GELU' version '2'.",
      'Registration failed.',
    ].join('\n');
    expect(load(reason)).toMatchObject({
      code: 'ERR_UNSUPPORTED_OPERATOR',
      message: expect.stringMatching(
        /operators BATCH_MATMUL \(version 6\), GELU \(version 2\), which TensorFlow Lite 2\.9\.0 lacks.*litert-wasm/,
      ),
    });
  });

  it('names an operator that the library knows by its number only', () => {
    expect(
      load('Op builtin_code out of range: 205. Are you using old TFLite binary with newer model?').message,
    ).toMatch(/operator REDUCE_WINDOW, which/);
  });

  it.each([
    [
      'Encountered unresolved custom op: MyOp.\nSee instructions: https://example.org',
      /MyOp.*custom operator/,
    ],
    ['Encountered unresolved custom op: ethos-u.', /Arm Ethos-U NPU/],
    [
      'Encountered unresolved custom op: edgetpu-custom-op.\nNode number 0 failed to prepare.',
      /Coral Edge TPU/,
    ],
  ])('explains %j', (reason, message) => {
    expect(load(reason)).toMatchObject({
      code: 'ERR_UNSUPPORTED_OPERATOR',
      message: expect.stringMatching(message),
    });
  });

  it("gives the library's words, on one line, for everything else", () => {
    expect(load('first line\n  second line\n')).toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_LOAD',
      message: 'TensorFlow Lite 2.9.0 failed to load model.tflite: first line second line',
    });
  });
});

describe('runError()', () => {
  it.each([
    ['closed', 'ClosedError', 'ERR_CLOSED'],
    ['not-finite', 'InputError', 'ERR_INPUT_NOT_FINITE'],
    ['engine', 'EngineError', 'ERR_ENGINE_RUN'],
  ])('makes a failure of kind %s a %s', (kind, name, code) => {
    expect(runError(nativeFailure(kind, 'words'), 'model.tflite')).toMatchObject({ name, code });
  });

  it('leaves an error that the addon did not make as it is', () => {
    const error = new RangeError('Array buffer allocation failed');
    expect(runError(error, 'model.tflite')).toBe(error);
  });
});
