import { DataError, type Field, JsonNumber, type Schema, type SchemaType } from '../../api/index.ts';
import { asNode, type JsonSchemaDocuments, type JsonSchemaNode, type SchemaPlace } from './json-schema-document.ts';
import type { JsonSchemaOptions } from './json-schema-options.ts';
import { jsonSchemaValue, oneOfName } from './json-schema-value.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Schema>;
type Part = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'enum' | 'const' | 'combined' | 'reference';

/** One of the things that a schema says at once; together they are an allOf (as the Everit library, which Confluent uses, reads them). */
interface SchemaPart extends SchemaPlace {
  readonly part: Part;
  readonly members?: readonly SchemaPlace[];
  readonly isAllOf?: boolean;
  readonly isInteger?: boolean;
}

const generalizedUnion = 'org.apache.kafka.connect.data.Union';
const generalizedEnum = 'org.apache.kafka.connect.data.Enum';
const jsonEnum = 'io.confluent.connect.json.Enum';
/** References that lead to nothing but references, and schemas as deep as no person writes them. */
const maxDepth = 200;

/** JsonSchemaData.toConnectSchema of JsonSchemaConverter. Throws DataError for what Connect has no schema for. */
export class JsonSchemaCompiler {
  readonly #options: JsonSchemaOptions;
  readonly #documents: JsonSchemaDocuments;
  /** Structs under way or done: they may contain themselves. */
  readonly #structs = new Map<JsonSchemaNode, Draft>();
  #unions = 0;
  #depth = 0;

  constructor(options: JsonSchemaOptions, documents: JsonSchemaDocuments) {
    this.#options = options;
    this.#documents = documents;
  }

  compile(version: number | null): Schema {
    const { root } = this.#documents;
    return this.#schema({ node: root, document: root }, false, version);
  }

