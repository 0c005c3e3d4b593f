import { Decimal, JsonNumber, type Schema, Struct, TypedNumber } from '../api/index.ts';
import { decimalText } from './big-decimal.ts';
import { doubleText, floatText } from './java-number-text.ts';

/**
 * String.valueOf of a Connect value: what Java writes where a header or a map key becomes text: `{a=1, b=[2, null]}`, `1.0E7`,
 * `Tue Jan 03 06:30:01 UTC 2017`. Bytes are base64 here (Java: class and identity hash, of no use to anybody).
 */
export const javaText = (schema: Schema | null, value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof TypedNumber) return value.type === 'FLOAT32' ? floatText(value.value) : String(value.value);
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Decimal) return decimalText(value);
  if (value instanceof Date) return javaDateText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Struct) return structText(value);
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, inner]) => `${javaText(schema?.keySchema ?? null, key)}=${javaText(schema?.valueSchema ?? null, inner)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map((element) => javaText(schema?.valueSchema ?? null, element)).join(', ')}]`;
  }
  if (typeof value !== 'number') return String(value);
  if (schema?.type === 'FLOAT32') return floatText(value);
  return schema === null || schema.type === 'FLOAT64' ? doubleText(value) : String(value);
};

const structText = (struct: Struct): string => {
  const fields = (struct.schema.fields ?? []).flatMap(({ name, schema }) => {
    const value = struct.getWithoutDefault(name);
    return value === null ? [] : [`${name}=${javaText(schema, value)}`];
  });
  return `Struct{${fields.join(',')}}`;
};

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** java.util.Date.toString in UTC. */
const javaDateText = (date: Date): string => {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(':');
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${twoDigits(date.getUTCDate())} ${time} UTC ${year}`;
};
