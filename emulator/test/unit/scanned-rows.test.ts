import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NdjsonError } from '../../src/storage/ndjson-error.ts';
import { scanRows } from '../../src/storage/scanned-rows.ts';

/** The row file's lines as objects of raw JSON. */
const rowsOf = (body: string): Record<string, string>[] => {
  const { bytes, fields } = scanRows(Buffer.from(body));
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [mark, ...values] = line.split('\u001f');
      expect(mark).toBe('1');
      expect(values.length).toBe(fields.length);
      return Object.fromEntries(
        fields.flatMap((field, index) => (values[index] === '' ? [] : [[field, values[index] ?? '']])),
      );
    });
};

test('values keep every digit and lose only white space', () => {
  expect(rowsOf('{"a": 12345678901234567890123.4500 , "b": [ 1.10, "x  \\" y" ] }\r\n')).toEqual([
    { a: '12345678901234567890123.4500', b: '[1.10,"x  \\" y"]' },
  ]);
});

test('blank lines are no rows, later fields do not move earlier ones', () => {
  expect(rowsOf('{"a":1}\n\n  \r\n{"b":2}\n{}')).toEqual([{ a: '1' }, { b: '2' }, {}]);
});

test('any objects come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), (objects) => {
      const rows = rowsOf(objects.map((object) => JSON.stringify(object)).join('\n'));
      expect(rows).toEqual(
        objects.map((object) =>
          Object.fromEntries(Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)])),
        ),
      );
    }),
  );
});

test.each([
  '[1]',
  '1',
  '{"a":01}',
  '{"a":1}x',
  '{"a"}',
  '{"a":tru}',
  '{"a":1',
  '{"a":"\u0001"}',
  '{"a":NaN}',
  '{"a":1}\n{"a":-}',
  '{"a":1,}',
  '{"a":"\\x"}',
  '\ufeff{}',
  `${'{"a":'.repeat(1100)}1${'}'.repeat(1100)}`,
])('refuses %s', (body) => {
  expect(() => scanRows(Buffer.from(body))).toThrow(NdjsonError);
});

test('what JSON.parse refuses is refused, what it takes is taken', () => {
  const mutated = fc
    .tuple(fc.jsonValue(), fc.nat(), fc.constantFrom('', '"', '\\', '{', ',', '0', 'e', ' ', '\u0007'))
    .map(([value, at, insert]) => {
      const text = JSON.stringify({ a: value });
      const position = at % (text.length + 1);
      return text.slice(0, position) + insert + text.slice(position);
    });
  fc.assert(
    fc.property(mutated, (text) => {
      let valid = true;
      try {
        const value: unknown = JSON.parse(text);
        valid = typeof value === 'object';
      } catch {
        valid = false;
      }
      if (valid) expect(scanRows(Buffer.from(text)).rowCount).toBe(1);
      else expect(() => scanRows(Buffer.from(text))).toThrow(NdjsonError);
    }),
  );
});

test('invalid UTF-8 refuses the body, a lone surrogate only its row', () => {
  expect(() => scanRows(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow(NdjsonError);
  const scanned = scanRows(Buffer.from('{"a":"\\ud800"}\n{"a":"\\ud83d\\ude00"}'));
  expect(scanned).toMatchObject({ rowCount: 2, rejected: { count: 1 } });
});
