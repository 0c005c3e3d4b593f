import { ConfigError, type ConnectorConfig, type Predicate, type Transformation } from '../api/index.ts';
import { ConfigDef, type ConfigKeys, closestName, type PluginClass } from '../config/index.ts';
import { cast, castConfig } from './cast.ts';
import { changeTopicCase, changeTopicCaseConfig } from './common/change-topic-case.ts';
import { drop, dropConfig } from './confluent/drop.ts';
import {
  extractTopic,
  extractTopicConfig,
  extractTopicFromHeader,
  extractTopicFromHeaderConfig,
} from './confluent/extract-topic.ts';
import { conditionFilter, conditionFilterConfig } from './confluent/filter.ts';
import { gzipDecompress } from './confluent/gzip-decompress.ts';
import { messageTimestampRouter, messageTimestampRouterConfig } from './confluent/message-timestamp-router.ts';
import { nestedReplaceField, nestedReplaceFieldConfig } from './confluent/replace-field.ts';
import { tombstoneHandler, tombstoneHandlerConfig } from './confluent/tombstone-handler.ts';
import {
  byLogicalTableRouter,
  logicalTableRouterDef,
  logicalTopicRouterDef,
  toLogicalTopicRouter,
} from './debezium/by-logical-table-router.ts';
import { eventRouter, eventRouterConfig } from './debezium/event-router.ts';
import { extractChangedRecordState, extractChangedRecordStateConfig } from './debezium/extract-changed-record-state.ts';
import { extractNewDocumentState, extractNewDocumentStateConfig } from './debezium/extract-new-document-state.ts';
import { extractNewRecordState, extractNewRecordStateConfig } from './debezium/extract-new-record-state.ts';
import { headerToValue, headerToValueConfig } from './debezium/header-to-value.ts';
import { schemaChangeEventFilter, schemaChangeEventFilterConfig } from './debezium/schema-change-event-filter.ts';
import { timezoneConverter, timezoneConverterConfig } from './debezium/timezone-converter.ts';
import { vectorToJsonConverter } from './debezium/vector-to-json-converter.ts';
import { dropHeaders, dropHeadersConfig } from './drop-headers.ts';
import { extractField, extractFieldConfig } from './extract-field.ts';
import { filter } from './filter.ts';
import { flatten, flattenConfig } from './flatten.ts';
import { headerFrom, headerFromConfig } from './header-from.ts';
import { hoistField, hoistFieldConfig } from './hoist-field.ts';
import { insertField, insertFieldConfig } from './insert-field.ts';
import { insertHeader, insertHeaderConfig } from './insert-header.ts';
import { maskField, maskFieldConfig } from './mask-field.ts';
import { createOwnTransformation, isOwnModule } from './own-module.ts';
import { hasHeaderKey, hasHeaderKeyConfig } from './predicates/has-header-key.ts';
import type { CreateTest } from './predicates/predicate.ts';
import { recordIsTombstone } from './predicates/record-is-tombstone.ts';
import { topicNameMatches, topicNameMatchesConfig } from './predicates/topic-name-matches.ts';
import { type CreateApply, type CreateSidedApply, keySide, valueSide } from './record-side.ts';
import { regexRouter, regexRouterConfig } from './regex-router.ts';
import { replaceField, replaceFieldConfig } from './replace-field.ts';
import { setSchemaMetadata, setSchemaMetadataConfig } from './set-schema-metadata.ts';
import { timestampConverter, timestampConverterConfig } from './timestamp-converter.ts';
import { timestampRouter, timestampRouterConfig } from './timestamp-router.ts';
import { valueToKey, valueToKeyConfig } from './value-to-key.ts';

const apache = 'org.apache.kafka.connect.transforms';
const confluent = 'io.confluent.connect.transforms';
const debezium = 'io.debezium.transforms';

const noKeys = new ConfigDef({});

interface Registered<T> {
  readonly create: T;
  readonly configDef: ConfigDef<ConfigKeys>;
}

