import {
  DataError,
  Decimal,
  JsonNumber,
  logicalNames,
  type Schema,
  type SchemaType,
  Struct,
  TypedNumber,
} from '../api/index.ts';
import { decimalText, precisionOf } from '../util/big-decimal.ts';
import { doubleText, floatText } from '../util/java-number-text.ts';
import { javaText } from '../util/java-value-text.ts';
import type { Renderer } from './renderer.ts';
import { sameSchema } from './same-schema.ts';
import type { ValueRules } from './value-rules.ts';

/** Most digits of a Snowflake NUMBER: a longer Decimal is written as a string. */
const maxPrecision = 38;

/**
 * Writes Connect values as the Snowflake connector converts them (by schema, else by the value's own type). Numbers keep every
 * digit; floats are in Java's text. A value that does not fit its schema: DataError, which never shows the value.
 */
export class ValueWriter {
  readonly #rules: ValueRules;
  readonly #renderer: Renderer;
  readonly #prefixes = new WeakMap<Schema, readonly string[]>();

  constructor(rules: ValueRules, renderer: Renderer) {
    this.#rules = rules;
    this.#renderer = renderer;
  }

  /** A record's value, or a member of a Map that is one. */
  topLevel(schema: Schema | null, value: unknown): string {
    if (this.#rules.valueDecidesShape && value instanceof Map) return this.#asObject(schema, value);
    return this.write(schema, value);
  }

  /** A key, a header, a nested value. */
  write(schema: Schema | null, value: unknown): string {
    if (schema === null) {
      if (typeof value === 'string') return this.#renderer.string(value);
      if (value instanceof JsonNumber) return value.text;
    }
    if (value === null || value === undefined) return this.#writeNull(schema);
    const type = schema?.type ?? this.#inferredType(value);
    if (type === null) return this.#writePlain(value);
    switch (type) {
      case 'INT8':
      case 'INT16':
        return smallIntegerText(type, value);
      case 'INT32':
        return this.#writeInt32(schema, value);
      case 'INT64':
        return this.#writeInt64(schema, value);
      case 'FLOAT32':
        return this.#writeFloat(floatText(floatOf(type, value)));
      case 'FLOAT64':
        if (value instanceof JsonNumber) return value.text;
        return this.#writeFloat(doubleText(floatOf(type, value)));
      case 'BOOLEAN':
        if (typeof value !== 'boolean') throw mismatch(type, value);
        return String(value);
      case 'STRING':
        if (typeof value !== 'string') throw mismatch(type, value);
        return this.#renderer.string(value);
      case 'BYTES':
        return this.#writeBytes(schema, value);
      case 'ARRAY':
        if (!Array.isArray(value)) throw mismatch(type, value);
        return this.#writeArray(schema, value);
      case 'MAP':
        if (!(value instanceof Map)) throw mismatch(type, value);
        return this.#writeMap(schema, value);
      case 'STRUCT':
        if (!(value instanceof Struct)) throw mismatch(type, value);
        return this.#writeStruct(schema, value);
    }
  }

  #writeNull(schema: Schema | null): string {
    if (schema === null) return this.#renderer.nothing;
    const { defaultValue } = schema;
    if (defaultValue !== undefined && defaultValue !== null) return this.write(schema, defaultValue);
    if (schema.optional) return this.#renderer.nothing;
    throw new DataError('Conversion error: null value for field that is required and has no default value');
  }

  /** Values that need no schema and have none: Dates, and Decimals where the generation takes them. */
  #writePlain(value: unknown): string {
    if (value instanceof Date) {
      const { text, isNumber } = this.#rules.plainDate(checkedDate(value));
      return isNumber ? text : this.#renderer.string(text);
    }
    if (value instanceof Decimal && this.#rules.schemalessDecimal) return this.#writeDecimal(value);
    throw new DataError(`Java class class ${javaClassOf(value)} does not have corresponding schema type.`);
  }

