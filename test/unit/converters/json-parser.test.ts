import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../../src/api/index.ts';
import { JsonSyntaxError, parseJson } from '../../../src/converters/json-parser.ts';

const value = (text: string | Uint8Array): unknown => parseJson(Buffer.from(text)).value;

describe('accepts what Connect accepts', () => {
  test('numbers keep their digits', () => {
    for (const text of ['9007199254740993', '-0', '1.50', '1e400', '-1E+3', '123456789012345678901234567890.12']) {
      expect(value(text)).toEqual(new JsonNumber(text));
    }
  });

  test('the last of repeated names wins, at the first place', () => {
    expect([...(value('{"a":1,"b":2,"a":3}') as Map<string, unknown>)]).toEqual([
      ['a', new JsonNumber('3')],
      ['b', new JsonNumber('2')],
    ]);
  });

  test.each(['{"a":1} {"b":2}', '{"a":1}]', '{"a":1}garbage'])('what follows the value is ignored: %s', (text) => {
    expect(value(text)).toEqual(new Map([['a', new JsonNumber('1')]]));
  });

  test('invalid UTF-8 behind the value is not read', () => {
    expect(value(Buffer.concat([Buffer.from('"é" '), Buffer.of(0xff)]))).toBe('é');
  });

  test('a byte order mark, escapes, lone surrogates, names such as __proto__', () => {
    expect(value('\ufeff"\\u0041\\n\\/"')).toBe('A\n/');
    expect(value('"\\ud83d"')).toBe('\ud83d');
    expect((value('{"__proto__":true}') as Map<string, unknown>).get('__proto__')).toBe(true);
  });

  test('no value at all is told from null', () => {
    expect(value(' \n')).toBeUndefined();
    expect(value('null')).toBeNull();
  });

  test('a thousand levels, not one more', () => {
    expect(() => value('['.repeat(1000) + ']'.repeat(1000))).not.toThrow();
    expect(() => value('['.repeat(1001) + ']'.repeat(1001))).toThrow(/deeper than 1000/);
  });

  test('texts of the members at the top', () => {
    expect([
      ...parseJson(Buffer.from('{ "schema" : {"type":"int8"} , "payload":[1, 2]}'), { memberTexts: true }).memberTexts,
    ]).toEqual([
      ['schema', '{"type":"int8"}'],
      ['payload', '[1, 2]'],
    ]);
  });
});

test.each([
  '{bad',
  "{'a':1}",
  '{"a":1,}',
  '[1,]',
  '[1 2]',
  '{"a" 1}',
  '+1',
  '.5',
  '1.',
  '-',
  '1x',
  '1,2',
  'truex',
  'nul',
  'NaN',
  '"a\nb"',
  '"\\x41"',
  '"\\u12g4"',
  '"open',
  '// c\n1',
  '{"a":',
  '1'.repeat(1001),
])('refuses %s', (text) => {
  expect(() => value(text)).toThrow(JsonSyntaxError);
});

test('invalid UTF-8 inside the value is refused', () => {
  expect(() => value(Buffer.from([0x22, 0xff, 0x22]))).toThrow('Invalid UTF-8');
});

test('the message tells where, not what', () => {
  expect(() => value('{\n  "secret": sesame}')).toThrow(/\(line 2, column 13\)$/);
  expect(() => value('{\n  "secret": sesame}')).not.toThrow(/sesame/);
});
