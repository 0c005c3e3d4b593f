import { type SinkRecord, Struct } from '../../api/index.ts';
import { ConfigDef, list, nonEmptyList } from '../../config/index.ts';
import { configError, parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { requireStruct } from '../requirements.ts';

const key = 'schema.change.event.include.list';
const kinds = ['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'DATABASE'];
export const schemaChangeEventFilterConfig = new ConfigDef({
  [key]: list({
    validator: nonEmptyList,
    documentation: 'Kinds of schema changes that pass: CREATE, ALTER, DROP, TRUNCATE, DATABASE.',
  }),
});

/** io.debezium.transforms.SchemaChangeEventFilter: of schema change events only the listed kinds pass; all other records do. */
export const schemaChangeEventFilter: CreateApply = (config) => {
  const included = parseConfig(schemaChangeEventFilterConfig, config)[key];
  const unknown = included?.find((kind) => !kinds.includes(kind));
  if (included === undefined || unknown !== undefined) {
    throw configError(key, `Invalid value ${unknown} for configuration ${key}: must be of ${kinds.join(', ')}`);
  }
  return (record) => {
    if (record.value === null || !isSchemaChange(record)) return record;
    const changes = requireStruct(record.valueSchema, record.value, 'Read schema change event to filter').get(
      'tableChanges',
    );
    if (!Array.isArray(changes)) return null;
    const [first] = changes;
    const kind = first instanceof Struct ? String(first.get('type')) : 'DATABASE';
    return included.includes(kind) ? record : null;
  };
};

const isSchemaChange = ({ keySchema, valueSchema }: SinkRecord): boolean =>
  keySchema?.name?.endsWith('.SchemaChangeKey') === true || valueSchema?.name?.endsWith('.SchemaChangeValue') === true;
