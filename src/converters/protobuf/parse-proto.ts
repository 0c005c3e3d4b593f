import { create, createFileRegistry, type DescFile } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import protobuf from 'protobufjs';
import { DataError } from '../../api/index.ts';
import type { RegisteredSchema } from '../../registry/index.ts';
import { bundledProtos, wellKnownFiles } from './well-known-protos.ts';

/** Parameters of `(confluent.field_meta)` by `message.field`; descriptors of dynamic files do not carry extensions. */
export type FieldMeta = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface ProtoFile {
  readonly file: DescFile;
  readonly meta: FieldMeta;
}

interface ParsedProto {
  readonly name: string;
  readonly packageName: string;
  readonly imports: readonly string[];
  readonly text: string;
  readonly space: protobuf.NamespaceBase;
}

const mainName = 'registered-schema.proto';

/**
 * A registered .proto text, with what it imports, as descriptors. protobufjs only parses the text: its own decoders generate code, and
 * a registry's schema is not to be trusted with that. Throws DataError for what cannot be resolved.
 */
export const parseProto = ({ text, references }: Pick<RegisteredSchema, 'text' | 'references'>): ProtoFile => {
  const texts = new Map([...bundledProtos, ...references.map(({ name, text: own }) => [name, own] as const)]);
  const files = new Map<string, ParsedProto>();
  collect(mainName, text, texts, files);
  const kinds = kindsOf(files.values());
  const meta = new Map<string, ReadonlyMap<string, string>>();
  const protos = new Map([...files].map(([name, parsed]) => [name, fileProto(parsed, kinds, meta)]));
  const main = protos.get(mainName);
  if (main === undefined) throw new DataError('There is no schema');
  const registry = createFileRegistry(main, (name) => protos.get(name) ?? wellKnownFiles.get(name)?.proto);
  const file = registry.getFile(mainName);
  if (file === undefined) throw new DataError('The schema is no .proto file');
  return { file, meta };
};

