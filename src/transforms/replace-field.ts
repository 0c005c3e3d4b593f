import { type ConnectorConfig, DataError, type Field, type Schema } from '../api/index.ts';
import { ConfigDef, list } from '../config/index.ts';
import { configError, parseConfig, readableBy, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import {
  cachedBySchema,
  copySchemaBasics,
  fieldOf,
  fieldsOf,
  fieldValue,
  StructFields,
  structOf,
} from './struct-schema.ts';

const purpose = 'field replacement';
export const replaceFieldConfig = new ConfigDef({
  exclude: list({ default: [], documentation: 'Fields to take out; wins over include.' }),
  blacklist: list({ default: null, importance: 'LOW', documentation: 'Old name of exclude.' }),
  include: list({ default: [], documentation: 'Fields to keep; empty: all.' }),
  whitelist: list({ default: null, importance: 'LOW', documentation: 'Old name of include.' }),
  renames: list({
    default: [],
    validator: readableBy((renames) => renamesOf(renames), 'old:new pairs'),
    documentation: 'Renamings, each old:new.',
  }),
  ...replaceNullWithDefault,
});

/** Kafka 3.x's names of two keys; the new name wins where both are given. */
const withCurrentNames = ({ blacklist, whitelist, ...config }: ConnectorConfig): ConnectorConfig => ({
  ...(blacklist !== undefined && { exclude: blacklist }),
  ...(whitelist !== undefined && { include: whitelist }),
  ...config,
});

/** String.split of Java: without the empty texts at the end. */
export const renamesOf = (mappings: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    mappings.map((mapping) => {
      const [before, after, ...more] = mapping.replace(/:+$/, '').split(':');
      if (before !== undefined && after !== undefined && more.length === 0) return [before, after];
      const why = `Invalid rename mapping: ${mapping}`;
      throw configError('renames', `Invalid value [${mappings.join(', ')}] for configuration renames: ${why}`);
    }),
  );

/** Takes out and renames fields; their order stays. */
export const replaceField: CreateSidedApply = (config, side) => {
  const settings = parseConfig(replaceFieldConfig, withCurrentNames(config));
  const [exclude, include] = [new Set(settings.exclude), new Set(settings.include)];
  const renames = renamesOf(settings.renames);
  const isKept = (name: string): boolean => !exclude.has(name) && (include.size === 0 || include.has(name));
  const onlyExcludes = include.size === 0 && renames.size === 0;
  const nameOf = (name: string): string => renames.get(name) ?? name;
  const former = new Map([...renames].map(([before, after]) => [after, before]));

  const replacementOf = cachedBySchema((schema: Schema) => {
    const updated = new StructFields();
    for (const field of fieldsOf(schema)) if (isKept(field.name)) updated.add(nameOf(field.name), field.schema);
    const sources = updated.fields.map(({ name, schema: inner }) => sourceOf(schema, name, former.get(name), inner));
    return { schema: { ...copySchemaBasics(schema, 'STRUCT'), fields: updated.fields } satisfies Schema, sources };
  });

  return (record) => {
    const value = side.valueOf(record);
    if (value === null) return record;
    if (side.schemaOf(record) === null) {
      const map = requireMap(value, purpose);
      if (onlyExcludes) {
        for (const name of exclude) map.delete(name);
        return record;
      }
      const kept = new Map<string, unknown>();
      for (const name of map.keys()) if (isKept(name)) kept.set(nameOf(name), map.get(name));
      return side.replaced(record, null, kept);
    }
    const struct = requireStruct(side.schemaOf(record), value, purpose);
    const { schema, sources } = replacementOf(struct.schema);
    const updated = structOf(schema, ({ index }) => {
      const source = sources[index];
      return source === undefined ? null : fieldValue(struct, source, settings['replace.null.with.default']);
    });
    return side.replaced(record, schema, updated);
  };
};

/** Whatever bears a name that something is renamed to gets that field's value, as in Connect; where it cannot, the record is a bad one. */
const sourceOf = (schema: Schema, name: string, former: string | undefined, updated: Schema): Field => {
  const source = fieldOf(schema, former ?? name);
  if (source === null) throw new DataError(`${former ?? name} is not a valid field name`);
  if (source.schema.type === updated.type) return source;
  throw new DataError(
    `Invalid Java object for schema with type ${updated.type}: a ${source.schema.type} for field: "${name}"`,
  );
};
