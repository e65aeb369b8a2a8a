import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macrosOf } from '../../../src/deployment/headers/macros.js';
import {
  enumOf,
  fieldsOfValue,
  numberDefine,
  numberOf,
  numbersOf,
  stringDefine,
  stringOf,
  variableOf,
} from '../../../src/deployment/headers/query.js';
import type { Headers } from '../../../src/deployment/headers/read-headers.js';
import { readHeaders } from '../../../src/deployment/headers/read-headers.js';
import type { HeaderValue } from '../../../src/deployment/headers/values.js';
import { DeploymentError } from '../../../src/errors.js';
import { cString } from '../../fixtures/library-headers.js';

const read = (text: string): Headers => readHeaders([{ name: 'a.h', text }], macrosOf({ SDK_CONSTANT: 7 }));
const valueIn = (text: string, name = 'x'): HeaderValue | undefined => read(text).variables.get(name)?.value;
const named = (name: string): HeaderValue => ({ kind: 'name', name });

function errorOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DeploymentError && error.code === 'ERR_METADATA_INVALID') return error.message;
    throw error;
  }
  return 'no error';
}

describe('Declarations that can not be read', () => {
  it.each([
    ['a brace that never closes', 'int x[] = { 1, 2', 'a.h, line 1: this brace is never closed.'],
    ['a struct that never closes', 'typedef struct { int a;', 'a.h, line 1: this struct is never closed.'],
    ['a function that never ends', 'int f() {\n int a;', 'a.h, line 1: this brace is never closed.'],
    ['two values without comma', 'int x[] = { { 1 } { 2 } };', "a.h, line 1: expected ',' or '}'."],
    ['a designator without value', 'a_t x = { .a };', "a.h, line 1: expected '.name = value'."],
    [
      'braces in braces in braces',
      `int x = ${'{'.repeat(100_000)}`,
      'a.h, line 1: braces lie more than 64 deep.',
    ],
  ])('%s', (_, text, message) => {
    expect(errorOf(text)).toBe(message);
  });

  it('a header of many megabytes', () => {
    expect(errorOf(`// ${'x'.repeat(9 * 1024 ** 2)}`)).toMatch(/a\.h holds 9437187 characters/);
  });
});

describe('Values', () => {
  it.each<[string, HeaderValue]>([
    ['int x = 3;', { kind: 'number', value: 3 }],
    ['const float x = -1.5f;', { kind: 'number', value: -1.5 }],
    ['const char* x = "a" "b";', { kind: 'string', text: 'ab' }],
    ['void *x = NULL;', { kind: 'null' }],
    ['f_t *x = nullptr;', { kind: 'null' }],
    ['bool x = true;', { kind: 'number', value: 1 }],
    ['void *x = (void*)&y;', { kind: 'name', name: 'y' }],
    ['void *x = (const some_t *) y;', { kind: 'name', name: 'y' }],
    ['a_t& x = ns::y;', { kind: 'name', name: 'y' }],
    ['int x = SDK_CONSTANT;', { kind: 'name', name: 'SDK_CONSTANT' }],
    ['int x = (16000/4) + SDK_CONSTANT;', { kind: 'number', value: 4007 }],
    ['#define NAME "b"\nconst char *x = "a" NAME;', { kind: 'string', text: 'ab' }],
    ['h_t x = h_t( &y, nullptr );', { kind: 'call', callee: 'h_t', values: [named('y'), { kind: 'null' }] }],
    ['int x = f(1) + g;', { kind: 'other', text: 'f ( 1 ) + g' }],
    ['int x {4};', { kind: 'list', items: [{ kind: 'number', value: 4 }] }],
    ['int x[] = {};', { kind: 'list', items: [] }],
  ])('%s', (text, expected) => {
    expect(valueIn(text)).toEqual(expected);
  });

  it('are positional, designated and nested', () => {
    const value = valueIn(
      `a_t x[2] = { { .name = "Image", .axis = 0, }, { ( float[3] ) { 1, 2, 3 }, 0.5 }, };`,
    );
    expect(value).toEqual({
      kind: 'list',
      items: [
        {
          kind: 'record',
          fields: new Map<string, HeaderValue>([
            ['name', { kind: 'string', text: 'Image' }],
            ['axis', { kind: 'number', value: 0 }],
          ]),
        },
        {
          kind: 'list',
          items: [
            { kind: 'list', items: [1, 2, 3].map((number) => ({ kind: 'number', value: number })) },
            { kind: 'number', value: 0.5 },
          ],
        },
      ],
    });
  });
});

