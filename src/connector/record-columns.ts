import { DataError, type Schema, Struct } from '../api/index.ts';
import { javaText } from '../util/java-value-text.ts';
import { sameSchema } from './same-schema.ts';
import type { SinkSettings } from './sink-settings.ts';
import { entrySchema, hasObjectShape } from './value-writer.ts';

/** A top-level field on its way to a column. */
export interface RecordColumn {
  /** By the generation's rule, before it is matched to the table's columns. */
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

type ColumnSettings = Pick<SinkSettings, 'generation' | 'normalizeColumnNames'>;

const notARow =
  'Cannot schematize record. Record value must be a Map or Struct. Consider using kafka HoistField transformer to wrap the value of the record.';

/**
 * One column per top-level field. Of two fields that name the same column v3 and v4 keep the last; our own class refuses.
 * A value that is no object is refused; v3's metadata-only row, which loses it in silence, is written for an empty list only.
 */
export const recordColumns = (
  settings: ColumnSettings,
  schema: Schema | null,
  value: unknown,
  isHidden: (field: string) => boolean = () => false,
): readonly RecordColumn[] => {
  const columns = new Map<string, RecordColumn>();
  for (const field of fieldsOf(settings, schema, value)) {
    if (isHidden(field.name)) continue;
    const name = columnName(settings, field.name);
    if (settings.generation === 'own' && columns.has(name)) {
      throw new DataError(`Two fields of the record go to column ${name}: they differ in case or quotes only`);
    }
    columns.set(name, name === field.name ? field : { name, schema: field.schema, value: field.value });
  }
  return [...columns.values()];
};

const fieldsOf = ({ generation }: ColumnSettings, schema: Schema | null, value: unknown): readonly RecordColumn[] => {
  if (value instanceof Struct) {
    if (generation === 'v3' && (schema === null || !sameSchema(schema, value.schema))) {
      throw new DataError('Mismatching schema.');
    }
    const fields = value.schema.fields ?? [];
    return fields.map((field) => ({ name: field.name, schema: field.schema, value: value.get(field.name) }));
  }
  if (value instanceof Map) return fieldsOfMap(generation, schema, value);
  if (generation === 'v3' && Array.isArray(value) && value.length === 0) return [];
  throw new DataError(notARow);
};

const fieldsOfMap = (
  generation: SinkSettings['generation'],
  schema: Schema | null,
  map: ReadonlyMap<unknown, unknown>,
): readonly RecordColumn[] => {
  if (map.size > 0 && generation === 'v3') {
    if (schema !== null && schema.type !== 'MAP')
      throw new DataError(`Type mismatch: expected ${schema.type} but got java.util.Map`);
    if (!hasObjectShape(schema, map)) throw new DataError(notARow);
  }
  const valueSchema = entrySchema(schema);
  return [...map].map(([key, value]) => ({
    name: javaText(schema?.keySchema ?? null, key),
    schema: valueSchema,
    value,
  }));
};

/** v3, or v4 with normalization: upper case unless in double quotes, which are taken off; else the field's name as it is. */
export const columnName = ({ generation, normalizeColumnNames }: ColumnSettings, field: string): string => {
  if (generation !== 'v3' && !normalizeColumnNames) return field;
  if (field === '') {
    if (generation === 'v3') throw new DataError('A field without a name has no column');
    return field;
  }
  const quoted = field.length >= 2 && field.startsWith('"') && field.endsWith('"');
  if (generation === 'v3') return quoted ? field.slice(1, -1) : field.toUpperCase();
  return quoted ? field.slice(1, -1).replaceAll('""', '"') : field.replaceAll('\\ ', ' ').toUpperCase();
};
