import { boolean, ConfigDef, int, list, long, nonEmptyList, oneOf, password, string } from '../config/index.ts';

const group = 'Schema Registry';
const writingOnly = 'Concerns writing only; a sink reads.';
const userInfo = 'user:password for basic.auth.credentials.source=USER_INFO.';

/** Where and how a converter reaches its schema registry: Confluent's property names, for every converter that needs one. */
export const registryConfigDef = new ConfigDef({
  'schema.registry.url': list({
    documentation:
      'Addresses of the Schema Registry, tried in turn. Any registry with the Confluent API: Confluent’s, Karapace, Redpanda, Apicurio (…/apis/ccompat/v7).',
    validator: nonEmptyList,
    importance: 'HIGH',
    group,
  }),
  'basic.auth.credentials.source': string({
    documentation:
      'Where user and password come from: the addresses (URL), basic.auth.user.info (USER_INFO), or sasl.jaas.config (SASL_INHERIT).',
    default: 'URL',
    validator: oneOf('URL', 'USER_INFO', 'SASL_INHERIT'),
    importance: 'MEDIUM',
    group,
  }),
  'basic.auth.user.info': password({ documentation: userInfo, default: '', group }),
  'schema.registry.basic.auth.user.info': password({
    documentation: `The old name of basic.auth.user.info. ${userInfo}`,
    default: '',
    importance: 'LOW',
    group,
  }),
  'sasl.jaas.config': password({
    documentation:
      'The login to inherit from: username and password for basic.auth.credentials.source=SASL_INHERIT; clientId, clientSecret, scope and extension_identityPoolId for bearer.auth.credentials.source=SASL_OAUTHBEARER_INHERIT.',
    default: '',
    importance: 'LOW',
    group,
  }),
  'sasl.oauthbearer.token.endpoint.url': string({
    documentation: 'Token endpoint of SASL_OAUTHBEARER_INHERIT.',
    default: '',
    importance: 'LOW',
    group,
  }),
  'bearer.auth.credentials.source': string({
    documentation:
      'What bearer token is sent: none unless set; bearer.auth.token (STATIC_TOKEN), or one fetched from an OAuth 2.0 token endpoint by bearer.auth.* (OAUTHBEARER) or by sasl.* (SASL_OAUTHBEARER_INHERIT). CUSTOM names a Java class and is refused.',
    default: '',
    validator: oneOf('', 'STATIC_TOKEN', 'OAUTHBEARER', 'SASL_OAUTHBEARER_INHERIT', 'CUSTOM'),
    importance: 'MEDIUM',
    group,
  }),
  'bearer.auth.token': password({ documentation: 'The token of STATIC_TOKEN.', default: '', group }),
  'bearer.auth.issuer.endpoint.url': string({
    documentation: 'Token endpoint of OAUTHBEARER (client credentials grant).',
    default: '',
    group,
  }),
  'bearer.auth.client.id': string({ documentation: 'Client id of OAUTHBEARER.', default: '', group }),
  'bearer.auth.client.secret': password({ documentation: 'Client secret of OAUTHBEARER.', default: '', group }),
  'bearer.auth.scope': string({ documentation: 'Scope of OAUTHBEARER.', default: '', group }),
  'bearer.auth.logical.cluster': string({
    documentation: 'Sent as header target-sr-cluster (Confluent Cloud: lsrc-…).',
    default: '',
    group,
  }),
  'bearer.auth.identity.pool.id': string({
    documentation: 'Sent as header Confluent-Identity-Pool-Id (Confluent Cloud: pool-…).',
    default: '',
    group,
  }),
  'proxy.host': string({ documentation: 'HTTP proxy in front of the registry.', default: '', group }),
  'proxy.port': int({ documentation: 'Port of proxy.host.', default: -1, group }),
  'http.connect.timeout.ms': int({ documentation: 'Limit for making a connection.', default: 60_000, group }),
  'http.read.timeout.ms': int({ documentation: 'Limit for an answer.', default: 60_000, group }),
  'max.retries': int({
    documentation:
      'How often a request that got no usable answer is repeated before the record’s conversion counts as failed (errors.retry.timeout repeats that).',
    default: 3,
    group,
  }),
  'retries.wait.ms': long({ documentation: 'Wait before the first repetition; doubles.', default: 1000, group }),
  'retries.max.wait.ms': long({ documentation: 'Longest wait between repetitions.', default: 20_000, group }),
  'max.schemas.per.subject': int({
    documentation: 'Most schemas that are kept in memory per registry.',
    default: 1000,
    group,
  }),
  'missing.cache.size': int({
    documentation: 'Most answers «not found» that are kept in memory.',
    default: 10_000,
    group,
  }),
  'missing.id.cache.ttl.sec': long({
    documentation: 'How long the answer «no schema with this id» is believed. 0: asked again for every record.',
    default: 60,
    group,
  }),
  'latest.cache.ttl.sec': long({
    documentation: 'How long the latest version of a subject is believed (use.latest.version). -1: until the restart.',
    default: -1,
    group,
  }),
  'key.subject.name.strategy': string({
    documentation: 'How the subject of a key’s schema is named.',
    default: 'io.confluent.kafka.serializers.subject.TopicNameStrategy',
    group,
  }),
  'value.subject.name.strategy': string({
    documentation: 'How the subject of a value’s schema is named.',
    default: 'io.confluent.kafka.serializers.subject.TopicNameStrategy',
    group,
  }),
  'use.latest.version': boolean({
    documentation: 'Read each record as its subject’s latest schema has it, not as it was written.',
    default: false,
    group,
  }),
  'use.latest.with.metadata': string({
    documentation:
      'Read each record as the latest schema of its subject has it whose metadata holds these properties: key=value, by commas. Goes before use.latest.version.',
    default: '',
    group,
  }),
  'context.name.strategy': string({
    documentation:
      'NullContextNameStrategy only: any other is a Java class. A schema context belongs into the address: http://host:8081/contexts/.name',
    default: 'io.confluent.kafka.serializers.context.NullContextNameStrategy',
    importance: 'LOW',
    group,
  }),
  'latest.cache.size': int({
    documentation: 'Accepted for Confluent’s sake: what is kept in memory is bounded by max.schemas.per.subject.',
    default: 1000,
    importance: 'LOW',
    group,
  }),
  'auto.register.schemas': boolean({ documentation: writingOnly, default: true, importance: 'LOW', group }),
  'normalize.schemas': boolean({ documentation: writingOnly, default: false, importance: 'LOW', group }),
  'use.schema.id': int({ documentation: writingOnly, default: -1, importance: 'LOW', group }),
  'id.compatibility.strict': boolean({ documentation: writingOnly, default: true, importance: 'LOW', group }),
  'latest.compatibility.strict': boolean({ documentation: writingOnly, default: true, importance: 'LOW', group }),
  'key.schema.id.deserializer': string({
    documentation:
      'Where a key’s schema id is: in header __key_schema_id or else in front of the key (Dual), or only there (Prefix).',
    default: 'io.confluent.kafka.serializers.schema.id.DualSchemaIdDeserializer',
    group,
  }),
  'value.schema.id.deserializer': string({
    documentation:
      'Where a value’s schema id is: in header __value_schema_id or else in front of the value (Dual), or only there (Prefix).',
    default: 'io.confluent.kafka.serializers.schema.id.DualSchemaIdDeserializer',
    group,
  }),
});
