import { type Field, type Schema, Struct } from '../../api/index.ts';
import { ConfigDef } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateSidedApply } from '../record-side.ts';
import { renamesOf, replaceFieldConfig } from '../replace-field.ts';
import { requireMap, requireStruct } from '../requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, fieldValue, StructFields, structOf } from '../struct-schema.ts';

const { blacklist: _blacklist, whitelist: _whitelist, ...currentKeys } = replaceFieldConfig.keys;
export const nestedReplaceFieldConfig = new ConfigDef(currentKeys);

const purpose = 'field replacement';

/** What becomes of a STRUCT: which field of the old one each of the new comes from, and what becomes of that in turn. */
interface Plan {
  readonly schema: Schema;
  readonly sources: readonly { readonly field: Field; readonly nested: Plan | null }[];
}

/**
 * io.confluent.connect.transforms.ReplaceField$Key and $Value, after its documentation: Apache's, with paths (`foo.a3.b1`) into nested
 * structs and maps. Paths are those of the record as it came; a rename gives the last step its new name. A field that `include` names
 * is kept with all that is in it.
 */
export const nestedReplaceField: CreateSidedApply = (config, side) => {
  const settings = parseConfig(nestedReplaceFieldConfig, config);
  const { include } = settings;
  const exclude = new Set(settings.exclude);
  const renames = renamesOf(settings.renames);
  const replaces = settings['replace.null.with.default'];
  const named = [...exclude, ...include, ...renames.keys()];
  /** Whether a path is included, lies in what is, or holds what is. */
  const isIncluded = (path: string): boolean =>
    include.length === 0 ||
    include.some((one) => one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`));
  const isKept = (path: string): boolean => !exclude.has(path) && isIncluded(path);
  const reachesInto = (path: string): boolean => named.some((one) => one.startsWith(`${path}.`));

  const planOf = (schema: Schema, prefix: string): Plan => {
    const updated = new StructFields();
    const sources: { field: Field; nested: Plan | null }[] = [];
    for (const field of fieldsOf(schema)) {
      const path = prefix + field.name;
      if (!isKept(path)) continue;
      const nested = field.schema.type === 'STRUCT' && reachesInto(path) ? planOf(field.schema, `${path}.`) : null;
      const own = nested === null ? field.schema : { ...nested.schema, optional: field.schema.optional };
      updated.add(renames.get(path) ?? field.name, own);
      sources.push({ field, nested: nested === null ? null : { ...nested, schema: own } });
    }
    return { schema: { ...copySchemaBasics(schema, 'STRUCT'), fields: updated.fields }, sources };
  };
  const replacementOf = cachedBySchema((schema: Schema) => planOf(schema, ''));

  const replacedStruct = ({ schema, sources }: Plan, struct: Struct): Struct =>
    structOf(schema, ({ index }) => {
      const source = sources[index];
      if (source === undefined) return null;
      const value = fieldValue(struct, source.field, replaces);
      return source.nested !== null && value instanceof Struct ? replacedStruct(source.nested, value) : value;
    });

  const replacedMap = (map: ReadonlyMap<unknown, unknown>, prefix: string): Map<unknown, unknown> => {
    const kept = new Map<unknown, unknown>();
    for (const [name, inner] of map) {
      const path = `${prefix}${name}`;
      if (!isKept(path)) continue;
      const value = inner instanceof Map && reachesInto(path) ? replacedMap(inner, `${path}.`) : inner;
      kept.set(renames.get(path) ?? name, value);
    }
    return kept;
  };

  return (record) => {
    const value = side.valueOf(record);
    if (value === null) return record;
    const schema = side.schemaOf(record);
    if (schema === null) return side.replaced(record, null, replacedMap(requireMap(value, purpose), ''));
    const updated = replacedStruct(replacementOf(schema), requireStruct(schema, value, purpose));
    return side.replaced(record, updated.schema, updated);
  };
};
