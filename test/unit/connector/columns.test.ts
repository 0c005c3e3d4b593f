import { describe, expect, test } from 'vitest';
import { DataError, errorMessage } from '../../../src/api/index.ts';
import { columnJson } from '../../../src/connector/columns/column-json.ts';
import { typedColumn } from '../../../src/connector/columns/typed-column.ts';

const column = (type: string) => typedColumn({ name: 'C', type, nullable: true, hasDefault: false });
const into = (type: string, json: string, value: unknown = null): string =>
  columnJson(column(type), { generation: 'own', schema: null, value, json });

const thrown = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

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
  ['TIMESTAMP_NTZ(9)', '1705312800', '"2024-01-15T10:00:00"'],
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
  ['TIMESTAMP_LTZ(9)', '"+294247-01-10T04:00:54"'],
  ['DATE', '"13:45"'],
  ['TIME(9)', '"24:00:00"'],
  ['TIMESTAMP_NTZ(9)', '"yesterday"'],
  ['TIMESTAMP_NTZ(9)', '1.5'],
])('%s refuses %s, naming the column and not the value', (type, json) => {
  const write = () => into(type, json);
  expect(write).toThrow(DataError);
  expect(write).toThrow(/^The given row cannot be converted to the internal format.* column:? ?C/);
  expect(errorMessage(thrown(write))).not.toContain(json.replaceAll('"', ''));
});

describe('values of logical types', () => {
  const at = new Date('2024-01-15T10:00:00.120Z');
  test.each([
    ['DATE', '"2024-01-15"'],
    ['TIME(9)', '"10:00:00.12"'],
    ['TIMESTAMP_NTZ(9)', '"2024-01-15T10:00:00.12"'],
    ['TIMESTAMP_LTZ(9)', '"2024-01-15T10:00:00.12Z"'],
  ])('a Date into %s', (type, stored) => {
    expect(into(type, '"1705312800120"', at)).toBe(stored);
  });

  test('bytes stay base64', () => {
    expect(into('BINARY(8388608)', '"SGVsbG8="', Buffer.from('Hello'))).toBe('"SGVsbG8="');
    expect(() => into('BINARY(2)', '"SGVsbG8="', Buffer.from('Hello'))).toThrow(
      'Binary too long: length=5 maxLength=2',
    );
  });
});

test.each([
  ['v4', 'VARIANT', '"{\\"a\\":1.10,\\"a\\":12345678901234567890.10}"', '{"a":12345678901234567890.10}'],
  ['v4', 'ARRAY', '"42"', '[42]'],
  ['v4', 'VARCHAR(50)', '1.50E3', '"1500"'],
  ['v3', 'DATE', '1705312800', '"2024-01-15"'],
  ['v3', 'BOOLEAN', 'true', 'true'],
  ['v4', 'TIMESTAMP_TZ(9)', '"2024-07-15T12:00:00"', '"2024-07-15T12:00:00-07:00"'],
  ['v4', 'TIMESTAMP_LTZ(9)', '"1800-01-01"', '"1800-01-01T07:52:58Z"'],
] as const)('%s: %s takes %s as %s', (generation, type, json, stored) => {
  expect(columnJson(column(type), { generation, schema: null, value: null, json })).toBe(stored);
});

test.each([
  ['v4', 'VARIANT', '"hello"', 'Not a valid JSON'],
  ['v3', 'VARIANT', '"{\\"a\\":1,\\"a\\":2}"', 'Not a valid JSON: duplicate field a'],
  ['v4', 'DATE', '"2024-01-15 13:45:30"', 'Not a valid value, see https'],
  ['v4', 'DATE', '5', 'Object of type java.lang.Double cannot be ingested into Snowflake column C of type DATE'],
] as const)('%s: %s refuses %s', (generation, type, json, words) => {
  expect(() => columnJson(column(type), { generation, schema: null, value: null, json })).toThrow(words);
});

test('a type is read with its arguments', () => {
  expect(column('NUMBER(10, 2)')).toMatchObject({ baseType: 'NUMBER', typeArguments: [10, 2] });
  expect(column('double precision')).toMatchObject({ baseType: 'DOUBLE PRECISION', typeArguments: [] });
});