  #schema(place: SchemaPlace, optional: boolean, version: number | null = null): Schema {
    if (++this.#depth > maxDepth) throw new DataError(`The JSON schema is nested deeper than ${maxDepth} schemas`);
    try {
      const parts = this.#partsOf(place);
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) return this.#part(only, optional, version);
      if (parts.length === 0) throw new DataError('The JSON schema has a part that says no type');
      return this.#allOf({ ...place, part: 'combined', isAllOf: true }, parts, optional, version);
    } finally {
      this.#depth--;
    }
  }

  #partsOf({ node, document }: SchemaPlace): readonly SchemaPart[] {
    const at = (part: Part, more: Partial<SchemaPart> = {}): SchemaPart => ({ node, document, part, ...more });
    if (typeof node.get('$ref') === 'string') return [at('reference')];
    const parts: SchemaPart[] = [];
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
      const members = node.get(keyword);
      if (!Array.isArray(members)) continue;
      const places = members.map((member: unknown) => ({ node: asNode(member), document }));
      parts.push(at('combined', { members: places, isAllOf: keyword === 'allOf' }));
    }
    if (Array.isArray(node.get('enum'))) parts.push(at('enum'));
    if (node.has('const')) parts.push(at('const'));
    const type = node.get('type') ?? inferredType(node);
    if (Array.isArray(type)) {
      const members = type.map((name: unknown) => ({ node: new Map([...node, ['type', name]]), document }));
      parts.push(at('combined', { members: members.map((member) => withoutCombinations(member)), isAllOf: false }));
    } else if (typeof type === 'string') {
      parts.push(at(type === 'integer' ? 'number' : (type as Part), { isInteger: type === 'integer' }));
    }
    return parts;
  }

  #part(part: SchemaPart, optional: boolean, version: number | null): Schema {
    switch (part.part) {
      case 'reference':
        return this.#schema(this.#documents.resolve(String(part.node.get('$ref')), part.document), optional, version);
      case 'combined':
        return this.#combined(part, optional, version);
      case 'object':
        return this.#object(part, optional, version);
      case 'array':
        return this.#finished(this.#array(part), part.node, optional, version);
      case 'enum':
        return this.#finished(this.#enum(part.node.get('enum')), part.node, optional, version);
      case 'const':
        return this.#finished(this.#enum([part.node.get('const')]), part.node, optional, version);
      case 'string': {
        const isBytes = part.node.get('connect.type') === 'bytes';
        return this.#finished({ type: isBytes ? 'BYTES' : 'STRING', optional: false }, part.node, optional, version);
      }
      case 'number':
        return this.#finished({ type: numberType(part), optional: false }, part.node, optional, version);
      case 'boolean':
        return this.#finished({ type: 'BOOLEAN', optional: false }, part.node, optional, version);
      default:
        throw new DataError(`The JSON schema has a part of type ${part.part}, which Connect has no type for`);
    }
  }

  #enum(symbols: unknown): Draft {
    const generalized = this.#options['generalized.sum.type.support'];
    const name = generalized ? generalizedEnum : jsonEnum;
    const parameters = new Map([[name, '']]);
    for (const [index, value] of (Array.isArray(symbols) ? symbols : []).entries()) {
      const symbol = value === null ? '<NULL>' : value instanceof JsonNumber ? value.text : String(value);
      parameters.set(`${name}.${symbol}`, generalized ? String(index) : symbol);
    }
    return { type: 'STRING', optional: false, parameters };
  }

  #array({ node, document }: SchemaPart): Draft {
    const items = node.get('items');
    if (!(items instanceof Map)) throw new DataError('Array schema did not specify the items type');
    const properties = asNode(items.get('properties'));
    if (node.get('connect.type') === 'map' && properties.size > 0) {
      const inner = (name: string): Schema => this.#schema({ node: asNode(properties.get(name)), document }, false);
      return { type: 'MAP', optional: false, keySchema: inner('key'), valueSchema: inner('value') };
    }
    return { type: 'ARRAY', optional: false, valueSchema: this.#schema({ node: items, document }, false) };
  }

  #object(part: SchemaPart, optional: boolean, version: number | null): Schema {
    const { node, document } = part;
    if (node.get('connect.type') === 'map') {
      const keySchema: Schema = { type: 'STRING', optional: false };
      const valueSchema = this.#schema({ node: asNode(node.get('additionalProperties')), document }, false);
      return this.#finished({ type: 'MAP', optional: false, keySchema, valueSchema }, node, optional, version);
    }
    const known = this.#structs.get(node);
    if (known !== undefined) return optional ? { ...known, optional: true } : known;
    const fields: Field[] = [];
    const draft = this.#finished({ type: 'STRUCT', optional: false, fields }, node, false, version);
    this.#structs.set(node, draft);
    const required = node.get('required');
    const names: ReadonlySet<unknown> = new Set(Array.isArray(required) ? required : []);
    for (const [name, property] of inConnectOrder(asNode(node.get('properties')))) {
      this.#addField(fields, name, { node: property, document }, names.has(name));
    }
    return optional ? { ...draft, optional: true } : draft;
  }

  #addField(fields: Field[], name: string, place: SchemaPlace, isRequired: boolean): void {
    const optional = this.#options['use.optional.for.nonrequired'] && !isRequired;
    fields.push({ name, index: fields.length, schema: this.#schema(place, optional) });
  }

  #combined(part: SchemaPart, optional: boolean, version: number | null): Schema {
    const members = part.members ?? [];
    const [only] = members;
    if (members.length === 1 && only !== undefined && this.#options['flatten.singleton.unions']) {
      return this.#schema(only, optional);
    }
    if (part.isAllOf === true) {
      return this.#allOf(
        part,
        members.flatMap((member) => this.#partsOf(member)),
        optional,
        version,
      );
    }
    const others = members.filter((member) => !isNull(member));
    const [other] = others;
    if (members.length === 2 && others.length === 1 && other !== undefined) return this.#schema(other, true, version);
    const generalized = this.#options['generalized.sum.type.support'];
    const name = generalized ? `connect_union_${this.#unions++}` : oneOfName;
    const fields = others.map((member, index) => ({
      name: generalized ? `connect_union_field_${index}` : `${name}.field.${index}`,
      index,
      schema: this.#schema(member, true),
    }));
    const draft: Draft = { type: 'STRUCT', optional: others.length < members.length, name, fields };
    if (generalized) draft.parameters = new Map([[generalizedUnion, name]]);
    return this.#finished(draft, part.node, optional, version);
  }

  /** Objects are merged; else what is said of a string, number or enum together. */
  #allOf(whole: SchemaPart, parts: readonly SchemaPart[], optional: boolean, version: number | null): Schema {
    const known = this.#structs.get(whole.node);
    if (known !== undefined && parts.length > 1) return optional ? { ...known, optional: true } : known;
    const fields: Field[] = [];
    const draft: Draft = { type: 'STRUCT', optional: false, fields };
    const properties = new Map<string, SchemaPlace & { readonly isRequired: boolean }>();
    for (const part of parts) this.#collectProperties(part, properties, new Set());
    if (properties.size > 0) {
      this.#structs.set(whole.node, draft);
      for (const [name, property] of properties) this.#addField(fields, name, property, property.isRequired);
      return optional ? { ...draft, optional: true } : draft;
    }
    const find = (part: Part): SchemaPart | undefined => parts.findLast((candidate) => candidate.part === part);
    const combined = find('combined');
    const [text, number] = [find('string'), find('number')];
    const chosen =
      combined ??
      (find('const') !== undefined ? (text ?? number) : undefined) ??
      (find('enum') !== undefined ? (text === undefined ? number : find('enum')) : undefined) ??
      number ??
      text ??
      find('reference') ??
      find('object') ??
      find('array') ??
      find('boolean') ??
      find('enum') ??
      find('const');
    if (chosen === undefined) throw new DataError('The JSON schema has an allOf that Connect has no type for');
    return this.#part(chosen, optional, version);
  }

  #collectProperties(
    part: SchemaPart,
    found: Map<string, SchemaPlace & { readonly isRequired: boolean }>,
    seen: Set<JsonSchemaNode>,
  ): void {
    if (part.part === 'reference') {
      if (seen.has(part.node)) return;
      seen.add(part.node);
      const target = this.#documents.resolve(String(part.node.get('$ref')), part.document);
      for (const inner of this.#partsOf(target)) this.#collectProperties(inner, found, seen);
    }
    if (part.part === 'combined' && part.isAllOf === true) {
      for (const member of part.members ?? []) {
        for (const inner of this.#partsOf(member)) this.#collectProperties(inner, found, seen);
      }
    }
    if (part.part !== 'object') return;
    const required = part.node.get('required');
    const names: ReadonlySet<unknown> = new Set(Array.isArray(required) ? required : []);
    for (const [name, node] of asNode(part.node.get('properties'))) {
      found.set(name, { node: asNode(node), document: part.document, isRequired: names.has(name) });
    }
  }

  #finished(draft: Draft, node: JsonSchemaNode, optional: boolean, version: number | null): Draft {
    const title = node.get('title');
    if (draft.name === undefined && typeof title === 'string') draft.name = title;
    const own = node.get('connect.version');
    if (own instanceof JsonNumber) draft.version = Number(own.text);
    else if (version !== null) draft.version = version;
    const description = node.get('description');
    if (typeof description === 'string') draft.doc = description;
    const parameters = [...asNode(node.get('connect.parameters'))].map(
      ([name, value]) => [name, String(value)] as const,
    );
    if (parameters.length > 0) draft.parameters = new Map([...(draft.parameters ?? []), ...parameters]);
    const byDefault = node.get('default');
    if (byDefault !== undefined && byDefault !== null && draft.type !== 'STRUCT') {
      draft.defaultValue = jsonSchemaValue(draft, byDefault);
    }
    if (optional) draft.optional = true;
    return draft;
  }
}