it('Fields with names count, where GNU C++ lets others stand between', () => {
  expect(valueIn('a_t x = { .a = 1, NULL, NULL, .b = 2 };')).toEqual({
    kind: 'record',
    fields: new Map<string, HeaderValue>([
      ['a', { kind: 'number', value: 1 }],
      ['b', { kind: 'number', value: 2 }],
    ]),
  });
});

describe('Enumerations', () => {
  const ENGINES = {
    prefix: 'E_',
    byName: new Map([
      ['AKIDA', 'Akida'],
      ['SYNTIANT', 'Syntiant'],
    ]),
    byNumber: new Map([
      [9, 'Akida'],
      [10, 'Syntiant'],
    ]),
  };
  const headers = read(`#define E_SYNTIANT 9
#define ENGINE E_SYNTIANT
#define OTHER (9)
#define LOOP LOOP
const int x = E_AKIDA;`);

  it.each([
    ['ENGINE', 'Syntiant'],
    ['E_AKIDA', 'Akida'],
    ['OTHER', 'Akida'],
    ['LOOP', undefined],
    ['E_NONE', undefined],
  ])('%s is %s: a name counts before a number', (name, expected) => {
    expect(enumOf(headers, named(name), ENGINES)).toBe(expected);
  });

  it('may be bare numbers', () => {
    expect(enumOf(headers, { kind: 'number', value: 10 }, ENGINES)).toBe('Syntiant');
    expect(enumOf(headers, undefined, ENGINES)).toBeUndefined();
  });
});

describe('Names', () => {
  it.each([
    ['ALIGN(16) const unsigned char x[] = {1};', 'x', 'char'],
    ['const unsigned char x[] ALIGN(16) = {1};', 'x', 'char'],
    ['const unsigned char x[] DEFINE_SECTION(".a[0]") ALIGN(16) = {1};', 'x', 'char'],
    ['__attribute__((unused)) static const char *x[] = { "none" };', 'x', 'char'],
    ['EI_CLASSIFIER_DSP_AXES_INDEX_TYPE x[] = { 0 };', 'x', 'EI_CLASSIFIER_DSP_AXES_INDEX_TYPE'],
    ['const uint32_t x = 1, y = 2;', 'x', 'uint32_t'],
    ['static constexpr ei_impulse_t x = { .a = 1 };', 'x', 'ei_impulse_t'],
    ['namespace g0 { extern "C" { int x = 1; } }', 'x', 'int'],
    ['int f(int a) { return "}"; }\nint x = 1;', 'x', 'int'],
    ['template <class T> struct S { T t; };\nint x = 1;', 'x', 'int'],
    ['enum e { A = 1, B };\nint x = 1;', 'x', 'int'],
    ['class C : public D { int y = 2; void f() {} };\nint x = 1;', 'x', 'int'],
    ['struct x_t x = { 1 };', 'x', 'x_t'],
  ])('are found in %s', (text, name, type) => {
    expect(read(text).variables.get(name)).toMatchObject({ name, type });
  });

  it('declared twice count as first declared', () => {
    expect(valueIn('int x = 1; int x = 2;')).toEqual({ kind: 'number', value: 1 });
  });

  it('stand for other variables, in any number of steps that ends', () => {
    const headers = read('a_t x = { .n = 5 }; a_t& y = x; auto z = y; int p = q; int q = p;');
    expect(variableOf(headers, named('z'))?.name).toBe('x');
    expect(numberOf(headers, fieldsOfValue(headers, named('z'))?.get('n'))).toBe(5);
    expect(numberOf(headers, named('p'))).toBeUndefined();
  });

  it('of included files are kept', () => {
    expect(read('INCBIN(incbin_x, "tflite-model/x.tflite");').inclusions).toEqual([
      { name: 'incbin_x', path: 'tflite-model/x.tflite' },
    ]);
  });
});