/** Those with a `$Key` and a `$Value` form. */
const sided: Readonly<Record<string, Registered<CreateSidedApply>>> = {
  [`${apache}.Cast`]: { create: cast, configDef: castConfig },
  [`${apache}.ExtractField`]: { create: extractField, configDef: extractFieldConfig },
  [`${apache}.Flatten`]: { create: flatten, configDef: flattenConfig },
  [`${apache}.HeaderFrom`]: { create: headerFrom, configDef: headerFromConfig },
  [`${apache}.HoistField`]: { create: hoistField, configDef: hoistFieldConfig },
  [`${apache}.InsertField`]: { create: insertField, configDef: insertFieldConfig },
  [`${apache}.MaskField`]: { create: maskField, configDef: maskFieldConfig },
  [`${apache}.ReplaceField`]: { create: replaceField, configDef: replaceFieldConfig },
  [`${apache}.SetSchemaMetadata`]: { create: setSchemaMetadata, configDef: setSchemaMetadataConfig },
  [`${apache}.TimestampConverter`]: { create: timestampConverter, configDef: timestampConverterConfig },
  [`${confluent}.Drop`]: { create: drop, configDef: dropConfig },
  [`${confluent}.ExtractTopic`]: { create: extractTopic, configDef: extractTopicConfig },
  [`${confluent}.Filter`]: { create: conditionFilter, configDef: conditionFilterConfig },
  [`${confluent}.GzipDecompress`]: { create: gzipDecompress, configDef: noKeys },
  [`${confluent}.ReplaceField`]: { create: nestedReplaceField, configDef: nestedReplaceFieldConfig },
};

const transformations: ReadonlyMap<string, Registered<CreateApply>> = new Map<string, Registered<CreateApply>>([
  ...Object.entries(sided).flatMap(
    ([javaClass, { create, configDef }]): readonly (readonly [string, Registered<CreateApply>])[] => [
      [`${javaClass}$Key`, { create: (config) => create(config, keySide), configDef }],
      [`${javaClass}$Value`, { create: (config) => create(config, valueSide), configDef }],
    ],
  ),
  [
    'io.debezium.connector.mongodb.transforms.ExtractNewDocumentState',
    { create: extractNewDocumentState, configDef: extractNewDocumentStateConfig },
  ],
  [`${debezium}.ByLogicalTableRouter`, { create: byLogicalTableRouter, configDef: logicalTableRouterDef }],
  [
    `${debezium}.ExtractChangedRecordState`,
    { create: extractChangedRecordState, configDef: extractChangedRecordStateConfig },
  ],
  [`${debezium}.ExtractNewRecordState`, { create: extractNewRecordState, configDef: extractNewRecordStateConfig }],
  [`${debezium}.HeaderToValue`, { create: headerToValue, configDef: headerToValueConfig }],
  [
    `${debezium}.SchemaChangeEventFilter`,
    { create: schemaChangeEventFilter, configDef: schemaChangeEventFilterConfig },
  ],
  [`${debezium}.TimezoneConverter`, { create: timezoneConverter, configDef: timezoneConverterConfig }],
  [`${debezium}.ToLogicalTopicRouter`, { create: toLogicalTopicRouter, configDef: logicalTopicRouterDef }],
  [`${debezium}.VectorToJsonConverter`, { create: vectorToJsonConverter, configDef: noKeys }],
  [`${debezium}.outbox.EventRouter`, { create: eventRouter, configDef: eventRouterConfig }],
  [`${confluent}.ExtractTopic$Header`, { create: extractTopicFromHeader, configDef: extractTopicFromHeaderConfig }],
  [`${confluent}.MessageTimestampRouter`, { create: messageTimestampRouter, configDef: messageTimestampRouterConfig }],
  [`${confluent}.TombstoneHandler`, { create: tombstoneHandler, configDef: tombstoneHandlerConfig }],
  ['io.confluent.connect.cloud.transforms.TopicRegexRouter', { create: regexRouter, configDef: regexRouterConfig }],
  [
    'com.github.jcustenborder.kafka.connect.transform.common.ChangeTopicCase',
    { create: changeTopicCase, configDef: changeTopicCaseConfig },
  ],
  [`${apache}.DropHeaders`, { create: dropHeaders, configDef: dropHeadersConfig }],
  [`${apache}.Filter`, { create: filter, configDef: noKeys }],
  [`${apache}.InsertHeader`, { create: insertHeader, configDef: insertHeaderConfig }],
  [`${apache}.RegexRouter`, { create: regexRouter, configDef: regexRouterConfig }],
  [`${apache}.TimestampRouter`, { create: timestampRouter, configDef: timestampRouterConfig }],
  [`${apache}.ValueToKey`, { create: valueToKey, configDef: valueToKeyConfig }],
]);

