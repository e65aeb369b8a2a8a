import { describe, expect, it } from 'vitest';
import { isWav, mono, readWav, to16Bits } from '../../src/web/wav.js';
import { wavFile } from './wav-file.js';

describe('a WAV file', () => {
  it.each([
    ['8 bits', 1, 8, [0, 128, 255], [-32768, 0, 32512]],
    ['16 bits', 1, 16, [-32768, -1, 0, 32767], [-32768, -1, 0, 32767]],
    ['24 bits', 1, 24, [-8388608, 256, 8388607], [-32768, 1, 32767]],
    ['32 bits', 1, 32, [-2147483648, 65536 * 5, 2147483647], [-32768, 5, 32767]],
    ['32-bit float', 3, 32, [-1, 0.5, 1, 2], [-32768, 16384, 32767, 32767]],
    ['64-bit float', 3, 64, [-0.25, Number.NaN], [-8192, 0]],
  ] as const)('of %s gives 16-bit numbers exactly', (_, code, bits, samples, expected) => {
    const sound = readWav(wavFile({ code, bits, samples }));
    expect(sound && to16Bits(mono(sound))).toEqual(expected);
    expect(sound?.sampleRate).toBe(16000);
  });

  it('of two channels gives their mean', () => {
    const sound = readWav(wavFile({ channels: 2, samples: [100, 200, -100, 100] }));
    expect(sound?.channels).toHaveLength(2);
    expect(sound && to16Bits(mono(sound))).toEqual([150, 0]);
  });

  it('states its kind also in the extended form', () => {
    const sound = readWav(wavFile({ code: 3, bits: 32, samples: [0.5], extensible: true }));
    expect(sound && to16Bits(mono(sound))).toEqual([16384]);
  });

  it('is read past chunks that are not understood, and of odd length', () => {
    const sound = readWav(wavFile({ samples: [7], before: [['LIST', Uint8Array.of(1, 2, 3)]] }));
    expect(sound && to16Bits(mono(sound))).toEqual([7]);
  });

  it('that was cut off gives the samples that are there', () => {
    const whole = wavFile({ samples: [1, 2, 3] });
    const sound = readWav(whole.subarray(0, whole.length - 3));
    expect(sound && to16Bits(mono(sound))).toEqual([1]);
  });

  it('of another codec is left to the browser', () => {
    expect(readWav(wavFile({ code: 6, bits: 8, samples: [1] }))).toBeUndefined();
  });

  it.each([
    ['no samples', wavFile({ samples: [] })],
    ['no header', wavFile({ samples: [1] }).subarray(0, 20)],
    ['no channels', wavFile({ samples: [1], channels: 0 })],
  ])('with %s is refused', (_, bytes) => {
    expect(() => readWav(bytes)).toThrow(RangeError);
  });

  it('is told from other files', () => {
    expect(isWav(wavFile({ samples: [1] }))).toBe(true);
    expect(isWav(new TextEncoder().encode('1,2,3'))).toBe(false);
  });
});
