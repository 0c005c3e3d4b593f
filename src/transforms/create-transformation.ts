import { ConfigError, type ConnectorConfig, type Predicate, type Transformation } from '../api/index.ts';
import { closestName } from '../config/index.ts';
import { cast } from './cast.ts';
import { drop } from './confluent/drop.ts';
import { extractTopic, extractTopicFromHeader } from './confluent/extract-topic.ts';
import { conditionFilter } from './confluent/filter.ts';
import { gzipDecompress } from './confluent/gzip-decompress.ts';
import { messageTimestampRouter } from './confluent/message-timestamp-router.ts';
import { tombstoneHandler } from './confluent/tombstone-handler.ts';
import { byLogicalTableRouter, toLogicalTopicRouter } from './debezium/by-logical-table-router.ts';
import { eventRouter } from './debezium/event-router.ts';
import { extractChangedRecordState } from './debezium/extract-changed-record-state.ts';
import { extractNewRecordState } from './debezium/extract-new-record-state.ts';
import { headerToValue } from './debezium/header-to-value.ts';
import { schemaChangeEventFilter } from './debezium/schema-change-event-filter.ts';
import { timezoneConverter } from './debezium/timezone-converter.ts';
import { dropHeaders } from './drop-headers.ts';
import { extractField } from './extract-field.ts';
import { filter } from './filter.ts';
import { flatten } from './flatten.ts';
import { headerFrom } from './header-from.ts';
import { hoistField } from './hoist-field.ts';
import { insertField } from './insert-field.ts';
import { insertHeader } from './insert-header.ts';
import { maskField } from './mask-field.ts';
import { hasHeaderKey } from './predicates/has-header-key.ts';
import type { CreateTest } from './predicates/predicate.ts';
import { recordIsTombstone } from './predicates/record-is-tombstone.ts';
import { topicNameMatches } from './predicates/topic-name-matches.ts';
import { type CreateApply, type CreateSidedApply, keySide, valueSide } from './record-side.ts';
import { regexRouter } from './regex-router.ts';
import { replaceField } from './replace-field.ts';
import { setSchemaMetadata } from './set-schema-metadata.ts';
import { timestampConverter } from './timestamp-converter.ts';
import { timestampRouter } from './timestamp-router.ts';
import { valueToKey } from './value-to-key.ts';

const apache = 'org.apache.kafka.connect.transforms';
const confluent = 'io.confluent.connect.transforms';
const debezium = 'io.debezium.transforms';

/** Those with a `$Key` and a `$Value` form. */
const sided: Readonly<Record<string, CreateSidedApply>> = {
  [`${apache}.Cast`]: cast,
  [`${apache}.ExtractField`]: extractField,
  [`${apache}.Flatten`]: flatten,
  [`${apache}.HeaderFrom`]: headerFrom,
  [`${apache}.HoistField`]: hoistField,
  [`${apache}.InsertField`]: insertField,
  [`${apache}.MaskField`]: maskField,
  [`${apache}.ReplaceField`]: replaceField,
  [`${apache}.SetSchemaMetadata`]: setSchemaMetadata,
  [`${apache}.TimestampConverter`]: timestampConverter,
  [`${confluent}.Drop`]: drop,
  [`${confluent}.ExtractTopic`]: extractTopic,
  [`${confluent}.Filter`]: conditionFilter,
  [`${confluent}.GzipDecompress`]: gzipDecompress,
};

