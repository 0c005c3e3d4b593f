import { type ConnectorConfig, type Schema, type SinkRecord, Struct } from '../../api/index.ts';
import { boolean, ConfigDef, int, javaRegex, nonEmpty, oneOfIgnoringCase, string } from '../../config/index.ts';
import { JavaError } from '../../util/java-error.ts';
import { compileJavaPattern, ReplacementError } from '../../util/java-pattern.ts';
import { configError, parseConfig } from '../parse-config.ts';
import type { Apply, CreateApply } from '../record-side.ts';
import { requireStruct } from '../requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, StructFields, structOf } from '../struct-schema.ts';
import { envelopeOf } from './envelope.ts';
import { adjustedName } from './schema-name.ts';

const keysWith = (keyField: string) => ({
  'topic.regex': string({ validator: javaRegex, documentation: 'Java regular expression of the topics to route.' }),
  'topic.replacement': string({
    validator: nonEmpty,
    documentation: 'The new topic; $1, $2 … stand for groups of the expression.',
  }),
  'key.enforce.uniqueness': boolean({
    default: true,
    documentation: 'Add the old topic to keys: tables that share a topic may share keys.',
  }),
  'key.field.name': string({ default: keyField, documentation: 'Field of the key for that.' }),
  'key.field.regex': string({
    default: '',
    validator: javaRegex,
    documentation: 'Java regular expression of old topics whose key field is made by key.field.replacement.',
  }),
  'key.field.replacement': string({ default: '', documentation: 'What such a field holds; with groups.' }),
  'schema.name.adjustment.mode': string({
    default: 'none',
    validator: oneOfIgnoringCase('none', 'avro', 'avro_unicode'),
    documentation: 'Whether the new schema names become names that Avro takes.',
  }),
  'logical.table.cache.size': int({ default: 16, documentation: 'Accepted; sixteen schemas are kept.' }),
});
export const logicalTableRouterDef = new ConfigDef(keysWith('__dbz__physicalTableIdentifier'));
/** The name since Debezium 3.7. */
export const logicalTopicRouterDef = new ConfigDef(keysWith('__dbz__sourceIdentifier'));

/** Matches the whole topic; null where it does not. */
const createReplacer = (regex: string, replacement: string): ((topic: string) => string | null) => {
  const pattern = compileJavaPattern(regex);
  return (topic) => {
    try {
      return pattern.matches(topic) ? pattern.replaceFirst(topic, replacement) : null;
    } catch (error) {
      throw error instanceof ReplacementError ? new JavaError(error.javaClass, error.message) : error;
    }
  };
};

/**
 * io.debezium.transforms.ByLogicalTableRouter: routes the change events of several physical tables to one topic. Schemas get names of
 * the new topic (`….Key`, `….Envelope`, `….Value`), keys a field with the old one. A topic that does not match, or whose new name
 * is empty, passes unchanged.
 */
const createRouter = (configDef: typeof logicalTableRouterDef, config: ConnectorConfig): Apply => {
  const settings = parseConfig(configDef, config);
  const route = createReplacer(settings['topic.regex'], settings['topic.replacement']);
  const [keyRegex, keyReplacement] = [settings['key.field.regex'], settings['key.field.replacement']];
  if (keyRegex !== '' && keyReplacement === '') {
    throw configError('key.field.replacement', 'key.field.replacement must be set where key.field.regex is.');
  }
  const identify = keyRegex === '' ? null : createReplacer(keyRegex, keyReplacement);
  const keyField = settings['key.enforce.uniqueness'] ? settings['key.field.name'] : null;
  const named = (topic: string, suffix: string): string =>
    adjustedName(`${topic}.${suffix}`, settings['schema.name.adjustment.mode']);
  const schemasOf = cachedBySchema((_schema: Schema) => new Map<string, Schema>());
  const renamed = (schema: Schema, topic: string, make: () => Schema): Schema => {
    const known = schemasOf(schema);
    const made = known.get(topic) ?? make();
    if (known.size < maxTopics) known.set(topic, made);
    return made;
  };

  const keyOf = ({ keySchema, key, topic }: SinkRecord, target: string): Pick<SinkRecord, 'keySchema' | 'key'> => {
    if (key === null) return { keySchema: null, key: null };
    const old = requireStruct(keySchema, key, 'Updating schema');
    const schema = renamed(old.schema, target, () => keySchemaFor(old.schema, named(target, 'Key'), keyField));
    const identifier = identify?.(topic) ?? topic;
    const updated = structOf(schema, ({ name }) => (name === keyField ? identifier : old.get(name)));
    return { keySchema: schema, key: updated };
  };

  return (record) => {
    const target = route(record.topic);
    if (target === null || target === '') return record;
    const routed = { ...record, topic: target, ...keyOf(record, target) };
    const envelope = envelopeOf(record);
    if (envelope === null) return routed;
    const names = { envelope: named(target, 'Envelope'), value: named(target, 'Value') };
    const valueSchema = renamed(envelope.schema, target, () => envelopeSchemaFor(envelope.schema, names));
    const value = structOf(valueSchema, ({ name, schema }) => {
      const member = envelope.value.getWithoutDefault(name);
      if (!isRowImage(name) || !(member instanceof Struct)) return member;
      return structOf(schema, (field) => member.get(field.name));
    });
    return { ...routed, valueSchema, value };
  };
};

export const byLogicalTableRouter: CreateApply = (config) => createRouter(logicalTableRouterDef, config);
export const toLogicalTopicRouter: CreateApply = (config) => createRouter(logicalTopicRouterDef, config);

const maxTopics = 1024;
const isRowImage = (name: string): boolean => name === 'before' || name === 'after';

/** The same schema but for its name and fields. */
const withName = (schema: Schema, name: string, fields: StructFields): Schema => ({
  ...copySchemaBasics(schema, 'STRUCT'),
  optional: schema.optional,
  name,
  fields: fields.fields,
});

const keySchemaFor = (schema: Schema, name: string, keyField: string | null): Schema => {
  const fields = new StructFields();
  for (const field of fieldsOf(schema)) fields.add(field.name, field.schema);
  if (keyField !== null) fields.add(keyField, { type: 'STRING', optional: false });
  return withName(schema, name, fields);
};

const envelopeSchemaFor = (schema: Schema, names: { readonly envelope: string; readonly value: string }): Schema => {
  const fields = new StructFields();
  for (const field of fieldsOf(schema)) {
    fields.add(field.name, isRowImage(field.name) ? rowSchemaFor(field.schema, names.value) : field.schema);
  }
  return withName(schema, names.envelope, fields);
};

const rowSchemaFor = (schema: Schema, name: string): Schema => {
  const fields = new StructFields();
  for (const field of fieldsOf(schema)) fields.add(field.name, field.schema);
  return withName(schema, name, fields);
};
