import type { ConnectorConfig } from '../api/index.ts';

/** Transforms that leave the topic alone; of all others (routers, modules of a user) it is taken that they may change it. */
const keepsTopic =
  /^(?:org\.apache\.kafka\.connect\.transforms\.(?!(?:Regex|Timestamp)Router$)|io\.confluent\.connect\.transforms\.(?:Drop|Filter|GzipDecompress|ReplaceField)\$|io\.confluent\.connect\.transforms\.TombstoneHandler$|io\.debezium\.transforms\.(?:ExtractChangedRecordState|HeaderToValue|SchemaChangeEventFilter|TimezoneConverter)$)/;
const unwrap = 'io.debezium.transforms.ExtractNewRecordState';

/** Whether records of one topic may go to several tables, because a transform may give them another topic. */
export const mayRoute = (config: ConnectorConfig): boolean =>
  (config['transforms'] ?? '')
    .split(',')
    .map((alias) => `transforms.${alias.trim()}.`)
    .filter((prefix) => prefix !== 'transforms..')
    .some((prefix) => {
      const type = config[`${prefix}type`]?.trim() ?? '';
      if (type === unwrap) return (config[`${prefix}route.by.field`] ?? '').trim() !== '';
      return !keepsTopic.test(type);
    });