const transformations: ReadonlyMap<string, CreateApply> = new Map<string, CreateApply>([
  ...Object.entries(sided).flatMap(([javaClass, create]): readonly (readonly [string, CreateApply])[] => [
    [`${javaClass}$Key`, (config) => create(config, keySide)],
    [`${javaClass}$Value`, (config) => create(config, valueSide)],
  ]),
  [`${debezium}.ByLogicalTableRouter`, byLogicalTableRouter],
  [`${debezium}.ExtractChangedRecordState`, extractChangedRecordState],
  [`${debezium}.ExtractNewRecordState`, extractNewRecordState],
  [`${debezium}.HeaderToValue`, headerToValue],
  [`${debezium}.SchemaChangeEventFilter`, schemaChangeEventFilter],
  [`${debezium}.TimezoneConverter`, timezoneConverter],
  [`${debezium}.ToLogicalTopicRouter`, toLogicalTopicRouter],
  [`${debezium}.outbox.EventRouter`, eventRouter],
  [`${confluent}.ExtractTopic$Header`, extractTopicFromHeader],
  [`${confluent}.MessageTimestampRouter`, messageTimestampRouter],
  [`${confluent}.TombstoneHandler`, tombstoneHandler],
  ['io.confluent.connect.cloud.transforms.TopicRegexRouter', regexRouter],
  [`${apache}.DropHeaders`, dropHeaders],
  [`${apache}.Filter`, filter],
  [`${apache}.InsertHeader`, insertHeader],
  [`${apache}.RegexRouter`, regexRouter],
  [`${apache}.TimestampRouter`, timestampRouter],
  [`${apache}.ValueToKey`, valueToKey],
]);

const predicates: ReadonlyMap<string, CreateTest> = new Map<string, CreateTest>([
  [`${apache}.predicates.HasHeaderKey`, hasHeaderKey],
  [`${apache}.predicates.RecordIsTombstone`, recordIsTombstone],
  [`${apache}.predicates.TopicNameMatches`, topicNameMatches],
]);

const scripted =
  'is a script that the JVM runs (Groovy, JavaScript over JSR-223), which this worker cannot. Use io.confluent.connect.transforms.Filter$Value ' +
  'with a JsonPath, a transform with a predicate, or a module of your own (type=module:./my-transform.mjs)';
const ofSources =
  'works on records that a source connector writes; on a sink it has no effect. Take it out of transforms';

/** Known, and why they cannot run here. */
const refused: ReadonlyMap<string, string> = new Map([
  [`${debezium}.Filter`, scripted],
  [`${debezium}.ContentBasedRouter`, scripted],
  [`${debezium}.partitions.PartitionRouting`, ofSources],
  [`${debezium}.tracing.ActivateTracingSpan`, ofSources],
]);

export const transformationClasses: readonly string[] = [...transformations.keys()];
export const predicateClasses: readonly string[] = [...predicates.keys()];

/**
 * The transform of a Java class name (`org.apache.kafka.connect.transforms.InsertField$Value`) or, where it has neither a `$Key`
 * nor a `$Value` form, simple name (`RegexRouter`). `config`: its sub-keys with the prefix taken off. @throws ConfigError:
 * unknown class (key `type`) or wrong sub-keys.
 */
export const createTransformation = (name: string, config: ConnectorConfig): Transformation => {
  const [javaClass, create] = find(transformations, name);
  return { javaClass, apply: create(config), close: () => {} };
};

/** The same for predicates. */
export const createPredicate = (name: string, config: ConnectorConfig): Predicate => {
  const [javaClass, create] = find(predicates, name);
  return { javaClass, test: create(config) };
};

const find = <T>(known: ReadonlyMap<string, T>, name: string): readonly [string, T] => {
  const wanted = name.trim();
  const refusal = refused.get(wanted);
  if (refusal !== undefined) throw new ConfigError([{ key: 'type', message: `${wanted} ${refusal}.` }]);
  for (const [javaClass, create] of known) {
    if (javaClass === wanted) return [javaClass, create];
    if (!javaClass.includes('$') && javaClass.endsWith(`.${wanted}`) && !wanted.includes('.'))
      return [javaClass, create];
  }
  throw new ConfigError([{ key: 'type', message: unknownClass(wanted, [...known.keys()]) }]);
};

const unknownClass = (wanted: string, known: readonly string[]): string => {
  const forms = known.filter((javaClass) => javaClass.slice(0, javaClass.lastIndexOf('$')) === wanted);
  if (forms.length > 0) {
    return `Class ${wanted} is abstract and cannot be created. Did you mean ${forms.join(', ')}?`;
  }
  const near = closestName(wanted, known);
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  return `Class ${wanted} could not be found.${hint} There are: ${known.join(', ')}`;
};
