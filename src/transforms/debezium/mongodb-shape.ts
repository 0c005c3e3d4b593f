import { DataError, logicalNames, type Schema, Struct } from '../../api/index.ts';
import { StructFields } from '../struct-schema.ts';
import type { MongoDocument, MongoValue } from './mongodb-value.ts';

/** `array`: elements of one type. `document`: a STRUCT of fields _0, _1 …, of any types. */
export type ArrayEncoding = 'array' | 'document';

/** What is known of a field's type. A null, and an array without elements, tell nothing. */
type Shape =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'plain'; readonly schema: Schema }
  | { readonly kind: 'array'; readonly element: Shape }
  | { readonly kind: 'document'; readonly name: string | undefined; readonly fields: ReadonlyMap<string, Shape> };

const optional = (type: Schema['type']): Shape => ({ kind: 'plain', schema: { type, optional: true } });
const optionalString: Schema = { type: 'STRING', optional: true };
const regexSchema: Schema = {
  type: 'STRUCT',
  optional: true,
  name: 'io.debezium.mongodb.regex',
  fields: new StructFields().add('regex', optionalString).add('options', optionalString).fields,
};
const timestampSchema: Schema = { type: 'INT64', optional: true, name: logicalNames.timestamp, version: 1 };
const unknown: Shape = { kind: 'unknown' };

/** Documents as STRUCTs, whose schemas come from what each document holds; the same schema object for documents alike. */
export class MongoShapes {
  readonly #encoding: ArrayEncoding;
  readonly #nameOf: (field: string) => string;
  readonly #schemas = new Map<string, Schema>();

  /** `nameOf`: the name that a field gets. */
  constructor(encoding: ArrayEncoding, nameOf: (field: string) => string) {
    this.#encoding = encoding;
    this.#nameOf = nameOf;
  }

  /** @throws DataError where elements of an array are of several types and the encoding asks for one */
  struct(document: MongoDocument, name: string | undefined): Struct {
    const schema = this.#shared({ ...schemaOf(this.#documentShape(document, name)), optional: false });
    return this.#structOf(schema, document);
  }

  #shared(schema: Schema): Schema {
    const text = JSON.stringify(schema);
    const known = this.#schemas.get(text);
    if (known !== undefined) return known;
    if (this.#schemas.size >= maxSchemas) this.#schemas.clear();
    this.#schemas.set(text, schema);
    return schema;
  }

  #documentShape(document: MongoDocument, name: string | undefined): Shape {
    const fields = new Map<string, Shape>();
    for (const [field, value] of document) {
      const fieldName = this.#nameOf(field);
      fields.set(fieldName, this.#shapeOf(value, name === undefined ? fieldName : `${name}.${fieldName}`));
    }
    return { kind: 'document', name, fields };
  }

  #shapeOf(value: MongoValue, name: string): Shape {
    switch (value.type) {
      case 'NULL':
        return unknown;
      case 'DOCUMENT':
        return this.#documentShape(value.value, name);
      case 'ARRAY': {
        if (this.#encoding === 'document') return this.#documentShape(asDocument(value.value), name);
        const shapes = value.value.map((element) => this.#shapeOf(element, name));
        return { kind: 'array', element: shapes.reduce((before, latest) => merged(before, latest, name), unknown) };
      }
      case 'REGEX':
        return { kind: 'plain', schema: regexSchema };
      case 'TIMESTAMP':
        return { kind: 'plain', schema: timestampSchema };
      default:
        return optional(value.type);
    }
  }

  #structOf(schema: Schema, document: MongoDocument): Struct {
    const values = new Map<string, unknown>();
    for (const [field, value] of document) values.set(this.#nameOf(field), value);
    return new Struct(
      schema,
      (schema.fields ?? []).map((field) => {
        const value = values.get(field.name) as MongoValue | undefined;
        return value === undefined ? null : this.#connectValue(field.schema, value);
      }),
    );
  }

  #connectValue(schema: Schema, value: MongoValue): unknown {
    switch (value.type) {
      case 'NULL':
        return null;
      case 'DOCUMENT':
        return this.#structOf(schema, value.value);
      case 'ARRAY': {
        if (this.#encoding === 'document') return this.#structOf(schema, asDocument(value.value));
        const element = schema.valueSchema ?? optionalString;
        return value.value.map((inner) => this.#connectValue(element, inner));
      }
      case 'REGEX':
        return new Struct(schema, [value.value.regex, value.value.options]);
      default:
        return value.value;
    }
  }
}

/** Documents of one collection rarely differ in more ways. */
const maxSchemas = 200;

const asDocument = (elements: readonly MongoValue[]): MongoDocument =>
  new Map(elements.map((element, index) => [`_${index}`, element]));

const merged = (before: Shape, latest: Shape, name: string): Shape => {
  if (before.kind === 'unknown') return latest;
  if (latest.kind === 'unknown') return before;
  if (before.kind === 'array' && latest.kind === 'array') {
    return { kind: 'array', element: merged(before.element, latest.element, name) };
  }
  if (before.kind === 'document' && latest.kind === 'document') {
    const fields = new Map(before.fields);
    for (const [field, shape] of latest.fields) {
      fields.set(field, merged(fields.get(field) ?? unknown, shape, `${name}.${field}`));
    }
    return { ...before, fields };
  }
  if (before.kind === 'plain' && latest.kind === 'plain' && sameSchema(before.schema, latest.schema)) return before;
  throw new DataError(
    `Array elements with different Bson types are not supported: in ${name}. array.encoding=document takes them.`,
  );
};

const sameSchema = (a: Schema, b: Schema): boolean => a.type === b.type && a.name === b.name;

const schemaOf = (shape: Shape): Schema => {
  switch (shape.kind) {
    case 'unknown':
      return optionalString;
    case 'plain':
      return shape.schema;
    case 'array':
      return { type: 'ARRAY', optional: true, valueSchema: schemaOf(shape.element) };
    case 'document': {
      const fields = new StructFields();
      for (const [name, inner] of shape.fields) fields.add(name, schemaOf(inner));
      return {
        type: 'STRUCT',
        optional: true,
        ...(shape.name !== undefined && { name: shape.name }),
        fields: fields.fields,
      };
    }
  }
};
