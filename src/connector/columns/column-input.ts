import { Decimal, JsonNumber, type Schema, Struct, TypedNumber } from '../../api/index.ts';
import type { Generation } from '../sink-settings.ts';

export interface ColumnInput {
  readonly generation: Generation;
  readonly schema: Schema | null;
  readonly value: unknown;
  /** The value as JSON by the generation's rules; never null. */
  readonly json: string;
}

/**
 * What the validator sees: v3 hands it the text of whatever the record holds, v4 an object. Bytes are bytes for us in v3 too (its base64
 * text would be refused as hexadecimal).
 */
export type Kind = 'text' | 'number' | 'boolean' | 'bytes' | 'array' | 'object';

export const kindOf = ({ generation, value, json }: ColumnInput): Kind => {
  if (value instanceof Uint8Array) return 'bytes';
  if (generation === 'v3') return 'text';
  switch (json.charCodeAt(0)) {
    case 0x22:
      return 'text';
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case 0x74:
    case 0x66:
      return 'boolean';
    default:
      return 'number';
  }
};

/** Text of a string, else JSON. */
export const textOf = ({ value, json }: ColumnInput): string => {
  if (typeof value === 'string') return value;
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
};

/** java.lang.… as refusals name it. */
export const javaTypeOf = ({ schema, value }: ColumnInput): string => {
  if (value instanceof Uint8Array) return '[B';
  if (value instanceof Struct || value instanceof Map) return 'java.util.LinkedHashMap';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  if (value instanceof Decimal) return 'java.math.BigDecimal';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'bigint') return 'java.lang.Long';
  if (value instanceof JsonNumber) return value.isInteger ? 'java.lang.Long' : 'java.lang.Double';
  const type = value instanceof TypedNumber ? value.type : (schema?.type ?? 'FLOAT64');
  return javaNumbers[type] ?? 'java.lang.String';
};

const javaNumbers: Readonly<Record<string, string>> = {
  INT8: 'java.lang.Byte',
  INT16: 'java.lang.Short',
  INT32: 'java.lang.Integer',
  INT64: 'java.lang.Long',
  FLOAT32: 'java.lang.Float',
  FLOAT64: 'java.lang.Double',
};
