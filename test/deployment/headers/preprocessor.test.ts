import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Macros } from '../../../src/deployment/headers/macros.js';
import { macrosOf, WorkLimit } from '../../../src/deployment/headers/macros.js';
import { Preprocessor } from '../../../src/deployment/headers/preprocessor.js';
import { DeploymentError } from '../../../src/errors.js';

function read(text: string, macros: Macros = new Map()): string {
  const preprocessor = new Preprocessor({ name: 'a.h', text }, macros, new WorkLimit());
  const out: string[] = [];
  for (let token = preprocessor.next(); token !== undefined; token = preprocessor.next())
    out.push(token.text);
  return out.join(' ');
}

function errorOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DeploymentError && error.code === 'ERR_METADATA_INVALID') return error.message;
    throw error;
  }
  return 'no error';
}

describe('Directives that do not fit together', () => {
  it.each([
    ['an #if without end', 'a\n#if 1\nb', 'a.h, line 2: this #if has no #endif.'],
    ['an excluded #if without end', '#if 0\nb', 'a.h, line 1: this #if has no #endif.'],
    ['an inner #if without end', '#if 0\n#ifdef X\n#endif\n', 'a.h, line 1: this #if has no #endif.'],
    ['#endif alone', '#endif', 'a.h, line 1: #endif without #if.'],
    ['#else alone', '#else', 'a.h, line 1: #else without #if.'],
    ['#elif alone', '#elif 1', 'a.h, line 1: #elif without #if.'],
    ['two #else', '#if 1\n#else\n#else\n#endif', 'a.h, line 3: #else after #else.'],
    ['#elif after #else', '#if 0\n#else\n#elif 1\n#endif', 'a.h, line 3: #elif after #else.'],
    ['#if without expression', '#if\n#endif', 'a.h, line 1: this #if has no value.'],
    ['a bad expression', '#if 1 +\n#endif', 'a.h, line 1: this #if has no value.'],
    ['a division by zero', '#if 1 / 0\n#endif', 'a.h, line 1: this #if has no value.'],
    ['defined without name', '#if defined(\n#endif', "a.h, line 1: expected a name after 'defined'."],
    ['#define without name', '#define 3 4', 'a.h, line 1: expected a name.'],
  ])('%s', (_, text, message) => {
    expect(errorOf(text)).toBe(message);
  });
});

describe('Conditions', () => {
  it.each([
    ['#if 1\na\n#else\nb\n#endif', 'a'],
    ['#if 0\na\n#else\nb\n#endif', 'b'],
    ['#if 0\na\n#elif 1\nb\n#else\nc\n#endif d', 'b'],
    ['#if 1\na\n#elif 1\nb\n#else\nc\n#endif', 'a'],
    ['#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#endif', 'c'],
    ['#if 1\n#if 0\na\n#else\nb\n#endif\n#else\nc\n#endif', 'b'],
    ['#ifdef X\na\n#endif\n#ifndef X\nb\n#endif', 'b'],
    ['#define X\n#ifdef X\na\n#endif\n#undef X\n#ifdef X\nb\n#endif', 'a'],
    ['#if UNKNOWN == 0 && !OTHER\na\n#endif', 'a'],
    ['#define X 2\n#if defined X && defined(X) && !defined(Y) && X > 1\na\n#endif', 'a'],
    ['#if __has_include(<a.h>) || PROBE(1, 2)\na\n#else\nb\n#endif', 'b'],
    ['#define F(x) x\n#if F(1)\na\n#else\nb\n#endif', 'b'],
    ['#define A B\n#define B A\n#if A\na\n#else\nb\n#endif', 'b'],
    ['#define A 1 +\\\n 1\n#if A * 2 == 3 // as C does it: 1 + 1 * 2\na\n#endif', 'a'],
    ['#\n# define X 1 /* over\nlines */\n#pragma once\n#include <x>\n#line 3\na', 'a'],
  ])('%j leaves %j', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('do not look into excluded text, nor into messages', () => {
    const text = `#error EI's "engine
#warning 'EI_CLASSFIER_OBJECT_DETECTION_COUNT' is used
#if 0
it isn't C, "is it \`\\
#error "what /* comment
/* #endif
*/
#endif
a`;
    expect(read(text)).toBe('a');
  });

  it('see the engine of the flatbuffer, not the one that only a build option chooses', () => {
    const macros = macrosOf({ TFLITE: 2, FULL: 4 });
    read(
      `#define ENGINE TFLITE
#if ((ENGINE == TFLITE) ||      (ENGINE == 7)) &&      USE_FULL == 1
#undef ENGINE
#define ENGINE FULL
#endif`,
      macros,
    );
    expect(macros.get('ENGINE')?.tokens.map(({ text }) => text)).toEqual(['TFLITE']);
  });
});

describe('Headers that ask for too much', () => {
  it('nest #if only so deep', () => {
    expect(errorOf('#if 1\n'.repeat(1000))).toMatch(/line 257: #if lies more than 256 deep/);
    expect(errorOf('#if 0\n'.repeat(100_000))).toMatch(/#if lies more than 256 deep/);
  });

  it('define names that grow exponentially', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => `#define A${i} A${i + 1} + A${i + 1}\n`).join('');
    expect(errorOf(`${doubling}#if A0\n#endif`)).toMatch(/expand to more than 2000000 steps/);
  });

  it('define names through hundreds of others', () => {
    const chain = Array.from({ length: 500 }, (_, i) => `#define A${i} A${i + 1}\n`).join('');
    expect(errorOf(`${chain}#if A0\n#endif`)).toMatch(
      /The definition of A0 goes through more than 100 others/,
    );
  });

  it('evaluate a wide tree of names again and again', () => {
    const wide = `#define W ${'1 + '.repeat(100_000)}1\n`;
    expect(errorOf(wide + '#if W\n#endif\n'.repeat(1000))).toMatch(/more than 2000000 steps/);
  });

  it('nest parentheses and signs', () => {
    expect(errorOf(`#if ${'('.repeat(100_000)}1${')'.repeat(100_000)}\n#endif`)).toMatch(
      /this #if has no value/,
    );
    expect(errorOf(`#if ${'!'.repeat(100_000)}1\n#endif`)).toMatch(/this #if has no value/);
    expect(errorOf(`#if ${'1?'.repeat(100_000)}1\n#endif`)).toMatch(/this #if has no value/);
  });

  it('hold one number of a million digits', () => {
    expect(errorOf(`#if ${'1'.repeat(1_000_000)}z\n#endif`)).toMatch(/this #if has no value/);
  });
});

it('Any mixture of directives gives tokens or a typed error', () => {
  const line = fc.constantFrom(
    '#if 1',
    '#if 0',
    '#if A',
    '#ifdef A',
    '#ifndef A',
    '#elif B',
    '#else',
    '#endif',
    '#define A B',
    '#define B 1',
    '#undef A',
    'x',
    '#error "',
    '/*',
    '*/',
    '"',
  );
  fc.assert(fc.property(fc.array(line, { maxLength: 40 }), (lines) => void errorOf(lines.join('\n'))));
});