describe('Structs', () => {
  const text = `typedef struct {
    uint32_t block_id;
    const char * channels;
    float scale[3];
    int:0;
    std::tuple<int, int> last;
    TfLiteStatus (*model_init)(void*(*alloc)(size_t, size_t));
    struct { int inner; } nested;
    bool flag = false;
} some_t;
some_t x = { 7, "RGB", { 1, 2, 3 } };`;

  it('give their fields in order, with types', () => {
    expect(read(text).structs.get('some_t')).toEqual([
      { name: 'block_id', type: 'uint32_t' },
      { name: 'channels', type: 'char' },
      { name: 'scale', type: 'float' },
      { name: 'last', type: 'int' },
      { name: 'model_init', type: 'function' },
      { name: 'nested', type: 'struct' },
      { name: 'flag', type: 'bool' },
    ]);
  });

  it('name the values of positional initialisers', () => {
    const headers = read(text);
    const fields = fieldsOfValue(headers, named('x'));
    expect(numberOf(headers, fields?.get('block_id'))).toBe(7);
    expect(stringOf(headers, fields?.get('channels'))).toBe('RGB');
    expect(numbersOf(headers, fields?.get('scale'))).toEqual([1, 2, 3]);
    expect(fields?.get('flag')).toBeUndefined();
  });
});

describe('Defines', () => {
  const headers = read(`#define COUNT 9216 
#define TOTAL (COUNT * FRAMES)
#define FRAMES 2
#define NAME "a \\"b\\" // c"
#define BOTH NAME " d"
#define CALL(x) x
#define SELF SELF`);

  it.each([
    ['COUNT', 9216],
    ['TOTAL', 18432],
    ['NAME', undefined],
    ['CALL', undefined],
    ['SELF', undefined],
    ['NONE', undefined],
    ['SDK_CONSTANT', 7],
  ])('%s is the number %s', (name, expected) => {
    expect(numberDefine(headers, name)).toBe(expected);
  });

  it.each([
    ['NAME', 'a "b" // c'],
    ['BOTH', 'a "b" // c d'],
    ['COUNT', undefined],
    ['CALL', undefined],
  ])('%s is the text %s', (name, expected) => {
    expect(stringDefine(headers, name)).toBe(expected);
  });
});

it('Any labels come back', () => {
  const label = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\r'));
  fc.assert(
    fc.property(fc.array(label), (labels) => {
      const headers = read(`const char* x[] = { ${labels.map(cString).join(', ')} };`);
      const value = headers.variables.get('x')?.value;
      expect(value?.kind === 'list' && value.items.map((item) => stringOf(headers, item))).toEqual(labels);
    }),
  );
});

it('Any numbers come back', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (numbers) => {
      const headers = read(`const double x[] = { ${numbers.join(', ')} };`);
      expect(numbersOf(headers, named('x'))).toEqual(numbers.map((number) => number + 0));
    }),
  );
});

it('Any pieces of C give declarations or a typed error', () => {
  const piece = fc.constantFrom(
    ...[
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '=',
      ';',
      ',',
      '.',
      '&',
      '*',
      'x',
      'struct',
      'typedef',
      'int',
      '"s"',
      '1',
      '"',
      '#',
    ],
    ...[
      '#if 1\n',
      '#endif\n',
      '#define x y\n',
      'namespace',
      'extern "C"',
      'INCBIN',
      '// c\n',
      '/*',
      '*/',
      '\n',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => void errorOf(pieces.join(' '))),
    { numRuns: 1000 },
  );
});
