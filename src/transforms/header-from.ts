import { DataError, type Header, type Schema, type Struct } from '../api/index.ts';
import { ConfigDef, list, nonEmptyList, oneOf, string } from '../config/index.ts';
import { nullPointer } from '../util/java-error.ts';
import { configError, parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import {
  cachedBySchema,
  copySchemaBasics,
  fieldOf,
  fieldsOf,
  fieldValue,
  printedSchema,
  StructFields,
  structOf,
} from './struct-schema.ts';

export const headerFromConfig = new ConfigDef({
  fields: list({ importance: 'HIGH', validator: nonEmptyList, documentation: 'Names of the fields.' }),
  headers: list({
    importance: 'HIGH',
    validator: nonEmptyList,
    documentation: 'Names of the headers, one for each field, in that order.',
  }),
  operation: string({
    importance: 'HIGH',
    validator: oneOf('move', 'copy'),
    documentation: 'copy keeps the fields where they are; move takes them out.',
  }),
  ...replaceNullWithDefault,
});

/** Copies or moves fields into headers, each with its field's schema. */
export const headerFrom: CreateSidedApply = (config, side) => {
  const settings = parseConfig(headerFromConfig, config);
  const { fields, headers, operation } = settings;
  if (fields.length !== headers.length) {
    throw configError('headers', "'fields' config must have the same number of elements as 'headers' config.");
  }
  const moves = operation === 'move';
  const purpose = `header ${operation}`;
  const replaces = settings['replace.null.with.default'];
  const withoutFields = cachedBySchema((schema: Schema): Schema => {
    const kept = new StructFields();
    for (const { name, schema: inner } of fieldsOf(schema)) if (!fields.includes(name)) kept.add(name, inner);
    return { ...copySchemaBasics(schema, 'STRUCT'), fields: kept.fields };
  });
  const headersOf = (make: (field: string) => Omit<Header, 'name'>): readonly Header[] =>
    fields.map((field, index) => ({ name: headers[index] ?? field, ...make(field) }));

  return (record) => {
    const schema = side.schemaOf(record);
    if (schema === null) {
      const value = requireMap(side.valueOf(record), purpose);
      const added = headersOf((field) => ({ schema: null, value: value.get(field) ?? null }));
      const rest = moves ? new Map([...value].filter(([name]) => !fields.includes(name))) : value;
      return { ...side.replaced(record, null, rest), headers: [...record.headers, ...added] };
    }
    const struct = requireStruct(schema, side.valueOf(record), purpose);
    const added = headersOf((field) => fieldAsHeader(schema, struct, field, replaces));
    const restSchema = moves ? withoutFields(schema) : schema;
    const rest = moves ? structOf(restSchema, (field) => fieldValue(struct, field, replaces)) : struct;
    return { ...side.replaced(record, restSchema, rest), headers: [...record.headers, ...added] };
  };
};

const fieldAsHeader = (schema: Schema, struct: Struct, name: string, replaces: boolean): Omit<Header, 'name'> => {
  const field = fieldOf(schema, name);
  if (field !== null) {
    const value = fieldValue(struct, field, replaces);
    if (value !== null || field.schema.optional) return { schema: field.schema, value };
    throw new DataError(`A null value requires an optional schema but was ${printedSchema(field.schema)}`);
  }
  throw nullPointer(
    'Cannot invoke "org.apache.kafka.connect.data.Field.schema()" because the return value of ' +
      '"org.apache.kafka.connect.data.Schema.field(String)" is null',
  );
};
