import { Struct } from '../../api/index.ts';
import { ConfigDef, list, string } from '../../config/index.ts';
import { configError, parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { fieldsOf } from '../struct-schema.ts';
import { envelopeOf } from './envelope.ts';
import { movesByName } from './time-in-zone.ts';
import { parseZone } from './zone-offset.ts';

const rules = 'source:TABLE[:FIELD], topic:TOPIC[:FIELD] or NAME:FIELD';
export const timezoneConverterConfig = new ConfigDef({
  'converted.timezone': string({ documentation: 'A zone like America/Los_Angeles, or an offset like +08:00.' }),
  'include.list': list({ default: [], documentation: `Only what these rules name: ${rules}.` }),
  'exclude.list': list({ default: [], documentation: `All but what these rules name: ${rules}.` }),
});

/** Fields by table or topic; an empty set: all of them. */
type Rules = ReadonlyMap<string, ReadonlySet<string>>;
type Kind = 'source' | 'topic' | 'either';

/**
 * io.debezium.transforms.TimezoneConverter: times of change events in another zone. ZonedTimestamp and ZonedTime keep their instant;
 * timestamps without a zone are read as local times of it. Dates and times of day without a zone stay as they are.
 */
export const timezoneConverter: CreateApply = (config) => createTimezoneConverter(config, Date.now);

export const createTimezoneConverter = (
  config: Parameters<CreateApply>[0],
  nowMs: () => number,
): ReturnType<CreateApply> => {
  const settings = parseConfig(timezoneConverterConfig, config);
  const zone = parseZone(settings['converted.timezone']);
  if (zone === null) {
    const why = 'neither a geographic time zone (America/Los_Angeles) nor an offset (+08:00)';
    throw configError(
      'converted.timezone',
      `Invalid value ${settings['converted.timezone']} for configuration converted.timezone: ${why}`,
    );
  }
  const [included, excluded] = [settings['include.list'], settings['exclude.list']];
  if (included.length > 0 && excluded.length > 0) {
    throw configError('exclude.list', 'Both include and exclude lists are specified. Please specify only one.');
  }
  const fieldsFor = finderOf(
    included.length > 0 ? parseRules('include.list', included) : parseRules('exclude.list', excluded),
  );

  /** Which fields of an event to convert: null, none of it; `only` or all but `fields`. */
  const choice = (
    topic: string,
    table: string | null,
  ): { readonly only: boolean; readonly fields: ReadonlySet<string> } | null => {
    const fields = fieldsFor(topic, table);
    if (included.length > 0) return fields === null ? null : { only: fields.size > 0, fields };
    if (fields === null) return { only: false, fields: new Set() };
    return fields.size === 0 ? null : { only: false, fields };
  };

  const converted = (struct: Struct, wants: (field: string) => boolean): Struct => {
    const values = new Map(struct.values);
    for (const { name, schema } of fieldsOf(struct.schema)) {
      const move = movesByName.get(schema.name ?? '');
      const value = struct.get(name);
      if (move !== undefined && value !== null && wants(name)) values.set(name, move(value, zone, nowMs));
    }
    return new Struct(struct.schema, values);
  };

  return (record) => {
    const envelope = record.value === null ? null : envelopeOf(record);
    if (envelope === null) return record;
    const source = envelope.value.get('source');
    const table = source instanceof Struct ? source.get('table') : null;
    const chosen = choice(record.topic, typeof table === 'string' ? table : null);
    if (chosen === null) return record;
    const values = new Map(envelope.value.values);
    for (const part of ['before', 'after', 'source'] as const) {
      const struct = envelope.value.get(part);
      const fields = fieldsOfPart(chosen.fields, part);
      if (!(struct instanceof Struct) || (part === 'source' && fields.size === 0)) continue;
      values.set(
        part,
        converted(struct, (field) => fields.has(field) === chosen.only),
      );
    }
    return { ...record, value: new Struct(envelope.value.schema, values) };
  };
};

/** `before.at` speaks of one row image; a bare name of both; of `source` only `source.at` speaks. */
const fieldsOfPart = (fields: ReadonlySet<string>, part: 'before' | 'after' | 'source'): ReadonlySet<string> => {
  const parts = ['before.', 'after.', 'source.'];
  return new Set(
    [...fields].flatMap((field) => {
      if (field.startsWith(`${part}.`)) return [field.slice(part.length + 1)];
      return part === 'source' || parts.some((other) => field.startsWith(other)) ? [] : [field];
    }),
  );
};

const parseRules = (key: string, items: readonly string[]): Readonly<Record<Kind, Rules>> => {
  const found = {
    source: new Map<string, Set<string>>(),
    topic: new Map<string, Set<string>>(),
    either: new Map<string, Set<string>>(),
  };
  let kind: Kind = 'either';
  for (const item of items) {
    const parts = item.split(':').map((part) => part.trim());
    const [first = ''] = parts;
    const named = first.toLowerCase();
    if ((named === 'source' || named === 'topic') && parts.length > 1) kind = parts.shift()?.toLowerCase() as Kind;
    const [name = '', field] = parts;
    const isBare = kind === 'either' && field === undefined;
    if (parts.length > 2 || name === '' || field === '' || isBare) {
      throw configError(key, `Invalid value ${item} for configuration ${key}: rules have the form ${rules}`);
    }
    const fields = found[kind].get(name) ?? new Set();
    found[kind].set(name, fields);
    if (field !== undefined) fields.add(field);
  }
  return found;
};

const finderOf =
  ({ topic: topics, source: tables, either }: Readonly<Record<Kind, Rules>>) =>
  (topic: string, table: string | null): ReadonlySet<string> | null =>
    topics.get(topic) ?? tables.get(table ?? '') ?? either.get(topic) ?? either.get(table ?? '') ?? null;