const collect = (
  name: string,
  text: string,
  texts: ReadonlyMap<string, string>,
  files: Map<string, ParsedProto>,
): void => {
  const root = new protobuf.Root();
  const { package: packageName = '', imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
  const all = [...new Set([...imports, ...weakImports])];
  const space = packageName === '' ? root : (root.lookup(packageName) ?? root);
  files.set(name, { name, packageName, imports: all, text, space: space as protobuf.NamespaceBase });
  for (const imported of all) {
    if (files.has(imported) || wellKnownFiles.has(imported)) continue;
    const found = texts.get(imported);
    if (found === undefined) {
      throw new DataError(`The schema imports ${imported}, which is not among its references in the registry`);
    }
    collect(imported, found, texts, files);
  }
};

type Kinds = ReadonlyMap<string, 'message' | 'enum'>;

/** Every message and enum by full name: a field's type is looked for from its message outwards. */
const kindsOf = (files: Iterable<ParsedProto>): Kinds => {
  const kinds = new Map<string, 'message' | 'enum'>();
  const add = (space: protobuf.NamespaceBase, prefix: string): void => {
    for (const object of space.nestedArray) {
      const name = prefix === '' ? object.name : `${prefix}.${object.name}`;
      if (object instanceof protobuf.Type) {
        kinds.set(name, 'message');
        add(object, name);
      } else if (object instanceof protobuf.Enum) kinds.set(name, 'enum');
    }
  };
  for (const { space, packageName } of files) add(space, packageName);
  for (const file of wellKnownFiles.values()) {
    for (const { typeName } of file.messages) kinds.set(typeName, 'message');
    for (const { typeName } of file.enums) kinds.set(typeName, 'enum');
  }
  return kinds;
};

const fileProto = (
  { name, packageName, imports, text, space }: ParsedProto,
  kinds: Kinds,
  meta: Map<string, ReadonlyMap<string, string>>,
): FileDescriptorProto => {
  const scope: Scope = { path: packageName, kinds, meta };
  const [, syntax = 'proto2'] =
    /^\s*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*syntax\s*=\s*["'](proto[23])["']/.exec(text) ?? [];
  const isEdition = /^\s*edition\s*=\s*["']2023["']/m.test(text);
  return create(FileDescriptorProtoSchema, {
    name,
    package: packageName,
    dependency: [...imports],
    ...(isEdition ? { syntax: 'editions', edition: Edition.EDITION_2023 } : { syntax }),
    messageType: space.nestedArray.filter(isType).map((type) => messageProto(type, scope)),
    enumType: space.nestedArray.filter(isEnum).map(enumProto),
  });
};

interface Scope {
  /** Full name of what surrounds. */
  readonly path: string;
  readonly kinds: Kinds;
  readonly meta: Map<string, ReadonlyMap<string, string>>;
}

const isType = (object: protobuf.ReflectionObject): object is protobuf.Type => object instanceof protobuf.Type;
const isEnum = (object: protobuf.ReflectionObject): object is protobuf.Enum => object instanceof protobuf.Enum;

const messageProto = (type: protobuf.Type, outer: Scope): DescriptorProto => {
  const path = outer.path === '' ? type.name : `${outer.path}.${type.name}`;
  const scope = { ...outer, path };
  const oneofs = realOneofsFirst(type);
  const entries: DescriptorProto[] = [];
  const field = type.fieldsArray.map((one) => fieldProto(one, oneofs, scope, entries));
  return create(DescriptorProtoSchema, {
    name: type.name,
    field,
    oneofDecl: oneofs.map(({ name }) => ({ name })),
    nestedType: [...type.nestedArray.filter(isType).map((nested) => messageProto(nested, scope)), ...entries],
    enumType: type.nestedArray.filter(isEnum).map(enumProto),
  });
};

/** protoc's order: the synthetic oneofs of proto3's optional come last. */
const realOneofsFirst = (type: protobuf.Type): readonly protobuf.OneOf[] => {
  const isSynthetic = (oneof: protobuf.OneOf): boolean => oneof.fieldsArray.every(isProto3Optional);
  return type.oneofsArray.toSorted((a, b) => Number(isSynthetic(a)) - Number(isSynthetic(b)));
};

const isProto3Optional = (field: protobuf.Field): boolean => field.options?.['proto3_optional'] === true;

const enumProto = (type: protobuf.Enum) =>
  create(EnumDescriptorProtoSchema, {
    name: type.name,
    value: Object.entries(type.values).map(([name, number]) => ({ name, number })),
    options: { allowAlias: true },
  });

const scalarTypes: ReadonlyMap<string, FieldDescriptorProto_Type> = new Map([
  ['double', FieldDescriptorProto_Type.DOUBLE],
  ['float', FieldDescriptorProto_Type.FLOAT],
  ['int64', FieldDescriptorProto_Type.INT64],
  ['uint64', FieldDescriptorProto_Type.UINT64],
  ['int32', FieldDescriptorProto_Type.INT32],
  ['fixed64', FieldDescriptorProto_Type.FIXED64],
  ['fixed32', FieldDescriptorProto_Type.FIXED32],
  ['bool', FieldDescriptorProto_Type.BOOL],
  ['string', FieldDescriptorProto_Type.STRING],
  ['bytes', FieldDescriptorProto_Type.BYTES],
  ['uint32', FieldDescriptorProto_Type.UINT32],
  ['sfixed32', FieldDescriptorProto_Type.SFIXED32],
  ['sfixed64', FieldDescriptorProto_Type.SFIXED64],
  ['sint32', FieldDescriptorProto_Type.SINT32],
  ['sint64', FieldDescriptorProto_Type.SINT64],
]);

type TypePart = Pick<FieldDescriptorProto, 'type' | 'typeName'>;

const fieldProto = (
  field: protobuf.Field,
  oneofs: readonly protobuf.OneOf[],
  scope: Scope,
  entries: DescriptorProto[],
): FieldDescriptorProto => {
  addMeta(field, scope);
  const oneofIndex = field.partOf === null ? -1 : oneofs.indexOf(field.partOf);
  const byDefault: unknown = field.options?.['default'];
  return create(FieldDescriptorProtoSchema, {
    name: field.name,
    number: field.id,
    label: labelOf(field),
    ...(field instanceof protobuf.MapField ? mapType(field, scope, entries) : typePart(field, scope)),
    ...(oneofIndex < 0 ? {} : { oneofIndex }),
    ...(isProto3Optional(field) ? { proto3Optional: true } : {}),
    ...(byDefault === undefined ? {} : { defaultValue: String(byDefault) }),
  });
};

const labelOf = (field: protobuf.Field): FieldDescriptorProto_Label => {
  if (field.repeated || field instanceof protobuf.MapField) return FieldDescriptorProto_Label.REPEATED;
  return field.required ? FieldDescriptorProto_Label.REQUIRED : FieldDescriptorProto_Label.OPTIONAL;
};

const typePart = (field: protobuf.Field, scope: Scope): TypePart => {
  const part = namedType(field.type, scope);
  const isGroup = part.type === FieldDescriptorProto_Type.MESSAGE && field.delimited;
  return isGroup ? { ...part, type: FieldDescriptorProto_Type.GROUP } : part;
};

const namedType = (name: string, { path, kinds }: Scope): TypePart => {
  const scalar = scalarTypes.get(name);
  if (scalar !== undefined) return { type: scalar, typeName: '' };
  const found = resolved(name, path, kinds);
  const isEnumType = kinds.get(found) === 'enum';
  return {
    type: isEnumType ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE,
    typeName: `.${found}`,
  };
};

/** Innermost scope first, as protoc looks; a leading dot says that the name is whole. */
const resolved = (name: string, path: string, kinds: Kinds): string => {
  if (name.startsWith('.') && kinds.has(name.slice(1))) return name.slice(1);
  for (let scope = path; ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf('.')))) {
    const candidate = scope === '' ? name : `${scope}.${name}`;
    if (kinds.has(candidate)) return candidate;
    if (scope === '')
      throw new DataError(`The schema has a field of type ${name}, which is neither in it nor imported`);
  }
};

const mapType = (field: protobuf.MapField, scope: Scope, entries: DescriptorProto[]): TypePart => {
  const name = `${camelCase(field.name)}Entry`;
  const member = (memberName: string, number: number, type: string): FieldDescriptorProto =>
    create(FieldDescriptorProtoSchema, {
      name: memberName,
      number,
      label: FieldDescriptorProto_Label.OPTIONAL,
      ...namedType(type, scope),
    });
  entries.push(
    create(DescriptorProtoSchema, {
      name,
      field: [member('key', 1, field.keyType), member('value', 2, field.type)],
      options: { mapEntry: true },
    }),
  );
  return { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${scope.path}.${name}` };
};

/** protoc's name of a map's entry message: `unit_prices` → `UnitPrices`. */
const camelCase = (name: string): string =>
  name.replace(/(?:^|_)([a-z0-9A-Z]?)/g, (_all, letter: string) => letter.toUpperCase());

/** `[(confluent.field_meta).params = {key: "scale", value: "2"}]`, once or in a list. */
const addMeta = (field: protobuf.Field, { path, meta }: Scope): void => {
  const options: unknown = field.parsedOptions;
  if (!Array.isArray(options)) return;
  const params = new Map<string, string>();
  for (const option of options as readonly Record<string, { readonly params?: unknown }>[]) {
    const given = option['(confluent.field_meta)']?.params;
    for (const pair of Array.isArray(given) ? given : [given]) {
      const { key, value } = (pair ?? {}) as { readonly key?: unknown; readonly value?: unknown };
      if (key !== undefined) params.set(String(key), String(value));
    }
  }
  if (params.size > 0) meta.set(`${path}.${field.name}`, params);
};
