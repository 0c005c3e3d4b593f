import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/api/index.ts';
import { columnJson, typedColumn } from '../../../src/connector/column-value.ts';

const column = (type: string) => typedColumn({ name: 'C', type, nullable: true, hasDefault: false });
const into = (type: string, json: string, value: unknown = null): string =>
  columnJson(column(type), { schema: null, value, json });

test.each([
  ['VARIANT', '{"a":1}', '{"a":1}'],
  ['VARIANT', '"text"', '"text"'],
  ['ARRAY', '[1,2]', '[1,2]'],
  ['ARRAY', '42', '[42]'],
  ['OBJECT', '{"a":1}', '{"a":1}'],
  ['VARCHAR(16777216)', '9007199254740993', '"9007199254740993"'],
  ['VARCHAR(10)', '"0123456789"', '"0123456789"'],
  ['VARCHAR(1)', '"😀"', '"😀"'],
  ['TEXT', '{"a":1}', '"{\\"a\\":1}"'],
  ['NUMBER(38,0)', '12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ['NUMBER(10,2)', '" 99999.99 "', '"99999.99"'],
  ['FLOAT', '"NaN"', '"NaN"'],
  ['FLOAT', '1.5E10', '1.5E10'],
  ['BOOLEAN', '1', 'true'],
  ['BOOLEAN', '"Off"', 'false'],
  ['BINARY(8388608)', '"48656C6C6F"', '"SGVsbG8="'],
  ['DATE', '"2024-01-15"', '"2024-01-15"'],
  ['DATE', '"2024-01-15T13:45:30Z"', '"2024-01-15"'],
  ['TIME(9)', '"13:45:30+05:00"', '"13:45:30"'],
  ['TIMESTAMP_NTZ(9)', '"2024-01-15T13:45:30+05:00"', '"2024-01-15T13:45:30"'],
  ['TIMESTAMP_NTZ(9)', '1705312800', '"2024-01-15T10:00:00.0"'],
  ['TIMESTAMP_NTZ(9)', '1705312800123', '"2024-01-15T10:00:00.123"'],
  ['TIMESTAMP_LTZ(9)', '1705312800123456789', '"2024-01-15T10:00:00.123456789Z"'],
  ['TIMESTAMP_TZ(9)', '"2024-01-15 13:45:30+05:00"', '"2024-01-15T13:45:30+05:00"'],
  ['GEOGRAPHY', '"POINT(1 2)"', '"POINT(1 2)"'],
])('%s takes %s as %s', (type, json, stored) => {
  expect(into(type, json)).toBe(stored);
});

test.each([
  ['OBJECT', '[1,2,3]'],
  ['VARCHAR(9)', '"0123456789"'],
  ['NUMBER(38,0)', '"abc"'],
  ['NUMBER(38,0)', '{}'],
  ['NUMBER(38,0)', 'true'],
  ['NUMBER(38,20)', '123456789012345678901234567890'],
  ['FLOAT', '[1,2]'],
  ['BOOLEAN', '42'],
  ['BOOLEAN', '{}'],
  ['BINARY(8388608)', '"ABC"'],
  ['BINARY(2)', '"ABCDEF"'],
  ['DATE', '"2024-02-30"'],
  ['DATE', '"13:45"'],
  ['TIME(9)', '"24:00:00"'],
  ['TIMESTAMP_NTZ(9)', '"yesterday"'],
  ['TIMESTAMP_NTZ(9)', '1.5'],
])('%s refuses %s, naming the column and not the value', (type, json) => {
  const write = () => into(type, json);
  expect(write).toThrow(DataError);
  expect(write).toThrow(`The value of column C does not fit its type ${type}: `);
});

describe('values of logical types', () => {
  const at = new Date('2024-01-15T10:00:00.120Z');
  test.each([
    ['DATE', '"2024-01-15"'],
    ['TIME(9)', '"10:00:00.120"'],
    ['TIMESTAMP_NTZ(9)', '"2024-01-15T10:00:00.120"'],
    ['TIMESTAMP_LTZ(9)', '"2024-01-15T10:00:00.120Z"'],
  ])('a Date into %s', (type, stored) => {
    expect(into(type, '"1705312800120"', at)).toBe(stored);
  });

  test('bytes stay base64', () => {
    expect(into('BINARY(8388608)', '"SGVsbG8="', Buffer.from('Hello'))).toBe('"SGVsbG8="');
    expect(() => into('BINARY(2)', '"SGVsbG8="', Buffer.from('Hello'))).toThrow('longer than 2 bytes');
  });
});

test('a type is read with its arguments', () => {
  expect(column('NUMBER(10, 2)')).toMatchObject({ baseType: 'NUMBER', typeArguments: [10, 2] });
  expect(column('double precision')).toMatchObject({ baseType: 'DOUBLE PRECISION', typeArguments: [] });
});
