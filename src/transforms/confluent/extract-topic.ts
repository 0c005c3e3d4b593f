import { DataError, type SinkRecord, Struct } from '../../api/index.ts';
import { boolean, ConfigDef, nonEmpty, oneOfIgnoringCase, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateApply, CreateSidedApply } from '../record-side.ts';
import { compileJsonPath } from './compile-json-path.ts';

const skipMissing = {
  'skip.missing.or.null': boolean({
    default: false,
    documentation: 'true leaves the topic as it is where there is no text; false makes that an error.',
  }),
};
export const extractTopicConfig = new ConfigDef({
  field: string({ default: '', documentation: 'Field whose text becomes the topic; empty: the whole key or value.' }),
  'field.format': string({
    default: 'plain',
    validator: oneOfIgnoringCase('plain', 'json_path'),
    documentation: 'json_path: field is a JsonPath into nested fields.',
  }),
  ...skipMissing,
});
export const extractTopicFromHeaderConfig = new ConfigDef({
  field: string({ validator: nonEmpty, documentation: 'Header whose text becomes the topic; the last of that name.' }),
  ...skipMissing,
});

/** io.confluent.connect.transforms.ExtractTopic$Key and $Value, after its documentation. */
export const extractTopic: CreateSidedApply = (config, side) => {
  const { field, ...settings } = parseConfig(extractTopicConfig, config);
  const route = routeTo(field === '' ? 'the whole record side' : `field ${field}`, settings['skip.missing.or.null']);
  if (field === '') return (record) => route(record, side.valueOf(record));
  if (settings['field.format'].toLowerCase() === 'json_path') {
    const path = compileJsonPath(
      'field',
      field.startsWith('$') ? field : `$${field.startsWith('[') ? '' : '.'}${field}`,
    );
    return (record) => {
      const found = path.find(side.valueOf(record));
      return route(record, found.missing ? null : found.values[0]);
    };
  }
  return (record) => route(record, memberOf(side.valueOf(record), field));
};

/** io.confluent.connect.transforms.ExtractTopic$Header. */
export const extractTopicFromHeader: CreateApply = (config) => {
  const { field, 'skip.missing.or.null': skips } = parseConfig(extractTopicFromHeaderConfig, config);
  const route = routeTo(`header ${field}`, skips);
  return (record) => route(record, record.headers.findLast(({ name }) => name === field)?.value);
};

const memberOf = (value: unknown, field: string): unknown => {
  if (value instanceof Map) return value.get(field);
  if (value instanceof Struct) return value.schema.fields?.some(({ name }) => name === field) ? value.get(field) : null;
  return null;
};

const routeTo =
  (where: string, skips: boolean) =>
  (record: SinkRecord, topic: unknown): SinkRecord => {
    if (topic === null || topic === undefined || topic === '') {
      if (skips) return record;
      throw new DataError(
        `No topic in ${where}: it is missing, null or empty; skip.missing.or.null=true leaves the topic`,
      );
    }
    if (typeof topic !== 'string') throw new DataError(`The topic in ${where} is no text: put a Cast to string before`);
    return { ...record, topic };
  };