  #inferredType(value: unknown): SchemaType | null {
    switch (typeof value) {
      case 'string':
        return 'STRING';
      case 'boolean':
        return 'BOOLEAN';
      case 'bigint':
        return 'INT64';
      case 'number':
        return 'FLOAT64';
    }
    if (value instanceof JsonNumber) return 'FLOAT64';
    if (value instanceof Map) return 'MAP';
    if (Array.isArray(value)) return 'ARRAY';
    if (value instanceof TypedNumber) return value.type;
    if (value instanceof Uint8Array) return 'BYTES';
    return value instanceof Struct ? 'STRUCT' : null;
  }

  #writeInt32(schema: Schema | null, value: unknown): string {
    if (schema?.name === logicalNames.date) return this.#renderer.string(this.#rules.date(dateOf('Date', value)));
    if (schema?.name === logicalNames.time) return this.#renderer.string(this.#rules.time(dateOf('Time', value)));
    if (value instanceof Date && this.#rules.integerTakesDate) return String(value.getTime());
    return smallIntegerText('INT32', value);
  }

  #writeInt64(schema: Schema | null, value: unknown): string {
    if (schema?.name === logicalNames.timestamp) {
      return this.#renderer.string(this.#rules.timestamp(dateOf('Timestamp', value)));
    }
    if (typeof value === 'bigint') return String(value);
    if (value instanceof JsonNumber && value.isInteger) return value.text;
    if (value instanceof Date && this.#rules.integerTakesDate) return String(value.getTime());
    throw mismatch('INT64', value);
  }

  #writeFloat(text: string): string {
    if (text === 'NaN') return this.#renderer.string(text);
    if (text.endsWith('Infinity')) {
      return this.#renderer.string(`${text.startsWith('-') ? '-' : ''}${this.#rules.nestedInfinity}`);
    }
    return text;
  }

  #writeBytes(schema: Schema | null, value: unknown): string {
    if (schema?.name === logicalNames.decimal) {
      if (!(value instanceof Decimal)) throw mismatch('BYTES', value);
      return this.#writeDecimal(value);
    }
    if (!(value instanceof Uint8Array)) throw mismatch('BYTES', value);
    return this.#renderer.string(Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'));
  }

  #writeDecimal(value: Decimal): string {
    const text = decimalText(value);
    return precisionOf(value) > maxPrecision ? this.#renderer.string(text) : text;
  }

  /** String keys make an object, others an array of pairs. */
  #writeMap(schema: Schema | null, map: ReadonlyMap<unknown, unknown>): string {
    const valueSchema = schema?.valueSchema ?? null;
    if (hasObjectShape(schema, map)) {
      let object = '{';
      for (const key of map.keys()) {
        object += this.#renderer.name(String(key), object.length > 1);
        object += this.write(valueSchema, map.get(key));
      }
      return `${object}}`;
    }
    const { separator } = this.#renderer;
    const keySchema = schema?.keySchema ?? null;
    let pairs = '';
    for (const [key, value] of map) {
      const pair = `[${this.write(keySchema, key)}${separator}${this.write(valueSchema, value)}]`;
      pairs += pairs === '' ? pair : separator + pair;
    }
    return `[${pairs}]`;
  }

  #writeArray(schema: Schema | null, array: readonly unknown[]): string {
    const elementSchema = schema?.valueSchema ?? null;
    let text = '';
    let separator = '';
    for (const element of array) {
      text += separator + this.write(elementSchema, element);
      separator = this.#renderer.separator;
    }
    return `[${text}]`;
  }

  #writeStruct(schema: Schema | null, struct: Struct): string {
    if (!this.#rules.valueDecidesShape && (schema === null || !sameSchema(schema, struct.schema))) {
      throw new DataError('Mismatching schema.');
    }
    const fields = struct.schema.fields ?? [];
    const prefixes = this.#prefixesOf(struct.schema);
    let text = '';
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index];
      if (field === undefined) continue;
      text += (prefixes[index] ?? '') + this.write(field.schema, struct.fields[index] ?? null);
    }
    return `{${text}}`;
  }

  /** What stands before each field's value: separator and name, made once per schema. */
  #prefixesOf(schema: Schema): readonly string[] {
    const known = this.#prefixes.get(schema);
    if (known !== undefined) return known;
    const made = (schema.fields ?? []).map(({ name }, index) => this.#renderer.name(name, index > 0));
    this.#prefixes.set(schema, made);
    return made;
  }

  /** v4: whatever the keys, an object; also for maps directly inside maps. */
  #asObject(schema: Schema | null, map: ReadonlyMap<unknown, unknown>): string {
    const valueSchema = entrySchema(schema);
    let text = '{';
    for (const key of map.keys()) {
      const name = typeof key === 'string' ? key : javaText(schema?.keySchema ?? null, key);
      text += this.#renderer.name(name, text.length > 1);
      text += this.topLevel(valueSchema, map.get(key));
    }
    return `${text}}`;
  }
}

/** The schema of a map's values; DataError with Connect's words where the schema can have none. */
export const entrySchema = (schema: Schema | null): Schema | null => {
  if (schema === null) return null;
  if (schema.type !== 'MAP' && schema.type !== 'ARRAY') {
    throw new DataError('Cannot look up value schema on non-array and non-map type');
  }
  return schema.valueSchema ?? null;
};

/** Whether a map is written as an object: by its key schema, else if all keys are strings. */
export const hasObjectShape = (schema: Schema | null, map: ReadonlyMap<unknown, unknown>): boolean => {
  if (schema !== null) return schema.keySchema?.type === 'STRING';
  for (const key of map.keys()) if (typeof key !== 'string') return false;
  return true;
};

const smallIntegerText = (type: 'INT8' | 'INT16' | 'INT32', value: unknown): string => {
  if (value instanceof TypedNumber && value.type === type) return String(value.value);
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  throw mismatch(type, value);
};

const floatOf = (type: 'FLOAT32' | 'FLOAT64', value: unknown): number => {
  if (typeof value === 'number') return value;
  if (value instanceof TypedNumber && value.type === type) return value.value;
  throw mismatch(type, value);
};

const dateOf = (logicalType: string, value: unknown): Date => {
  if (value instanceof Date) return checkedDate(value);
  throw new DataError(`Type mismatch: expected ${logicalType} but got ${javaClassOf(value)}`);
};

const checkedDate = (date: Date): Date => {
  if (Number.isNaN(date.getTime())) throw new DataError('A date lies further than 100,000,000 days from 1970');
  return date;
};

const mismatch = (type: SchemaType, value: unknown): DataError =>
  new DataError(`Type mismatch: expected ${type} but got ${javaClassOf(value)}`);

const javaClassOf = (value: unknown): string => {
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'bigint') return 'java.lang.Long';
  if (typeof value === 'number' || value instanceof JsonNumber || value instanceof TypedNumber)
    return 'java.lang.Number';
  if (value instanceof Date) return 'java.util.Date';
  if (value instanceof Decimal) return 'java.math.BigDecimal';
  if (value instanceof Uint8Array) return '[B';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  if (value instanceof Map) return 'java.util.Map';
  return value instanceof Struct ? 'org.apache.kafka.connect.data.Struct' : 'java.lang.Object';
};
