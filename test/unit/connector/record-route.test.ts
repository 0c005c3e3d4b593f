import { expect, test } from 'vitest';
import { ConfigError, DataError, type Header, type SinkRecord } from '../../../src/api/index.ts';
import { RecordRoute } from '../../../src/connector/record-route.ts';

const record = (value: unknown, headers: readonly Header[] = []): SinkRecord => {
  const view = {
    offset: 0n,
    batchOffset: 0n,
    timestamp: 0n,
    timestampType: 'CreateTime',
    key: null,
    value: null,
    headers: [],
  } as const;
  const where = {
    topic: 'events',
    partition: 0,
    offset: 0n,
    batchOffset: 0n,
    timestamp: 0n,
    timestampType: 'CreateTime',
  } as const;
  const original = { topic: 'events', partition: 0, record: view };
  return { ...where, keySchema: null, key: null, valueSchema: null, value, headers, original };
};

test('a header or a path of the value names the topic; without it the own one holds', () => {
  const byHeader = new RecordRoute('$header.table');
  expect(byHeader.topicOf(record(null, [{ name: 'table', schema: null, value: 'clicks' }]))).toBe('clicks');
  expect(byHeader.topicOf(record(null))).toBe('events');
  const byPath = new RecordRoute('$.meta.kind');
  expect(byPath.topicOf(record(new Map([['meta', new Map([['kind', 'clicks']])]])))).toBe('clicks');
  expect(byPath.topicOf(record(new Map([['meta', 'x']])))).toBe('events');
});

test('what is no text there is a bad record', () => {
  const route = new RecordRoute('$.kind');
  expect(() => route.topicOf(record(new Map([['kind', new Map()]])))).toThrow(DataError);
  expect(() => route.topicOf(record(new Map([['kind', 'x'.repeat(250)]])))).toThrow(DataError);
});

test.each(['table', '$now', '$offset', '$.'])('%s is refused', (from) => {
  expect(() => new RecordRoute(from)).toThrow(ConfigError);
});