const numberTypes: ReadonlyMap<unknown, SchemaType> = new Map<unknown, SchemaType>([
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float32', 'FLOAT32'],
  ['float64', 'FLOAT64'],
  ['bytes', 'BYTES'],
]);

const numberType = ({ node, isInteger }: SchemaPart): SchemaType => {
  const given = node.get('connect.type');
  if (given === undefined) return isInteger === true ? 'INT64' : 'FLOAT64';
  const type = numberTypes.get(given);
  if (type === undefined) throw new DataError(`Unsupported type ${String(given)}`);
  return type;
};

const isNull = ({ node }: SchemaPlace): boolean => node.get('type') === 'null';

const combinations = new Set(['allOf', 'anyOf', 'oneOf', 'enum', 'const']);
const withoutCombinations = ({ node, document }: SchemaPlace): SchemaPlace => ({
  node: new Map([...node].filter(([name]) => !combinations.has(name))),
  document,
});

/** What a schema without `type` is about, by the first keyword that only one type has. */
const inferredType = (node: JsonSchemaNode): string | null => {
  const has = (...names: readonly string[]): boolean => names.some((name) => node.has(name));
  if (has('properties', 'additionalProperties', 'required', 'patternProperties', 'minProperties')) return 'object';
  if (has('items', 'minItems', 'maxItems', 'uniqueItems')) return 'array';
  if (has('minLength', 'maxLength', 'pattern', 'format')) return 'string';
  return has('minimum', 'maximum', 'multipleOf') ? 'number' : null;
};

/** By `connect.index`; a property without one has the place where it was written. */
const inConnectOrder = (properties: JsonSchemaNode): readonly (readonly [string, JsonSchemaNode])[] =>
  [...properties]
    .map(([name, value], position) => {
      const node = asNode(value);
      const index = node.get('connect.index');
      return { name, node, at: index instanceof JsonNumber ? Number(index.text) : position };
    })
    .sort((a, b) => a.at - b.at)
    .map(({ name, node }) => [name, node] as const);