const predicates: ReadonlyMap<string, Registered<CreateTest>> = new Map<string, Registered<CreateTest>>([
  [`${apache}.predicates.HasHeaderKey`, { create: hasHeaderKey, configDef: hasHeaderKeyConfig }],
  [`${apache}.predicates.RecordIsTombstone`, { create: recordIsTombstone, configDef: noKeys }],
  [`${apache}.predicates.TopicNameMatches`, { create: topicNameMatches, configDef: topicNameMatchesConfig }],
]);

const scripted =
  'is a script that the JVM runs (Groovy, JavaScript over JSR-223), which this worker cannot. Use io.confluent.connect.transforms.Filter$Value ' +
  'with a JsonPath, a transform with a predicate, or a module of your own (type=module:./my-transform.mjs)';
const ofXml =
  'makes structs of XML by an XSD. Convert the XML before it is in Kafka, or take it as text into a VARCHAR and PARSE_XML it in Snowflake';
const ofSources =
  'works on records that a source connector writes; on a sink it has no effect. Take it out of transforms';

/** Known, and why they cannot run here. */
const refused: ReadonlyMap<string, string> = new Map([
  [`${debezium}.Filter`, scripted],
  [`${debezium}.ContentBasedRouter`, scripted],
  ['io.confluent.connect.cloud.transforms.xml.FromXml$Key', ofXml],
  ['io.confluent.connect.cloud.transforms.xml.FromXml$Value', ofXml],
  ['com.github.jcustenborder.kafka.connect.transform.xml.FromXml$Key', ofXml],
  ['com.github.jcustenborder.kafka.connect.transform.xml.FromXml$Value', ofXml],
  [`${debezium}.partitions.PartitionRouting`, ofSources],
  [`${debezium}.tracing.ActivateTracingSpan`, ofSources],
]);

const pluginClasses = (known: ReadonlyMap<string, Registered<unknown>>): readonly PluginClass[] =>
  [...known].map(([javaClass, { configDef }]) => ({ javaClass, configDef }));

export const transformationClasses: readonly PluginClass[] = [
  ...pluginClasses(transformations),
  ...[...refused].map(([javaClass, why]) => ({ javaClass, configDef: noKeys, refused: `${javaClass} ${why}.` })),
];
export const predicateClasses: readonly PluginClass[] = pluginClasses(predicates);

/**
 * The transform of a module of the user's (`module:./my-transform.mjs`), of a Java class name (`org.apache.kafka.connect.transforms.InsertField$Value`) or, where it has neither a `$Key`
 * nor a `$Value` form, simple name (`RegexRouter`). `config`: its sub-keys with the prefix taken off. @throws ConfigError:
 * unknown class (key `type`) or wrong sub-keys.
 */
export const createTransformation = (name: string, config: ConnectorConfig): Transformation => {
  if (isOwnModule(name)) return createOwnTransformation(name, config);
  const [javaClass, { create }] = find(transformations, name);
  return { javaClass, apply: create(config), close: () => {} };
};

/** The same for predicates. */
export const createPredicate = (name: string, config: ConnectorConfig): Predicate => {
  const [javaClass, { create }] = find(predicates, name);
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
