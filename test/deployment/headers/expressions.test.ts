import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/deployment/headers/expressions.js';
import { tokenize } from '../../../src/deployment/headers/tokens.js';

const KNOWN = new Map([
  ['COUNT', 16000],
  ['RATE', 62.5],
]);
const value = (source: string): number | undefined => evaluate(tokenize(source), (name) => KNOWN.get(name));

describe('What is no constant has no value', () => {
  it.each([
    '',
    'UNKNOWN',
    '1 2',
    '1 +',
    '(1',
    '1)',
    '"1"',
    '1 / 0',
    '1 % 0',
    '1 ? 2',
    'f(1)',
    '08',
    '0xg',
    '1.2.3',
    '1 << 64',
    '1 << -1',
    'a.b',
    '*',
    'sizeof(int)',
  ])('%j', (source) => {
    expect(value(source)).toBeUndefined();
  });
});

describe('Values are those of C', () => {
  it.each([
    ['0x1F', 31],
    ['0b101', 5],
    ['017', 15],
    ["1'000'000", 1e6],
    ['42ULL', 42],
    ['0.02000f', 0.02],
    ['.5', 0.5],
    ['1e-3', 0.001],
    ['2.f', 2],
    ['-1', -1],
    ['- - 1', 1],
    ['!0 + !5', 1],
    ['~0', -1],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['7.0 / 2', 3.5],
    ['7 % 4', 3],
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['1 << 4 | 3 & 6 ^ 1', 19],
    ['-8 >> 1', -4],
    ['1 < 2 == 1', 1],
    ['1 && 0 || 2 >= 2', 1],
    ['0 ? 1 / 0 : 5', 5],
    ['1 ? 2 : 0 ? 3 : 4', 2],
    ["'A' + 1", 66],
    ['true + true', 2],
    ['(COUNT / 4)', 4000],
    ['RATE * 2', 125],
    ['(16000/4)', 4000],
    ['int((96 / 8) / 2 - 1)', 5],
    ['(int32_t)(COUNT / ((RATE > 0) ? RATE : 1)) * 1000', 256000],
    ['(float)7 / 2', 3.5],
    ['(uint8_t) 3.9', 3],
    ['(bool)17', 1],
    ['(unsigned int) 4', 4],
  ])('%s is %d', (source, expected) => {
    expect(value(source)).toBe(expected);
  });

  it('operators bind as in JavaScript, which has them from C', () => {
    const operator = fc.constantFrom('+', '-', '*', '<', '>', '<=', '>=', '==', '!=', '&', '|', '^');
    const operand = fc
      .tuple(fc.constantFrom('', '-', '+', '- - '), fc.integer({ min: 1, max: 7 }))
      .map((parts) => parts.join(''));
    const sum = fc
      .tuple(operand, fc.array(fc.tuple(operator, operand), { maxLength: 3 }))
      .map((parts) => parts.flat(2).join(' '));
    const nested = fc.tuple(
      sum,
      fc.array(
        fc.tuple(
          operator,
          sum.map((inner) => `(${inner})`),
        ),
        { maxLength: 3 },
      ),
    );
    fc.assert(
      fc.property(nested, (parts) => {
        const source = parts.flat(2).join(' ');
        // The text holds nothing but digits, brackets and operators.
        const expected = Number(new Function(`return ${source}`)());
        expect(value(source)).toBe(expected + 0);
      }),
      { numRuns: 500 },
    );
  });
});
