import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonNumber } from '../../../src/api/index.ts';
import { JsonSyntaxError, parseJson } from '../../../src/converters/json-parser.ts';

/** As JSON.parse would have it. */
const plain = (value: unknown): unknown => {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]));
};

test('reads every JSON text as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
      expect(plain(parseJson(Buffer.from(text)).value)).toEqual(JSON.parse(text));
    }),
  );
});

test('what it refuses JSON.parse refuses too, and nothing else is ever thrown', () => {
  const fragments = ['{', '}', '[', ']', ',', ':', '"a"', '1', '-', '0.5e1', 'true', 'null', ' ', '\\', '"', '\n'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...fragments)), (parts) => {
      const text = parts.join('');
      try {
        parseJson(Buffer.from(text));
      } catch (error) {
        expect(error).toBeInstanceOf(JsonSyntaxError);
        expect(() => JSON.parse(text)).toThrow();
      }
    }),
    { numRuns: 2000 },
  );
});

// Not against JSON.parse: V8's own memory of names takes "\\u0061" for a backslash that stood there before.
test('names that resemble those of the text before are read as they are', () => {
  const name = fc.constantFrom('a', 'ab', 'abc', 'a"', '\\', 'b', 'é', 'a name of more than 13', '');
  const object = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constant(1), fc.constant('ab'), tie('object')),
    object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
  })).object;
  fc.assert(
    fc.property(fc.array(fc.tuple(object, fc.boolean()), { minLength: 2, maxLength: 6 }), (texts) => {
      for (const [value, escaped] of texts) {
        const text = JSON.stringify(value);
        const written = escaped ? text.replaceAll('"a', '"\\u0061') : text;
        expect(plain(parseJson(Buffer.from(written)).value)).toEqual(value);
      }
    }),
    { numRuns: 500 },
  );
});
