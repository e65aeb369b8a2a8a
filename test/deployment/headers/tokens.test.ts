import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../src/deployment/headers/tokens.js';
import { tokenize } from '../../../src/deployment/headers/tokens.js';
import { DeploymentError } from '../../../src/errors.js';
import { cString } from '../../fixtures/library-headers.js';

const texts = (source: string): string[] => tokenize(source).map(({ text }) => text);

function messageOf(source: string): string {
  try {
    tokenize(source, 'model_metadata.h');
  } catch (error) {
    if (error instanceof DeploymentError && error.code === 'ERR_METADATA_INVALID') return error.message;
    throw error;
  }
  return 'no error';
}

describe('What can be no header', () => {
  it.each([
    ['a string that never ends', '\n\nconst char* a = "abc;\n', 'line 3: a string never ends'],
    ['a string cut off by the end', '"abc', 'line 1: a string never ends'],
    ['a string that ends in a backslash', '"abc\\', 'line 1: a string never ends'],
    ['a character that never ends', "int a = 'x;\n", 'line 1: a character literal never ends'],
    ['a comment that never ends', 'int a; /* and so on', 'line 1: a comment never ends'],
    ['a control character', 'int \u0001;', 'line 1: unexpected character "\\u0001"'],
    ['a lone backslash', 'int a \\ b;', 'line 1: unexpected character "\\\\"'],
    ['an escape of more than a byte', '"\\x1ff"', 'line 1: an escape is more than one byte'],
    ['an escape without digits', '"\\xg"', 'line 1: \\x without digits'],
    ['a short Unicode escape', '"\\u12"', 'line 1: expected 4 hexadecimal digits after \\u'],
    ['a Unicode escape beyond Unicode', '"\\U00110000"', 'line 1: expected 8 hexadecimal digits after \\U'],
  ])('%s is refused with its line', (_, source, problem) => {
    expect(messageOf(source)).toBe(`model_metadata.h, ${problem}.`);
  });
});

describe('Tokens', () => {
  it('are words, numbers, strings and marks', () => {
    expect(tokenize('a_1->b = 0x1F + 1.5e-3f; // end')).toMatchObject([
      { kind: 'identifier', text: 'a_1' },
      { kind: 'punctuation', text: '->' },
      { kind: 'identifier', text: 'b' },
      { kind: 'punctuation', text: '=' },
      { kind: 'number', text: '0x1F' },
      { kind: 'punctuation', text: '+' },
      { kind: 'number', text: '1.5e-3f' },
      { kind: 'punctuation', text: ';' },
    ]);
  });

  it('leave comments out, but not what looks like one in a string', () => {
    expect(texts('a /* b */ c // d\n"e // f /* g */" \'"\'')).toEqual(['a', 'c', 'e // f /* g */', '"']);
  });

  it('take the longest mark', () => {
    expect(texts('a<<=b>>c...d::e&&f')).toEqual([
      'a',
      '<<=',
      'b',
      '>>',
      'c',
      '...',
      'd',
      '::',
      'e',
      '&&',
      'f',
    ]);
  });

  it('know where a sign belongs to a number', () => {
    expect(texts('1e-5 0xE-1 0x1p+3 1-2')).toEqual(['1e-5', '0xE', '-', '1', '0x1p+3', '1', '-', '2']);
  });

  it('continue over line ends with a backslash', () => {
    expect(texts('a \\\n b \\\r\n "c\\\nd"')).toEqual(['a', 'b', 'cd']);
  });

  it('drop the prefixes of strings', () => {
    expect(texts('u8"a" L"b" u"c" x"d"')).toEqual(['a', 'b', 'c', 'x', 'd']);
  });

  it('decode escapes, bytes as UTF-8', () => {
    expect(texts('"\\"\\\\\\n\\t\\x41\\101\\u00e9\\U0001F600\\xc3\\xbc\\?"')).toEqual(['"\\\n\tAAé😀ü?']);
  });

  it('skip the mark that some editors put first', () => {
    expect(texts('\ufeffint a;')).toEqual(['int', 'a', ';']);
  });
});

describe('Round trips', () => {
  it('any string, written as C writes it, comes back', () => {
    const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\r'));
    fc.assert(
      fc.property(plain, (text) => {
        expect(tokenize(cString(text))).toEqual([{ kind: 'string', text, at: 0 }]);
      }),
    );
  });

  it('tokens, written with spaces between them, come back', () => {
    const token = fc.oneof(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).map((text) => ({ kind: 'identifier', text })),
      fc
        .stringMatching(/^(0x[0-9a-f]{1,4}|[0-9]{1,5}(\.[0-9]{1,3})?f?)$/)
        .map((text) => ({ kind: 'number', text })),
      fc
        .constantFrom('{', '}', '(', ')', ';', ',', '==', '<<', '->', '&')
        .map((text) => ({ kind: 'punctuation', text })),
      fc.string().map((text) => ({ kind: 'string', text })),
    );
    const write = ({ kind, text }: { kind: string; text: string }): string =>
      kind === 'string' ? cString(text) : text;
    fc.assert(
      fc.property(fc.array(token), fc.constantFrom(' ', '\n', ' /* , */ ', ' // ;\n'), (tokens, space) => {
        const read = tokenize(tokens.map(write).join(space) + space).map(({ kind, text }: Token) => ({
          kind,
          text,
        }));
        // Words that are prefixes of strings vanish only where they touch one, which a space prevents.
        expect(read).toEqual(tokens);
      }),
    );
  });

  it('any text gives tokens or a typed error', () => {
    const pieces = fc.constantFrom(
      '"',
      "'",
      '\\',
      '/*',
      '*/',
      '//',
      '\n',
      '#',
      '0x',
      'a',
      '{',
      '}',
      '1e',
      '\0',
      'é',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((list) => list.join('')),
    );
    fc.assert(fc.property(text, (source) => void messageOf(source)));
  });
});
