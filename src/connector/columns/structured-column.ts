import { type DataError, JsonNumber, Struct } from '../../api/index.ts';
import { icebergType } from '../iceberg-type.ts';
import { icebergDdl, widenedType } from '../iceberg-widening.ts';
import type { Generation } from '../sink-settings.ts';
import type { ColumnInput } from './column-input.ts';
import type { ColumnRule } from './column-json.ts';
import { ExtraFieldsError, invalidValue, typeNotAllowed } from './refusal.ts';
import {
  mergedType,
  parseStructuredType,
  type StructuredElement,
  type StructuredType,
  structuredTypeText,
} from './structured-type.ts';
import { type TypedColumn, typedColumn } from './typed-column.ts';

/** A value inside of a structured one: as JSON, and the record's own where it tells more (bytes). */
interface Inner {
  readonly json: unknown;
  readonly given: unknown;
}

/**
 * JSON that a cast to the column's structured type takes: Snowflake refuses an object that lacks a field of the type or has another
 * one. Absent fields become null, numbers and texts what their type stores, maps with keys of any type an object of their texts.
 * As the classic SDK has it: a field that the type lacks asks for another type (ExtraFieldsError), the wrong kind of value is refused.
 */
export const structuredColumn =
  (scalarRule: ColumnRule): ColumnRule =>
  (column, input) => {
    const structure = structureOf(column);
    const walk = new StructuredWalk(scalarRule, input.generation);
    const text = walk.text(structure, { json: parseJson(input.json), given: input.value }, column.name);
    if (walk.extra.length > 0) throw new ExtraFieldsError(column, walk.extra, widerType(structure, input));
    return text;
  };

const known = new WeakMap<TypedColumn, StructuredType>();

const structureOf = (column: TypedColumn): StructuredType => {
  const type = known.get(column) ?? parseStructuredType(column.type);
  known.set(column, type);
  return type;
};

/** The column's type and what the value has besides. @throws DataError where a new field's type cannot be told */
const widerType = (structure: StructuredType, { generation, schema, value }: ColumnInput): string => {
  const settings = { generation, evolution: { types: 'connector' } } as const;
  const type = icebergDdl(structure);
  if (schema === null) return structuredTypeText(widenedType(settings, type, value));
  return structuredTypeText(mergedType(type, icebergType(settings, { name: '', schema, value })));
};

class StructuredWalk {
  /** Dotted names of fields that the type lacks. */
  readonly extra: string[] = [];
  readonly #scalarRule: ColumnRule;
  readonly #generation: Generation;

  constructor(scalarRule: ColumnRule, generation: Generation) {
    this.#scalarRule = scalarRule;
    this.#generation = generation;
  }

  /** @throws DataError */
  text(type: StructuredType, inner: Inner, path: string): string {
    switch (type.kind) {
      case 'object':
        return this.#object(type.fields, inner, path);
      case 'array':
        return this.#array(type.element, inner, path);
      case 'map':
        return this.#map(type.value, inner, path);
      case 'scalar':
        return this.#scalar(type, inner, path);
    }
  }

  #object(fields: Extract<StructuredType, { kind: 'object' }>['fields'], inner: Inner, path: string): string {
    const { json } = inner;
    if (!isObject(json)) throw wrongKind(path, 'STRUCT', inner, 'Map<String, Object>');
    for (const [name, value] of Object.entries(json)) {
      const isKnown = fields.some((field) => field.name === name);
      if (!isKnown && (value !== null || this.#generation === 'v3')) this.extra.push(`${path}.${name}`);
    }
    const members = fields.map((field) => {
      const value = Object.hasOwn(json, field.name) ? json[field.name] : null;
      const member = { json: value, given: inside(inner.given, field.name) };
      return `${JSON.stringify(field.name)}:${this.#element(field, member, `${path}.${field.name}`)}`;
    });
    return `{${members.join(',')}}`;
  }

  #array(element: StructuredElement, inner: Inner, path: string): string {
    const { json, given } = inner;
    if (!Array.isArray(json)) throw wrongKind(path, 'LIST', inner, 'Iterable');
    const elements = json.map((one: unknown, index) =>
      this.#element(element, { json: one, given: inside(given, index) }, `${path}.element`),
    );
    return `[${elements.join(',')}]`;
  }

