import { expect, test } from 'vitest';
import { differingColumns } from '../../../src/cli/audit/stored-cell.ts';

const column = (name: string, type: string) => ({ name, type, nullable: true, hasDefault: false });
const differ = (type: string, sent: string, stored: string | null): boolean =>
  differingColumns(`{"C":${sent}}`, new Map([['C', stored]]), [column('C', type)]).length > 0;

test.each([
  ['VARIANT', '{"a":1,"b":[2.50,null]}', '{"b":[2.5,null],"a":1}'],
  ['VARIANT', '{"a":null}', '{}'],
  ['VARIANT', 'null', 'null'],
  ['VARIANT', 'null', null],
  ['NUMBER(38,0)', '12345678901234567890', '12345678901234567890'],
  ['NUMBER(10,2)', '1.005', '1.01'],
  ['NUMBER(10,2)', '"7"', '7.00'],
  ['FLOAT', '1e3', '1000'],
  ['BOOLEAN', 'true', 'TRUE'],
  ['VARCHAR(16)', '"a"', 'a'],
  ['VARCHAR(16)', '{"a":1}', '{ "a": 1 }'],
  ['TIMESTAMP_NTZ(9)', '"2026-01-01T00:00:00Z"', 'a value'],
])('%s: %s may be stored as %s', (type, sent, stored) => {
  expect(differ(type, sent, stored)).toBe(false);
});

test.each([
  ['VARIANT', '{"a":1}', '{"a":2}'],
  ['VARIANT', '{"a":12345678901234567890}', '{"a":12345678901234567891}'],
  ['VARIANT', '{"a":"1"}', '{"a":1}'],
  ['VARIANT', '[1]', '[1,2]'],
  ['NUMBER(10,2)', '1.5', '1.4'],
  ['NUMBER(38,0)', '0', null],
  ['BOOLEAN', 'true', 'false'],
  ['VARCHAR(16)', '"a"', 'b'],
  ['TIMESTAMP_NTZ(9)', '"2026-01-01T00:00:00Z"', null],
])('%s: %s is not what %s says', (type, sent, stored) => {
  expect(differ(type, sent, stored)).toBe(true);
});

test('of RECORD_METADATA only what both have is compared, and never the push time', () => {
  const columns = [column('RECORD_METADATA', 'VARIANT')];
  const differing = (stored: string) =>
    differingColumns(
      '{"RECORD_METADATA":{"offset":1,"key":"k","SnowflakeConnectorPushTime":0}}',
      new Map([['RECORD_METADATA', stored]]),
      columns,
    );
  expect(differing('{"offset":1,"SnowflakeConnectorPushTime":7}')).toEqual([]);
  expect(differing('{"offset":1,"key":"other"}')).toEqual(['RECORD_METADATA']);
});
