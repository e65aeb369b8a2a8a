import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayIndex, takeByteArrays } from '../../../src/deployment/headers/byte-arrays.js';
import { DeploymentError } from '../../../src/errors.js';
import { array } from '../../fixtures/deployment-writer.js';

const take = (text: string): ReturnType<typeof takeByteArrays> =>
  takeByteArrays(Buffer.from(text), 'model.h');
const counting = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
const decimal = (bytes: Uint8Array, separator = ', '): string => [...bytes].join(separator);

describe('Arrays that are left to the ordinary reader', () => {
  it.each([
    ['short ones', `x[] = { ${decimal(counting.subarray(0, 255))} };`],
    ['floats', `x[] = { ${Array(300).fill('1.5').join(', ')} };`],
    ['numbers above 255', `x[] = { ${Array(300).fill('256').join(', ')} };`],
    ['negative numbers', `x[] = { ${Array(300).fill('-1').join(', ')} };`],
    ['octal numbers', `x[] = { ${Array(300).fill('07').join(', ')} };`],
    ['names', `x[] = { ${Array(300).fill('A').join(', ')} };`],
    ['rows', `x[] = { { ${decimal(counting)} }, { 1 } };`],
    ['numbers without commas', `x[] = { ${decimal(counting, ' ')} };`],
    ['what no = precedes', `struct x { ${decimal(counting)} };`],
    ['what stands in a comment', `/* x[] = { ${decimal(counting)} } */ // y[] = { ${decimal(counting)} }`],
    ['what stands in a string', `"x[] = { ${decimal(counting)} }"`],
  ])('%s', (_, text) => {
    expect(take(text)).toEqual({ text, arrays: [] });
  });
});

it('An array that the end of the file cuts off is refused, wherever it is cut', () => {
  const text = array('x', '', counting);
  const end = text.indexOf('}');
  for (const cut of [end, end - 1, end - 2, end - 4, text.lastIndexOf('0xfe') + 1, text.length / 2]) {
    expect(() => take(text.slice(0, cut))).toThrow(DeploymentError);
    expect(() => take(text.slice(0, cut))).toThrow(/model\.h ends within an array, after \d+ bytes/);
  }
});

describe('Arrays that are taken out', () => {
  it.each([
    ['hexadecimal bytes, 12 a line', array('x', ' ALIGN(16)', counting)],
    ['upper case', `x[] = {${[...counting].map((byte) => `0X${byte.toString(16).toUpperCase()}`).join()}};`],
    ['decimal bytes', `x[] = { ${decimal(counting)} };`],
    ['a comma at the end', `x[]={${decimal(counting, ',')},};`],
    [
      'comments between',
      `x[] = /* { */ { /* [0]= */ ${decimal(counting, ', // }\n /* 0x12, */')} /* end */ };`,
    ],
    ['tabs and carriage returns', `x[] = {\r\n\t${decimal(counting, ',\r\n\t')}\r\n};`],
  ])('%s', (_, text) => {
    const taken = take(text);
    expect(taken.arrays).toEqual([counting]);
    expect(taken.text).toMatch(/^(const unsigned char )?x\[\].*\{byte_array_0_of_this_header\}/s);
    expect(taken.text.length).toBeLessThan(150);
  });

  it('leave the rest of the header as it is, and their order', () => {
    const { text, arrays } = take(
      `int a = 1; "ü{=" ${array('x', '', counting)}${array('y', '', counting.subarray(0, 300), 7)}end`,
    );
    expect(text).toBe(
      'int a = 1; "ü{=" const unsigned char x[] = {byte_array_0_of_this_header};\nunsigned int x_len = 1000;\n' +
        'const unsigned char y[] = {byte_array_1_of_this_header};\nunsigned int y_len = 7;\nend',
    );
    expect(arrays.map(({ length }) => length)).toEqual([1000, 300]);
  });
});

it('A placeholder is known by its exact name', () => {
  expect(arrayIndex('byte_array_12_of_this_header')).toBe(12);
  expect(arrayIndex('byte_array_of_this_header')).toBeUndefined();
  expect(arrayIndex('xbyte_array_1_of_this_header')).toBeUndefined();
});

it('Any bytes, written in any way, come back', () => {
  const written = fc.tuple(
    fc.uint8Array({ minLength: 256, maxLength: 400 }),
    fc.constantFrom('0x', ''),
    fc.constantFrom(',', ', ', ',\n  ', ' , /* x */ '),
  );
  fc.assert(
    fc.property(written, ([bytes, prefix, separator]) => {
      const text = [...bytes].map((byte) => prefix + byte.toString(prefix === '' ? 10 : 16)).join(separator);
      expect(take(`x[] = {${text}};`).arrays).toEqual([bytes]);
    }),
  );
});

it('Any text gives itself back, or a typed error', () => {
  const piece = fc.constantFrom(
    '= {',
    '0x1, ',
    '1,',
    '}',
    '"',
    "'",
    '/*',
    '*/',
    '//',
    '\n',
    '\\',
    'ü',
    '0x',
    ',',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 600, size: 'max' }), (pieces) => {
      const text = pieces.join('');
      const { arrays, text: left } = take(text);
      if (arrays.length === 0) expect(left).toBe(text);
    }),
  );
});
