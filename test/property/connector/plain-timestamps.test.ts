import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnJson } from '../../../src/connector/columns/column-json.ts';
import { typedColumn } from '../../../src/connector/columns/typed-column.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const moment = fc
  .record({
    year: fc.constantFrom('0000', '0001', '1900', '1999', '2000', '2023', '2024', '9999'),
    month: fc.nat(13),
    day: fc.nat(32),
    time: fc.constantFrom('00:00:00', '13:45:30', '23:59:59', '24:00:00', '12:60:00'),
    fraction: fc.constantFrom('', '.0', '.5', '.50', '.123', '.120', '.100000', '.123456789', '.000000001', '.000'),
  })
  .map(({ year, month, day, time, fraction }) => `${year}-${two(month)}-${two(day)}T${time}${fraction}`);

/** The general parser takes zones of any kind: the same moment said in another way must give the same text. */
test.each([
  ['TIMESTAMP_NTZ', 'Z', '+00:00'],
  ['TIMESTAMP_TZ', 'Z', '+00:00'],
  ['TIMESTAMP_LTZ', 'Z', '+00:00'],
  ['TIMESTAMP_NTZ', '', '+00:00'],
])(
  '%s: texts that are nearly what Snowflake stores are written as the general rule writes them (%s)',
  (type, quick, general) => {
    const property = fc.property(moment, fc.nat(9), (text, scale) => {
      const column = typedColumn({ name: 'T', type: `${type}(${scale})`, nullable: true, hasDefault: false });
      const judged = (value: string): string => {
        try {
          return columnJson(column, { generation: 'own', schema: null, value, json: JSON.stringify(value) });
        } catch (error) {
          return `refused: ${(error as Error).name}`;
        }
      };
      expect(judged(text + quick)).toBe(judged(text + general));
    });
    fc.assert(property, { numRuns: 500 });
  },
);
