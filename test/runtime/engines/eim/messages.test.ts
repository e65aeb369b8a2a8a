import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerSplitter, MalformedAnswer } from '../../../../src/runtime/engines/eim/messages.js';
import type { Request } from '../../../../src/runtime/engines/runner/protocol.js';
import { encodeRequest } from '../../../../src/runtime/engines/runner/protocol.js';

/** Text with everything that could be taken for structure, and characters of several bytes. */
const label = fc.string({ unit: fc.constantFrom('{', '}', '"', '\\', '\n', 'é', 'ậ', '🥤', 'x', '[') });
const answer = fc.record({
  id: fc.nat(),
  result: fc.dictionary(label, fc.oneof(label, fc.double({ noNaN: true }))),
});

/** Cuts bytes at the given places, taken modulo their number. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end));
}

describe('answers are cut out of the stream', () => {
  it('whatever their labels hold and wherever the pieces end', () => {
    fc.assert(
      fc.property(
        fc.array(answer),
        fc.array(fc.nat()),
        fc.constantFrom('\n\0', '\n', '\0', '', ' \r\n\t\0\0'),
        (answers, places, end) => {
          const bytes = Buffer.from(answers.map((one) => JSON.stringify(one) + end).join(''));
          const splitter = new AnswerSplitter();
          const found = cut(bytes, places).flatMap((piece) => splitter.push(piece));
          expect(found.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(answers)));
        },
      ),
    );
  });

  it('keeps what comes after an answer for the next', () => {
    const splitter = new AnswerSplitter();
    expect(splitter.push(Buffer.from('{"a":1}\n\0{"b"'))).toEqual(['{"a":1}']);
    expect(splitter.push(Buffer.from(':{"c":2}}'))).toEqual(['{"b":{"c":2}}']);
  });

  it.each([
    ['text', 'hello\n\0', /it sent "hello/],
    ['text after an answer', '{"id":1}\nhello', /it sent "hello/],
    ['a closing brace first', '}', /it sent "}"/],
    ['a number', '42\n', /it sent "42/],
    ['an answer that a NUL cuts off', '{"id":1,"label":"ab\0', /ends in the middle/],
  ])('refuses %s', (_, text, message) => {
    const push = (): string[] => new AnswerSplitter().push(Buffer.from(text));
    expect(push).toThrow(MalformedAnswer);
    expect(push).toThrow(message);
  });

  it('takes random bytes without any other error', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const splitter = new AnswerSplitter();
        try {
          for (const piece of pieces) splitter.push(Buffer.from(piece));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedAnswer);
        }
      }),
    );
  });
});

/** Where a runner finds the end of a request: it counts the braces in strings too. */
function endByBraces(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at + 1;
  }
  return -1;
}

describe('requests', () => {
  const features = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 8 });
  const request: fc.Arbitrary<Request> = fc.oneof(
    fc.constant<Request>({ hello: 1 }),
    features.map((classify) => ({ classify })),
    features.map((classify_continuous) => ({ classify_continuous })),
    fc.nat().map((elements) => ({ classify_shm: { elements } })),
    fc.nat().map((elements) => ({ classify_continuous_shm: { elements } })),
    fc
      .record({ id: fc.nat(), min_score: fc.double({ noNaN: true, noDefaultInfinity: true }) })
      .map((values) => ({ set_threshold: values })),
  );

  it('are one JSON object in a line, with exact numbers which ends where a runner finds its end', () => {
    fc.assert(
      fc.property(request, fc.nat(), (given, id) => {
        const text = encodeRequest(given, id);
        const parsed = JSON.parse(text, (_, value) =>
          Array.isArray(value) ? Float32Array.from(value) : value,
        );
        const positive = JSON.parse(JSON.stringify(given), (_, value) => value); // -0 has no text
        expect(text).toMatch(/^\{[^\n]*\}\n$/);
        expect(JSON.parse(JSON.stringify(parsed))).toEqual({ ...positive, id });
        expect(endByBraces(text)).toBe(text.length - 1);
      }),
    );
  });
});
