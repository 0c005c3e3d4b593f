import { type Schema, type SinkRecord, Struct } from '../../api/index.ts';
import { fieldOf } from '../struct-schema.ts';

/** A change event: `before`, `after`, `source`, `op` … Told by its schema's name alone, as Debezium does. */
export interface Envelope {
  readonly schema: Schema;
  readonly value: Struct;
}

/** Null: not a change event (heartbeats, schema changes, schemaless values). */
export const envelopeOf = ({ value, valueSchema }: SinkRecord): Envelope | null =>
  value instanceof Struct && valueSchema?.name?.endsWith('.Envelope') === true ? { schema: valueSchema, value } : null;

/** `before` or `after` with its field's schema; a null value has one too. */
export const rowImage = (
  { schema, value }: Envelope,
  name: 'before' | 'after',
): { readonly schema: Schema | null; readonly value: Struct | null } => {
  const row = value.getWithoutDefault(name);
  return { schema: fieldOf(schema, name)?.schema ?? null, value: row instanceof Struct ? row : null };
};
