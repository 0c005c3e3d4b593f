import type { Schema, SinkRecord } from '../../src/api/index.ts';

/** A record of topic t, partition 0, offset 0, that is its value and nothing else. */
export const sinkRecordOf = (valueSchema: Schema | null, value: unknown): SinkRecord => {
  const where = { offset: 0n, timestamp: 0n, timestampType: 'CreateTime', key: null, headers: [] } as const;
  const original = { topic: 't', partition: 0, record: { ...where, batchOffset: 0n, value: null } };
  return { ...where, topic: 't', partition: 0, keySchema: null, valueSchema, value, original };
};
