import type { Properties } from '../test/support/worker-process.ts';
import type { Filling } from './fill-topic.ts';
import { flatOrderJson } from './sample-values.ts';

/** A topic to drain, and how the worker is to do it. */
export interface Case {
  readonly name: string;
  readonly filling: Filling;
  /** Beyond the bench's own settings. */
  readonly connector: Properties;
  /** Others than the worker take part: all read plain JSON only. */
  readonly isForAll: boolean;
  readonly pins: readonly ('one core' | 'free')[];
}

export interface Sizes {
  readonly rows250: number;
  readonly rows1024: number;
}

const transforms: Properties = {
  transforms: 'source,names,secret',
  'transforms.source.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
  'transforms.source.static.field': 'source',
  'transforms.source.static.value': 'shop',
  'transforms.names.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
  'transforms.names.renames': 'order_id:id',
  'transforms.secret.type': 'org.apache.kafka.connect.transforms.MaskField$Value',
  'transforms.secret.fields': 'customer',
};
const schematized: Properties = { 'snowflake.enable.schematization': 'true' };

/** What docs/performance.md quotes. */
export const benchCases = ({ rows250, rows1024 }: Sizes): readonly Case[] => {
  const half = Math.ceil(rows250 / 2);
  const quarter = Math.ceil(rows250 / 4);
  const raw = { connector: {}, isForAll: true, pins: ['one core', 'free'] } as const;
  const alone = { connector: {}, isForAll: false, pins: ['one core'] } as const;
  const compressed = (codec: 'lz4' | 'zstd' | 'snappy'): Case => ({
    ...alone,
    name: `250-byte JSON, ${codec} in Kafka`,
    filling: { rows: half, valueBytes: 250, codec },
  });
  const cases: readonly Case[] = [
    { ...raw, name: '250-byte JSON', filling: { rows: rows250, valueBytes: 250 } },
    { ...raw, pins: ['free'], name: '1-KiB JSON', filling: { rows: rows1024, valueBytes: 1024 } },
    ...(['lz4', 'zstd', 'snappy'] as const).map(compressed),
    {
      ...alone,
      name: '250-byte JSON of 12 fields, a column each',
      filling: { rows: half, valueBytes: 250, makeValue: flatOrderJson },
      connector: schematized,
    },
    {
      ...alone,
      name: '250-byte JSON through 3 transforms',
      filling: { rows: quarter, valueBytes: 250 },
      connector: transforms,
    },
  ];
  return cases.filter(({ filling }) => filling.rows > 0);
};
