import { atLeast, long } from '../../config/index.ts';
import type { Generation } from '../sink-settings.ts';
import { flush, positive } from './property-groups.ts';

/** Seconds of buffer.flush.time, rows and bytes where a config names none: v3's as it has them, otherwise for low latency. */
const flushDefaults = (generation: Generation) =>
  generation === 'v3' ? { records: 10_000, bytes: 5_000_000 } : { records: 1_000_000, bytes: 8_000_000 };

export const flushKeys = (generation: Generation) => {
  const defaults = flushDefaults(generation);
  return {
    'buffer.count.records': long({
      default: defaults.records,
      validator: atLeast(1),
      importance: 'LOW',
      group: flush,
      documentation: 'Rows of one partition that are sent together at most.',
    }),
    'buffer.size.bytes': long({
      default: defaults.bytes,
      validator: atLeast(1),
      importance: 'LOW',
      group: flush,
      documentation: 'Bytes of rows of one partition, before compression, that are sent together at most.',
    }),
    'buffer.flush.time': long({
      default: null,
      allowsFractions: true,
      validator: positive,
      importance: 'LOW',
      group: flush,
      documentation:
        generation === 'v3'
          ? 'Seconds from the first buffered row until it is sent; fractions allowed. Not set: 120 with ingestion method snowpipe, 30 with snowpipe_streaming, or snowflake.streaming.max.client.lag. If both are given the shorter one holds.'
          : 'Seconds from the first buffered row until it is sent; fractions allowed. Not set: 1. (With v3’s class: 120 with ingestion method snowpipe, 30 with snowpipe_streaming, or snowflake.streaming.max.client.lag; of two given ones the shorter holds.)',
    }),
  };
};
