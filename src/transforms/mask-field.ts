import { DataError, Decimal, type Schema, TypedNumber } from '../api/index.ts';
import { ConfigDef, list, nonEmpty, nonEmptyList, string } from '../config/index.ts';
import { integerBits, parseDecimal } from '../util/big-decimal.ts';
import { numberFormat } from '../util/java-error.ts';
import { connectValue, javaClassName, schemaTypeOf, smallNumber } from './connect-value.ts';
import { parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import { fieldValue, structOf } from './struct-schema.ts';

const purpose = 'mask fields';
export const maskFieldConfig = new ConfigDef({
  fields: list({ importance: 'HIGH', validator: nonEmptyList, documentation: 'Fields to mask.' }),
  replacement: string({
    importance: 'LOW',
    default: null,
    validator: nonEmpty,
    documentation: 'Put in the place of numbers and texts; without it a zero, false, empty text, list or map.',
  }),
  ...replaceNullWithDefault,
});

/** Replaces fields by the null of their type, or numbers and texts by a replacement. A schemaless field that is absent is added as null. */
export const maskField: CreateSidedApply = (config, side) => {
  const settings = parseConfig(maskFieldConfig, config);
  const fields = new Set(settings.fields);
  const { replacement } = settings;
  const masked = (schema: Schema | null, value: unknown): unknown => {
    if (value === null || value === undefined) return null;
    return replacement === null ? blank(schema, value) : replaced(schema, value, replacement);
  };
  return (record) => {
    const schema = side.schemaOf(record);
    if (schema === null) {
      const map = requireMap(side.valueOf(record), purpose);
      for (const field of fields) map.set(field, masked(null, connectValue(map.get(field))));
      return record;
    }
    const struct = requireStruct(schema, side.valueOf(record), purpose);
    const updated = structOf(struct.schema, (field) => {
      const value = fieldValue(struct, field, settings['replace.null.with.default']);
      return fields.has(field.name) ? masked(field.schema, value) : value;
    });
    return side.replaced(record, schema, updated);
  };
};

const blank = (schema: Schema | null, value: unknown): unknown => {
  if (typeof value === 'string') return '';
  if (typeof value === 'boolean') return false;
  if (typeof value === 'bigint') return 0n;
  if (typeof value === 'number') return 0;
  if (value instanceof TypedNumber) return new TypedNumber(value.type, 0);
  if (value instanceof Decimal) return new Decimal(0n, 0);
  if (value instanceof Date) return new Date(0);
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  throw new DataError(`Cannot mask value of type: class ${javaClassName(schema, value)}`);
};

/** By the class of the masked value: a decimal text is narrowed to it as Java narrows (1.5 for an INT32 is 1). */
const replaced = (schema: Schema | null, value: unknown, replacement: string): unknown => {
  if (typeof value === 'string') return replacement;
  if (value instanceof Decimal) return decimalOf(replacement, 'number');
  const type = typeof value === 'number' && schema !== null ? schema.type : schemaTypeOf(value);
  const beside = !(value instanceof TypedNumber);
  switch (value instanceof Date ? null : type) {
    case 'INT8':
      return smallNumber('INT8', Number(BigInt.asIntN(8, longOf(replacement))), beside);
    case 'INT16':
      return smallNumber('INT16', Number(BigInt.asIntN(16, longOf(replacement))), beside);
    case 'INT32':
      return smallNumber('INT32', Number(BigInt.asIntN(32, longOf(replacement))), beside);
    case 'INT64':
      return BigInt.asIntN(64, longOf(replacement));
    case 'FLOAT32':
      return smallNumber('FLOAT32', Math.fround(doubleOf(replacement)), beside);
    case 'FLOAT64':
      return doubleOf(replacement);
    default: {
      const javaClass = javaClassName(schema, value);
      throw new DataError(`Cannot mask value of type class ${javaClass} with custom replacement.`);
    }
  }
};

const decimalOf = (replacement: string, kind: 'a number' | 'number'): Decimal => {
  const decimal = parseDecimal(replacement);
  if (decimal !== null) return decimal;
  const message = `Unable to convert ${replacement} (class java.lang.String) to ${kind}`;
  throw new DataError(message, { cause: numberFormat('not a decimal number') });
};

const longOf = (replacement: string): bigint => integerBits(decimalOf(replacement, 'a number'));

/** Through BigDecimal, which knows no negative zero. */
const doubleOf = (replacement: string): number => {
  decimalOf(replacement, 'a number');
  return Number(replacement) + 0;
};
