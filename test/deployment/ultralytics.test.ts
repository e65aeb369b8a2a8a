import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonLiteral } from '../../src/deployment/python-literal.js';
import { readUltralyticsMetadata, readUltralyticsProperties } from '../../src/deployment/ultralytics.js';

describe('A Python literal', () => {
  it.each([
    '',
    '{',
    '[1',
    "'open",
    "'line\nbreak'",
    '{1}',
    '{1: 2 3: 4}',
    '[1 2]',
    '1 2',
    'true',
    'os.system("x")',
    "'\\q'",
    '[1,,2]',
    '['.repeat(100_000),
  ])('is not %j', (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined();
  });

  it.each([
    ['12', 12],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['True', true],
    ['None', null],
    ["'it\\'s'", "it's"],
    [`"it's"`, "it's"],
    ["'\\xe9\\u00e9\\n\\\\'", '\u00e9\u00e9\n\\'],
    ['[1, (2, 3,), []]', [1, [2, 3], []]],
    [
      " {'a': 1, 2: {}} ",
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Map()],
      ]),
    ],
  ])('is %j', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      "'",
      '"',
      '\\',
      ':',
      ',',
      '1',
      'True',
      ' ',
      '\\x4',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        parsePythonLiteral(parts.join(''));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('Notes of the exporter', () => {
  it('are read from a Python dict', () => {
    const text =
      "{'description': 'A \"model\"', 'task': 'detect', 'imgsz': [224, 224], 'names': {0: 'cat', 1: \"dog's\"}}";
    expect(readUltralyticsMetadata(text)).toEqual({ task: 'detect', names: ['cat', "dog's"] });
  });

  it('are read from JSON', () => {
    const text = '{"task": "classify", "names": {"0": "cat", "1": "dog"}, "args": {"half": false}}';
    expect(readUltralyticsMetadata(text)).toEqual({ task: 'classify', names: ['cat', 'dog'] });
  });

  it('are read from the properties of an ONNX model, whose version is a text, not a number', () => {
    const properties = new Map([
      ['names', "{0: 'cat'}"],
      ['task', 'detect'],
      ['stride', '32'],
      ['version', '8.3'],
      ['imgsz', '[640, 640]'],
    ]);
    expect(readUltralyticsProperties(properties)).toEqual({
      task: 'detect',
      names: ['cat'],
      stride: 32,
      version: '8.3',
    });
  });

  it.each(['', 'cat\ndog', '12', '{}', "{'author': 'me'}", '[]'])('are not found in %j', (text) => {
    expect(readUltralyticsMetadata(text)).toBeUndefined();
  });

  it.each([
    ["{0: 'cat', 1: 'dog'}", ['cat', 'dog']],
    ["['cat', 'dog']", ['cat', 'dog']],
    ['["cat", "dog"]', ['cat', 'dog']],
    ["{1: 'cat', 0: 'dog'}", ['dog', 'cat']],
  ])('give the names in the order of the classes: %s', (text, names) => {
    expect(readUltralyticsProperties(new Map([['names', text]]))?.names).toEqual(names);
  });

  it.each(["{0: 'cat', 2: 'dog'}", '[1, 2]', '{}', '[]', 'cat', '{0: 1}'])('give no names for %s', (text) => {
    expect(readUltralyticsProperties(new Map([['names', text]]))).toBeUndefined();
  });
});
