import { DataError, JsonNumber, logicalNames, type Schema, Struct } from '../../api/index.ts';
import { logicalValue } from './avro-logical-type.ts';
import { avroNames } from './avro-names.ts';

/** A default of an Avro schema (JSON; bytes as text of ISO-8859-1) as a value of its Connect schema. Throws DataError where it is none. */
export const defaultOf = (schema: Schema, node: unknown): unknown => {
  if (node === null) return null;
  const plain = plainDefault(schema, node);
  return (logicalValue(schema) ?? identity)(plain);
};

const identity = (value: unknown): unknown => value;

const plainDefault = (schema: Schema, node: unknown): unknown => {
  switch (schema.type) {
    case 'BOOLEAN':
      if (typeof node === 'boolean') return node;
      throw unfit(schema);
    case 'INT8':
    case 'INT16':
    case 'INT32':
      return Number(integer(schema, node));
    case 'INT64':
      return integer(schema, node);
    case 'FLOAT32':
    case 'FLOAT64':
      if (node instanceof JsonNumber)
        return schema.type === 'FLOAT32' ? Math.fround(Number(node.text)) : Number(node.text);
      throw unfit(schema);
    case 'STRING':
      if (typeof node === 'string') return node;
      throw unfit(schema);
    case 'BYTES':
      if (typeof node === 'string') return Buffer.from(node, 'latin1');
      throw unfit(schema);
    case 'ARRAY':
      if (Array.isArray(node) && schema.valueSchema !== undefined) {
        const { valueSchema } = schema;
        return node.map((item: unknown) => defaultOf(valueSchema, item));
      }
      throw unfit(schema);
    case 'MAP':
      if (node instanceof Map && schema.valueSchema !== undefined) {
        const { valueSchema } = schema;
        return new Map([...node].map(([name, value]) => [name, defaultOf(valueSchema, value)]));
      }
      throw unfit(schema);
    case 'STRUCT':
      return schema.name === avroNames.union || schema.parameters?.has(avroNames.generalizedUnion) === true
        ? unionDefault(schema, node)
        : structDefault(schema, node);
  }
};

/** A union's default is of its first branch (Avro specification, "Unions"). */
const unionDefault = (schema: Schema, node: unknown): Struct => {
  const [first] = schema.fields ?? [];
  if (first === undefined) throw unfit(schema);
  return new Struct(schema, new Map([[first.name, defaultOf(first.schema, node)]]));
};

const structDefault = (schema: Schema, node: unknown): Struct => {
  if (!(node instanceof Map)) throw unfit(schema);
  const values = (schema.fields ?? []).map(({ name, schema: field }) => {
    const given = node.get(name);
    return [name, given === undefined ? (field.defaultValue ?? null) : defaultOf(field, given)] as const;
  });
  return new Struct(schema, new Map(values));
};

const integer = (schema: Schema, node: unknown): bigint => {
  if (node instanceof JsonNumber && node.isInteger) return BigInt.asIntN(64, BigInt(node.text));
  throw unfit(schema);
};

const unfit = (schema: Schema): DataError =>
  new DataError(`The default does not fit its type ${schema.name === logicalNames.decimal ? 'Decimal' : schema.type}`);
