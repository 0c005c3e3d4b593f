import type { ConnectorConfig } from '../api/index.ts';

const deleteKeys = ['delete.tombstone.handling.mode', 'drop.tombstones', 'delete.handling.mode'];

const deleteNotes = (config: ConnectorConfig, prefix: string): readonly string[] =>
  deleteKeys.some((key) => config[`${prefix}${key}`] !== undefined)
    ? []
    : [
        `${prefix}delete.tombstone.handling.mode is not set: a delete becomes a record with a null value, as in Debezium since 3.2. ` +
          'Before 3.2 deletes were dropped: set it to drop for that.',
      ];

const timeNotes = (config: ConnectorConfig, prefix: string): readonly string[] =>
  config[`${prefix}timestamp.field`] === undefined
    ? []
    : [
        `${prefix}timestamp.field is the time of the Kafka record, not of the change in its source: ` +
          "for that let Debezium's unwrap add it (add.fields=source.ts_ms) or take it from a field of the value.",
      ];

/** What a user should know of how the transforms of a config are read; a line each, for the log at the connector's start. */
export const transformationNotes = (config: ConnectorConfig): readonly string[] =>
  (config['transforms'] ?? '').split(',').flatMap((listed) => {
    const prefix = `transforms.${listed.trim()}.`;
    const type = config[`${prefix}type`]?.trim() ?? '';
    if (type === 'io.debezium.transforms.ExtractNewRecordState') return deleteNotes(config, prefix);
    return type === 'org.apache.kafka.connect.transforms.InsertField$Value' ? timeNotes(config, prefix) : [];
  });
