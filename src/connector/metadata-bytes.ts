import type { RecordView, TopicPartition } from '../api/index.ts';
import type { SinkSettings } from './sink-settings.ts';
import { writeBytes, writeDigits, writeText } from './write-text.ts';

type Switches = SinkSettings['metadata'];

/** RECORD_METADATA as bytes, for the records of one topic partition that are put together: what they share is made once. */
export class MetadataBytes {
  readonly #shared: Uint8Array;
  readonly #switches: Switches;

  constructor(switches: Switches, where: TopicPartition, pushTimeMs: number) {
    const { topic, offsetAndPartition, connectorPushTime } = switches;
    const fields: string[] = [];
    if (topic) fields.push(`"topic":${JSON.stringify(where.topic)}`);
    if (offsetAndPartition) fields.push(`"partition":${where.partition}`);
    if (connectorPushTime) fields.push(`"SnowflakeConnectorPushTime":${pushTimeMs}`);
    this.#shared = Buffer.from(`{${fields.join(',')}`);
    this.#switches = switches;
  }

  /** Whether there are fields that all records share: others follow them with a comma. */
  static suits({ topic, offsetAndPartition, connectorPushTime }: Switches): boolean {
    return topic || offsetAndPartition || connectorPushTime;
  }

  /** `keyAndHeaders`: `,"key":…,"headers":{…}` or ''. Offsets and times are below 2^53 and not negative. */
  write({ offset, timestamp, timestampType }: RecordView, keyAndHeaders: string, out: Uint8Array, at: number): number {
    let to = writeBytes(this.#shared, out, at);
    if (this.#switches.offsetAndPartition) to = writeDigits(Number(offset), out, writeText(',"offset":', out, to));
    if (this.#switches.createTime && timestampType !== 'NoTimestampType') {
      to = writeText(timestampType === 'CreateTime' ? ',"CreateTime":' : ',"LogAppendTime":', out, to);
      to = writeDigits(Number(timestamp), out, to);
    }
    to = writeText(keyAndHeaders, out, to);
    out[to] = 0x7d;
    return to + 1;
  }
}
