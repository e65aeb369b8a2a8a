import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/cli/json.js';
import { alignColumns, byteSize, counted, nameValueLines, printable, textWidth } from '../../src/cli/text.js';

describe('printable', () => {
  it('lets no control character, escape sequence or direction mark reach the terminal', () => {
    expect(printable('\u001b[31mred\u001b[0m\r\n\u202e\u0000')).toBe(
      '\\u{1b}[31mred\\u{1b}[0m\\u{d}\\u{a}\\u{202e}\\u{0}',
    );
  });

  it('leaves every script alone', () => {
    expect(printable('Grüße 日本語 😀')).toBe('Grüße 日本語 😀');
  });
});

it.each([
  ['abc', 3],
  ['é', 1],
  ['日本', 4],
  ['😀', 2],
  ['\u001b[1mbold\u001b[22m', 4],
])('textWidth(%j) is %i', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

it('alignColumns pads to the widest cell, in columns of the terminal', () => {
  expect(
    alignColumns(
      [
        ['日本', '1.5'],
        ['cup', '10.25'],
      ],
      ['left', 'right'],
    ),
  ).toEqual(['日本    1.5', 'cup   10.25']);
});

it('nameValueLines keeps the column of a value of several lines', () => {
  expect(
    nameValueLines([
      ['a', 'one\ntwo'],
      ['longer', 'three'],
    ]),
  ).toEqual(['  a       one', '          two', '  longer  three']);
});

it('counted knows one from many', () => {
  expect([counted(1, 'object'), counted(0, 'object'), counted(2, 'object')]).toEqual([
    '1 object',
    '0 objects',
    '2 objects',
  ]);
});

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [54_477, '53.2 KiB'],
  [8 * 2 ** 30, '8.0 GiB'],
])('byteSize(%i) is %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

it('toJson takes typed arrays and 64-bit integers', () => {
  const value = { data: new BigInt64Array([1n, -(2n ** 62n)]), bytes: new Uint8Array([1, 2]) };
  expect(JSON.parse(toJson(value))).toEqual({ data: [1, '-4611686018427387904'], bytes: [1, 2] });
});