  #map(value: StructuredElement, inner: Inner, path: string): string {
    const entries = entriesOf(inner);
    if (entries === null) throw wrongKind(path, 'MAP', inner, 'Map');
    const members = [...entries].map(
      ([key, one]) => `${JSON.stringify(key)}:${this.#element(value, one, `${path}.value`)}`,
    );
    return `{${members.join(',')}}`;
  }

  #element({ type, nullable }: StructuredElement, inner: Inner, path: string): string {
    if (inner.json !== null) return this.text(type, inner, path);
    if (nullable) return 'null';
    throw invalidValue(columnAt(path, type), 'STRUCT', 'Null or absent, but NOT NULL');
  }

  /** What would be made text or an array of one in a column of its own is the wrong kind here. */
  #scalar(type: Extract<StructuredType, { kind: 'scalar' }>, inner: Inner, path: string): string {
    const column = columnAt(path, type);
    const isNested = typeof inner.json === 'object' && !(inner.json instanceof JsonNumber);
    if (isNested && !semiStructured.has(column.baseType)) throw wrongKind(path, column.baseType, inner, 'String');
    const value = inner.given instanceof Uint8Array ? inner.given : inner.json;
    const generation = this.#generation === 'own' ? 'own' : 'v4';
    return this.#scalarRule(column, { generation, schema: null, value, json: jsonText(inner.json) });
  }
}

const semiStructured: ReadonlySet<string> = new Set(['VARIANT', 'OBJECT', 'ARRAY', 'MAP']);

const columnAt = (path: string, type: StructuredType): TypedColumn =>
  typedColumn({ name: path, type: structuredTypeText(type), nullable: true, hasDefault: false });

const wrongKind = (path: string, kind: string, { json, given }: Inner, allowed: string): DataError => {
  const input = { generation: 'v4', schema: null, value: given ?? json, json: '' } as const;
  return typeNotAllowed(columnAt(path, { kind: 'scalar', text: kind }), kind, input, allowed);
};

/** Keys of other types came as an array of pairs. */
const entriesOf = ({ json, given }: Inner): ReadonlyMap<string, Inner> | null => {
  if (isObject(json))
    return new Map(Object.entries(json).map(([key, value]) => [key, { json: value, given: inside(given, key) }]));
  const isPairs = Array.isArray(json) && json.every((one) => Array.isArray(one) && one.length === 2);
  if (!isPairs) return null;
  const values = given instanceof Map ? [...given.values()] : [];
  return new Map(
    (json as [unknown, unknown][]).map(([key, value], index) => [keyText(key), { json: value, given: values[index] }]),
  );
};

const keyText = (key: unknown): string => (typeof key === 'string' ? key : jsonText(key));

const inside = (given: unknown, at: string | number): unknown => {
  if (given instanceof Struct) return given.values.get(String(at));
  if (given instanceof Map) return given.get(at);
  return Array.isArray(given) ? given[Number(at)] : undefined;
};

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);

const parseJson = (text: string): unknown =>
  JSON.parse(text, (_name, value: unknown, { source }: { readonly source?: string } = {}) =>
    typeof value === 'number' ? new JsonNumber(source ?? String(value)) : value,
  );

/** Numbers digit for digit. */
const jsonText = (json: unknown): string => {
  if (json instanceof JsonNumber) return json.text;
  if (Array.isArray(json)) return `[${json.map(jsonText).join(',')}]`;
  if (!isObject(json)) return JSON.stringify(json);
  return `{${Object.entries(json)
    .map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`)
    .join(',')}}`;
};
