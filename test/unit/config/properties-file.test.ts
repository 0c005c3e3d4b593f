import { expect, test } from 'vitest';
import { parseProperties } from '../../../src/config/index.ts';

test.each([
  ['a=b', { a: 'b' }],
  ['a = b ', { a: 'b ' }],
  ['a:b=c', { a: 'b=c' }],
  ['a  b c', { a: 'b c' }],
  ['a', { a: '' }],
  ['# no\n! no\n  \n a=1', { a: '1' }],
  ['a=1\\\n   2\\\r\n\t3', { a: '123' }],
  ['a=1\\\\\nb=2', { a: '1\\', b: '2' }],
  ['a\\ b\\:c\\==\\ d', { 'a b:c=': ' d' }],
  ['a=\\u00e9\\t\\n\\q', { a: 'é\t\nq' }],
  ['a=1\na=2', { a: '2' }],
  ['\uFEFFa=1', { a: '1' }],
  ['k=x#y !z', { k: 'x#y !z' }],
  ['a=1\\', { a: '1' }],
  ['= v', { '': 'v' }],
])('%j', (text, expected) => {
  expect(parseProperties(text, 'f')).toEqual(expected);
});

test('a broken \\u escape names file and line and how to write it', () => {
  expect(() => parseProperties('# c\na=1\\\n\npath=C:\\users', 'w.properties')).toThrow(
    /w\.properties, line 4: \\u must be followed by four hexadecimal digits/,
  );
});
