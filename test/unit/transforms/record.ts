import type { Schema, SinkRecord } from '../../../src/api/index.ts';

/** A record as a transform gets it: topic orders, partition 3, offset 42. */
export const recordOf = (value: unknown, valueSchema: Schema | null = null): SinkRecord => {
  const coordinates = {
    offset: 42n,
    batchOffset: 42n,
    timestamp: 1483425001864n,
    timestampType: 'CreateTime',
  } as const;
  const record = { ...coordinates, key: null, value: null, headers: [] };
  const key = new Map([['id', 'k']]);
  const original = { topic: 'orders', partition: 3, record };
  return {
    topic: 'orders',
    partition: 3,
    ...coordinates,
    keySchema: null,
    key,
    valueSchema,
    value,
    headers: [],
    original,
  };
};
