import { describe, expect, it } from 'vitest';
import { readNumbers } from '../../src/web/numbers.js';

const values = (text: string) => readNumbers(text).values;

describe('numbers that are pasted', () => {
  it.each([
    ['commas and blanks', '1, 2 3,4', [1, 2, 3, 4]],
    ['line ends', '1\n2\r\n3\n', [1, 2, 3]],
    ['signs, fractions and exponents', '-1.5, +.25, 2e3, 7.', [-1.5, 0.25, 2000, 7]],
    ['colours', '0x383e42, 0xFFFFFF', [0x383e42, 0xffffff]],
    ['brackets of C', '{ 1.0f, 2.5f };', [1, 2.5]],
    ['a JSON array', '[1, 2.5,\n-3]', [1, 2.5, -3]],
    ['rows of a JSON array', '[[1, 2], [3, 4]]', [1, 2, 3, 4]],
    ['what impulse features prints', '{"features": [1, 2]}', [1, 2]],
    ['a data acquisition file', '{"payload": {"interval_ms": 10, "values": [[1, 2], [3, 4]]}}', [1, 2, 3, 4]],
    ['nothing', '  ', []],
  ])('are read: %s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it.each([
    ['1, 2, x', 'Line 1: “x” is not a number.'],
    ['1\n2 NaN', 'Line 2: “NaN” is not a number.'],
    ['[1, "2"]', 'Number 2 of the JSON is "2".'],
    ['{"a": 1}', 'The JSON holds no array of numbers.'],
  ])('are refused with their place: %s', (text, message) => {
    expect(() => readNumbers(text)).toThrow(message);
  });
});

describe('a table of samples', () => {
  it('is read row by row, without its row of names', () => {
    const { values, notes } = readNumbers('accX,accY\n1,2\n3,4\n');
    expect(values).toEqual([1, 2, 3, 4]);
    expect(notes).toEqual(['the row of names was skipped']);
  });

  it.each(['timestamp', 'time', 'Time (ms)', '"t"'])('is read without its column of times, %s', (name) => {
    const { values, notes } = readNumbers(`${name},x,y\n0,1,2\n10,3,4`);
    expect(values).toEqual([1, 2, 3, 4]);
    expect(notes[1]).toMatch(/^the column .* was left out$/);
  });

  it('keeps a first column that is no time', () => {
    expect(values('temperature;y\n1;2')).toEqual([1, 2]);
  });
});
