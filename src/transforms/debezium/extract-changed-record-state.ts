import { isDeepStrictEqual } from 'node:util';
import type { Header, Schema, Struct } from '../../api/index.ts';
import { ConfigDef, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { fieldsOf } from '../struct-schema.ts';
import { envelopeOf, rowImage } from './envelope.ts';

export const extractChangedRecordStateConfig = new ConfigDef({
  'header.changed.name': string({
    default: null,
    documentation: 'Header that lists the columns that an update changed.',
  }),
  'header.unchanged.name': string({ default: null, documentation: 'Header that lists the columns that it left.' }),
});

/** io.debezium.transforms.ExtractChangedRecordState: names of changed and unchanged columns as headers; none where not both rows are there. */
export const extractChangedRecordState: CreateApply = (config) => {
  const settings = parseConfig(extractChangedRecordStateConfig, config);
  const lists = [
    { name: settings['header.changed.name'], ofChanged: true },
    { name: settings['header.unchanged.name'], ofChanged: false },
  ].flatMap(({ name, ofChanged }) =>
    name === null || name.trim() === '' ? [] : [{ schema: listSchema(name), name, ofChanged }],
  );

  return (record) => {
    const envelope = record.value === null ? null : envelopeOf(record);
    if (envelope === null) return record;
    const columns = columnsOf(rowImage(envelope, 'before').value, rowImage(envelope, 'after').value);
    const headers = lists.map(
      ({ schema, name, ofChanged }): Header => ({
        name,
        schema,
        value: columns.filter(({ changed }) => changed === ofChanged).map((column) => column.name),
      }),
    );
    return { ...record, headers: [...record.headers, ...headers] };
  };
};

const columnsOf = (before: Struct | null, after: Struct | null) => {
  if (before === null || after === null) return [];
  const hasChanged = (name: string): boolean =>
    !isDeepStrictEqual(after.getWithoutDefault(name), before.getWithoutDefault(name));
  return fieldsOf(after.schema).map(({ name }) => ({ name, changed: hasChanged(name) }));
};

const listSchema = (name: string): Schema => ({
  type: 'ARRAY',
  optional: true,
  name,
  valueSchema: { type: 'STRING', optional: true },
});
