import { Struct, TypedNumber } from '../../api/index.ts';

/** A value of schema io.confluent.connect.avro.Anything, in which AvroConverter writes schemaless data: one field is set. */
export const withoutEnvelope = (value: unknown): unknown => {
  if (!(value instanceof Struct)) return value;
  for (const [name, member] of value.values) {
    if (member === null) continue;
    if (name === 'int') return new TypedNumber('INT32', Number(member));
    if (name === 'float') return new TypedNumber('FLOAT32', Number(member));
    if (name === 'array' && Array.isArray(member)) return member.map(withoutEnvelope);
    if (name === 'map' && member instanceof Map) {
      return new Map([...member].map(([key, inner]) => [withoutEnvelope(key), withoutEnvelope(inner)]));
    }
    return member;
  }
  return null;
};
