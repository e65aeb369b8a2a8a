import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFeatures, parseFeatures } from '../../src/preprocess/features-text.js';
import { refusal } from './refusal.js';

it('writes features as the studio does', () => {
  expect(formatFeatures([0xddddd1, 0, 0xff, 0xffffff])).toBe('0xddddd1, 0x000000, 0x0000ff, 0xffffff');
});

describe('reads', () => {
  it.each<[string, string, number[]]>([
    ['what the studio copies', '0xddddd1, 0xddded1, 0x0, 0xdbdcce', [0xddddd1, 0xddded1, 0, 0xdbdcce]],
    ['capital digits', '0xABCDEF,0Xabcdef', [0xabcdef, 0xabcdef]],
    ['samples of a signal', '-19.8800, -0.6900, 8.2300, .5, 3., 1e-3', [-19.88, -0.69, 8.23, 0.5, 3, 1e-3]],
    ['colours as decimal numbers', '14540241,0', [14540241, 0]],
    ['lines', '1\n2\r\n3\n', [1, 2, 3]],
    ['rows of a table', '1, 2, 3\n4, 5, 6\n', [1, 2, 3, 4, 5, 6]],
    ['blanks and tabs', '  1 2\t3  ', [1, 2, 3]],
    ['a comma at the end', '1, 2,\n', [1, 2]],
    ['a JSON array', '[1, 2.5, -3e2]', [1, 2.5, -300]],
    ['the JSON of impulse features', '{"features":[1,2]}\n', [1, 2]],
    ['an array of C', '{ 0x10, 1.5f,\n  2.0f };', [16, 1.5, 2]],
    ['a byte order mark', '\ufeff1,2', [1, 2]],
    ['one number', '7', [7]],
  ])('%s', (_, text, expected) => expect(parseFeatures(text)).toEqual(expected));

  it('every number that is printed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        fc.constantFrom(', ', ',', '\n', ' ', ' ,\t'),
        (values, separator) => {
          const plain = values.map((value) => value + 0);
          expect(parseFeatures(plain.map(String).join(separator))).toEqual(plain);
        },
      ),
    );
  });

  it('every colour that is written', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffff), { minLength: 1 }), (colours) => {
        expect(parseFeatures(formatFeatures(colours))).toEqual(colours);
      }),
    );
  });
});

describe('refuses, with the place', () => {
  it.each([
    ['nothing', '', 'ERR_INPUT_LENGTH', 'no number'],
    ['blank lines', ' \n\n', 'ERR_INPUT_LENGTH', 'no number'],
    ['an empty array', '[]', 'ERR_INPUT_LENGTH', 'no number'],
    ['a word', '1, 2,\n3, four', 'ERR_INPUT_TYPE', "number 4 (line 2, column 4) is 'four'"],
    ['a missing number', '1,,2', 'ERR_INPUT_TYPE', 'number 2 (line 1, column 3) is missing'],
    ['a comma before all', ', 1', 'ERR_INPUT_TYPE', 'number 1 (line 1, column 1) is missing'],
    ['NaN', '1, NaN', 'ERR_INPUT_NOT_FINITE', 'number 2 (line 1, column 4)'],
    ['infinity', '1\n-inf', 'ERR_INPUT_NOT_FINITE', 'number 2 (line 2, column 1)'],
    ['more than a number can be', '1e999', 'ERR_INPUT_NOT_FINITE', 'number 1'],
    ['a colour of the web', '#ffffff', 'ERR_INPUT_TYPE', "'#ffffff'"],
    ['half a colour', '0x', 'ERR_INPUT_TYPE', "'0x'"],
    ['digits that are none', '0xfg', 'ERR_INPUT_TYPE', "'0xfg'"],
    ['semicolons', '1;2', 'ERR_INPUT_TYPE', "'1;2'"],
    ['other JSON', '{"values": [1]}', 'ERR_INPUT_TYPE', 'number 1'],
    ['arrays in arrays', '[[1, 2], [3]]', 'ERR_INPUT_TYPE', 'number 1'],
  ])('%s', async (_, text, code, words) => {
    const error = await refusal(() => parseFeatures(text));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('any text at all: numbers or a typed error', async () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0x1f, \n[]{}e.-;"') }), (text) => {
        try {
          for (const value of parseFeatures(text)) expect(Number.isFinite(value)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'InputError' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
