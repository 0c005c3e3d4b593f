import { ConnectError, type Header, type Schema, type SinkRecord, type Struct } from '../../api/index.ts';
import { boolean, ConfigDef, javaRegex, list, oneOfIgnoringCase, string } from '../../config/index.ts';
import { parseJson } from '../../converters/index.ts';
import { illegalState } from '../../util/java-error.ts';
import { configError, parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { regexRouter } from '../regex-router.ts';
import { requireStruct } from '../requirements.ts';
import { cachedBySchema, fieldOf, StructFields, structOf } from '../struct-schema.ts';
import { envelopeOf, rowImage } from './envelope.ts';

const onUpdate = oneOfIgnoringCase('warn', 'error', 'fatal');
export const eventRouterConfig = new ConfigDef({
  'table.field.event.id': string({ default: 'id', documentation: 'Column of the event id; becomes header id.' }),
  'table.field.event.key': string({ default: null, documentation: 'Column that becomes the key.' }),
  'table.field.event.timestamp': string({
    default: null,
    documentation: 'Column that becomes the timestamp; else ts_ms of the event.',
  }),
  'table.field.payload': string({ default: 'payload', documentation: 'Column that becomes the value.' }),
  'table.field.payload.id': string({
    default: 'aggregateid',
    documentation: 'Column that becomes the key where no event key is.',
  }),
  'table.fields.additional.placement': list({
    default: [],
    documentation: 'More columns: COLUMN:header[:NAME] or COLUMN:envelope[:NAME].',
  }),
  'table.fields.additional.error.on.missing': boolean({
    default: true,
    documentation: 'Whether such a column must be there.',
  }),
  'table.field.event.schema.version': string({
    default: null,
    documentation: 'Column that becomes the version of the schema.',
  }),
  'table.op.invalid.behavior': string({
    default: null,
    validator: onUpdate,
    documentation: 'An update: warn and error drop it, fatal makes it an error.',
  }),
  'debezium.op.invalid.behavior': string({
    default: 'warn',
    validator: onUpdate,
    documentation: 'Old name of table.op.invalid.behavior.',
  }),
  'table.expand.json.payload': boolean({
    default: false,
    documentation: 'A payload that is JSON text becomes that JSON, without a schema.',
  }),
  'route.by.field': string({ default: 'aggregatetype', documentation: 'Column whose text the topic is made of.' }),
  'route.topic.regex': string({
    default: '(?<routedByValue>.*)',
    validator: javaRegex,
    documentation: 'Java regular expression that this text must match.',
  }),
  'route.topic.replacement': string({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a named group as Java writes it
    default: 'outbox.event.${routedByValue}',
    documentation: 'The topic; with groups of the expression.',
  }),
  'route.tombstone.on.empty.payload': boolean({
    default: false,
    documentation: 'Whether an empty payload becomes a null value.',
  }),
});

interface Placement {
  readonly column: string;
  readonly name: string;
  readonly inHeader: boolean;
}

/**
 * io.debezium.transforms.outbox.EventRouter on a sink's side: inserts into an outbox table become its events. Deletes, updates and
 * tombstones are dropped; what is no change event passes. The partition stays as it is.
 */
export const eventRouter: CreateApply = (config) => {
  const settings = parseConfig(eventRouterConfig, config);
  const placements = settings['table.fields.additional.placement'].map(parsePlacement);
  const inEnvelope = placements.filter(({ inHeader }) => !inHeader);
  const expands = settings['table.expand.json.payload'];
  if (expands && inEnvelope.length > 0) {
    throw configError(
      'table.expand.json.payload',
      'table.expand.json.payload=true goes with additional fields in headers only: place them by COLUMN:header',
    );
  }
  const fatal =
    (settings['table.op.invalid.behavior'] ?? settings['debezium.op.invalid.behavior']).toLowerCase() === 'fatal';
  const route = regexRouter({ regex: settings['route.topic.regex'], replacement: settings['route.topic.replacement'] });
  const [idColumn, payloadColumn, routeColumn] = [
    settings['table.field.event.id'],
    settings['table.field.payload'],
    settings['route.by.field'],
  ];
  const needsAll = settings['table.fields.additional.error.on.missing'];
  const columnOf = (row: Struct, column: string, required: boolean): { schema: Schema; value: unknown } | null => {
    const schema = fieldOf(row.schema, column)?.schema;
    if (schema !== undefined) return { schema, value: row.get(column) };
    if (!required) return null;
    throw new ConnectError(`Unable to find field ${column} in event`);
  };

  const envelopeSchemas = cachedBySchema((_row: Schema) => new Map<string, Schema>());
  const envelopeSchema = (row: Struct, version: unknown, topic: string): Schema => {
    const known = envelopeSchemas(row.schema);
    const made = known.get(`${version}`) ?? makeEnvelopeSchema(row, payloadColumn, inEnvelope, version, topic);
    if (known.size < maxVersions) known.set(`${version}`, made);
    return made;
  };
  const payloadOf = (
    row: Struct,
    payload: { schema: Schema; value: unknown },
    topic: string,
  ): Pick<SinkRecord, 'valueSchema' | 'value'> => {
    const isEmpty = payload.value === null || (typeof payload.value === 'string' && payload.value.trim() === '');
    if (isEmpty && settings['route.tombstone.on.empty.payload']) return { valueSchema: null, value: null };
    if (inEnvelope.length === 0) {
      const json = expands && typeof payload.value === 'string' ? jsonOf(payload.value) : undefined;
      return json === undefined
        ? { valueSchema: payload.schema, value: payload.value }
        : { valueSchema: null, value: json };
    }
    const versionColumn = settings['table.field.event.schema.version'];
    const version = versionColumn === null ? null : row.get(versionColumn);
    const schema = envelopeSchema(row, version, topic);
    const placed = new Map(inEnvelope.map(({ name, column }) => [name, column]));
    const value = structOf(schema, ({ name }) =>
      name === 'payload' ? payload.value : row.get(placed.get(name) ?? name),
    );
    return { valueSchema: schema, value };
  };

  return (record) => {
    if (record.value === null) return null;
    const envelope = envelopeOf(record);
    if (envelope === null) return record;
    const op = envelope.value.get('op');
    if (op === 'd') return null;
    if (op === 'u') {
      if (fatal) throw illegalState('Unexpected update message received, fail.');
      return null;
    }
    const after = rowImage(envelope, 'after');
    const row = requireStruct(after.schema, after.value, 'Read Outbox Event');
    const payload = columnOf(row, payloadColumn, true);
    const id = columnOf(row, idColumn, true);
    const topic = columnOf(row, routeColumn, true)?.value;
    if (payload === null || id === null || typeof topic !== 'string') {
      throw new ConnectError(`Field ${routeColumn} of the event is no text: no topic can be made of it`);
    }
    const headers: Header[] = [...record.headers, { name: 'id', ...id }];
    for (const { name, column, inHeader } of placements) {
      const found = columnOf(row, column, needsAll);
      if (found !== null && inHeader) headers.push({ name, ...found });
    }
    const timestamp = timestampOf(row, settings['table.field.event.timestamp'], envelope.value.get('ts_ms'));
    const key = keyOf(row, settings['table.field.event.key'], settings['table.field.payload.id']);
    return route({
      ...record,
      topic,
      timestamp: timestamp ?? record.timestamp,
      ...key,
      ...payloadOf(row, payload, topic),
      headers,
    });
  };
};

const maxVersions = 64;
const stringSchema: Schema = { type: 'STRING', optional: false };

const parsePlacement = (item: string): Placement => {
  const [column = '', place = '', name, ...rest] = item.split(':').map((part) => part.trim());
  if (column !== '' && /^(header|envelope)$/i.test(place) && rest.length === 0) {
    return { column, name: name ?? column, inHeader: place.toLowerCase() === 'header' };
  }
  const key = 'table.fields.additional.placement';
  throw configError(
    key,
    `Invalid value ${item} for configuration ${key}: must be COLUMN:header[:NAME] or COLUMN:envelope[:NAME]`,
  );
};

const keyOf = (row: Struct, keyColumn: string | null, fallback: string): Pick<SinkRecord, 'keySchema' | 'key'> => {
  const own = keyColumn === null ? null : fieldOf(row.schema, keyColumn);
  const other = fieldOf(row.schema, fallback);
  const key = (own === null ? null : row.get(own.name)) ?? (other === null ? null : row.get(other.name));
  return { keySchema: own?.schema ?? other?.schema ?? stringSchema, key };
};

const perMilli: Readonly<Record<string, bigint>> = {
  'io.debezium.time.Timestamp': 1n,
  'io.debezium.time.MicroTimestamp': 1000n,
  'io.debezium.time.NanoTimestamp': 1_000_000n,
};

const timestampOf = (row: Struct, column: string | null, eventMs: unknown): bigint | null => {
  const event = typeof eventMs === 'bigint' ? eventMs : null;
  if (column === null) return event;
  const field = fieldOf(row.schema, column);
  if (field === null) throw new ConnectError(`Unable to find timestamp field ${column} in event`);
  const value = row.get(column);
  if (value === null) return event;
  const unit = perMilli[field.schema.name ?? ''];
  if (unit === undefined || typeof value !== 'bigint') {
    throw new ConnectError(`Unsupported field type ${field.schema.name ?? field.schema.type} for event timestamp`);
  }
  return value / unit;
};

const makeEnvelopeSchema = (
  row: Struct,
  payloadColumn: string,
  placements: readonly Placement[],
  version: unknown,
  topic: string,
): Schema => {
  const fields = new StructFields();
  const add = (name: string, column: string): void => {
    const schema = fieldOf(row.schema, column)?.schema;
    if (schema !== undefined) fields.add(name, schema);
  };
  add('payload', payloadColumn);
  for (const { name, column } of placements) add(name, column);
  const original = row.schema.name ?? '';
  const dot = original.lastIndexOf('.') + 1;
  const name = original === '' ? topic : `${original.slice(0, dot)}${topic}.${original.slice(dot)}`;
  return {
    type: 'STRUCT',
    optional: false,
    name,
    ...(typeof version === 'number' && { version }),
    fields: fields.fields,
  };
};

/** Undefined: no object or array, so the text stays as it is. */
const jsonOf = (text: string): unknown => {
  if (!/^[{[]/.test(text)) return undefined;
  try {
    return parseJson(Buffer.from(text)).value;
  } catch {
    return undefined;
  }
};
