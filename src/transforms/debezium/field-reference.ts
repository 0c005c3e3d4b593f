import { type Schema, Struct } from '../../api/index.ts';
import { nullPointer } from '../../util/java-error.ts';
import { configError } from '../parse-config.ts';
import { copySchemaBasics, fieldOf } from '../struct-schema.ts';

/** One item of `add.fields` or `add.headers`: where the value is in the envelope, and what it is called outside. */
export interface FieldReference {
  /** Null: the envelope itself. */
  readonly struct: string | null;
  readonly field: string;
  readonly newName: string;
}

const envelopeFields = new Set(['op', 'ts_ms', 'ts_us', 'ts_ns', 'source', 'transaction']);
const transactionFields = new Set(['id', 'total_order', 'data_collection_order']);

const structOf = (field: string): string | null => {
  if (envelopeFields.has(field)) return null;
  return transactionFields.has(field) ? 'transaction' : 'source';
};

/** `op`, `lsn` (of source), `transaction.id`, each also as `op:NEW`. The new name: prefix, and struct where it was named. */
export const parseFieldReference = (key: string, prefix: string, text: string): FieldReference => {
  const [path = '', renamed, ...rest] = text.split(':');
  const [first = '', second, ...more] = path.split('.');
  if (first === '' || more.length > 0 || rest.length > 0) throw configError(key, `Unexpected field name: ${text}`);
  const field = second ?? first;
  const plainName = second === undefined ? first : `${first}_${second}`;
  return {
    struct: second === undefined ? structOf(first) : first,
    field,
    newName: `${prefix}${renamed ?? plainName}`,
  };
};

/** A field to add to rows or headers of one kind of change event. */
export interface Addition {
  readonly name: string;
  readonly schema: Schema;
  valueIn(event: Struct): unknown;
}

/** With an optional copy of the schema; none where the change event's schema has no such field. */
export const additionsOf = (event: Schema, references: readonly FieldReference[]): readonly Addition[] =>
  references.flatMap(({ struct, field: name, newName }) => {
    const field = fieldOf(struct === null ? event : structSchema(event, struct), name);
    if (field === null) return [];
    const { fields } = field.schema;
    const schema = { ...copySchemaBasics(field.schema), optional: true, ...(fields !== undefined && { fields }) };
    const valueIn = (value: Struct): unknown => {
      const parent = struct === null ? value : value.get(struct);
      return parent instanceof Struct ? parent.getWithoutDefault(name) : null;
    };
    return [{ name: newName, schema, valueIn }];
  });

const structSchema = (schema: Schema, name: string): Schema => {
  const field = fieldOf(schema, name);
  if (field === null) throw nullPointer(`The change event has no field ${name}`);
  return field.schema;
};
