import { describe, expect, it } from 'vitest';
import { contendersOf, nameOf } from '../../src/bench/contenders.js';
import { usableProcessors } from '../../src/runtime/processors.js';
import { ENGINE_NAMES, type SessionDetails } from '../../src/runtime/session.js';

const all = usableProcessors();

function model(details: Partial<SessionDetails>) {
  return {
    name: 'm.tflite',
    format: 'tflite',
    bytes: 1,
    engine: 'tflite',
    version: '1',
    threads: 1,
    delegate: 'none',
    notes: [],
    ...details,
  } as const;
}

describe('contendersOf', () => {
  it('has every engine, on one thread and on all processors', () => {
    const found = contendersOf({ engine: 'auto' }).map(
      ({ options }) => `${options.engine} on ${options.threads}`,
    );
    for (const engine of ENGINE_NAMES) {
      for (const threads of [1, all]) expect(found).toContain(`${engine} on ${threads}`);
    }
  });

  it('has tflite with XNNPACK and without', () => {
    const found = contendersOf({}).filter(({ options }) => options.engine === 'tflite');
    expect(new Set(found.map(({ options }) => options.xnnpack))).toEqual(new Set([true, false]));
  });

  it('names each differently', () => {
    const names = contendersOf({}).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps what the options settle', () => {
    expect(contendersOf({ engine: 'tflite', threads: 3, xnnpack: false, resizeMode: 'crop' })).toEqual([
      {
        name: 'tflite, own kernels, 3 threads',
        options: { engine: 'tflite', threads: 3, xnnpack: false, resizeMode: 'crop' },
      },
    ]);
  });

  it('shares the processors out among the sessions', () => {
    for (const { options } of contendersOf({ sessions: 64 })) expect(options.threads).toBe(1);
  });
});

describe('nameOf', () => {
  it('says what came out, not what was asked for', () => {
    const xnnpack = model({ delegate: 'xnnpack (QS8, QU8)', threads: 2 });
    expect(nameOf({ models: [xnnpack] })).toBe('tflite, XNNPACK, 2 threads');
    expect(nameOf({ models: [model({})] })).toBe('tflite, own kernels, 1 thread');
    expect(nameOf({ models: [model({ engine: 'onnx', delegate: 'cpu', sessions: 2 })] })).toBe(
      'onnx, 1 thread, 2 sessions',
    );
  });

  it('says each engine of several models once', () => {
    const onnx = model({ engine: 'onnx', delegate: 'cpu' });
    expect(nameOf({ models: [model({}), onnx, model({})] })).toBe(
      'tflite, own kernels, 1 thread + onnx, 1 thread',
    );
  });

  it('names runners, and K-means, which needs no engine', () => {
    const runner = { engine: 'eim', inner: 'tensorrt', isolation: 'none', notes: [] } as const;
    expect(nameOf({ models: [], runner })).toBe('eim, tensorrt');
    expect(nameOf({ models: [] })).toBe('no model');
  });
});
