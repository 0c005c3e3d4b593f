import type { ConnectorConfig } from '../api/index.ts';

const deleteKeys = ['delete.tombstone.handling.mode', 'drop.tombstones', 'delete.handling.mode'];

/** What a user should know of how the transforms of a config are read; a line each, for the log at the connector's start. */
export const transformationNotes = (config: ConnectorConfig): readonly string[] =>
  (config['transforms'] ?? '').split(',').flatMap((listed) => {
    const prefix = `transforms.${listed.trim()}.`;
    if (config[`${prefix}type`]?.trim() !== 'io.debezium.transforms.ExtractNewRecordState') return [];
    if (deleteKeys.some((key) => config[`${prefix}${key}`] !== undefined)) return [];
    return [
      `${prefix}delete.tombstone.handling.mode is not set: a delete becomes a record with a null value, as in Debezium since 3.2. ` +
        'Before 3.2 deletes were dropped: set it to drop for that.',
    ];
  });
