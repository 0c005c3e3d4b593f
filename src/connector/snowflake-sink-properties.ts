// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts show what users write
import {
  atLeast,
  between,
  boolean,
  ConfigDef,
  type ConfigKeys,
  int,
  long,
  nonEmpty,
  oneOf,
  password,
  string,
  type Validator,
  type Values,
} from '../config/index.ts';
import { acceptedProperties } from './accepted-properties.ts';
import type { Generation } from './sink-settings.ts';
import { topicToTableMap } from './topic-to-table-map.ts';

const login = 'Snowflake Login Info';
const metadataFlags = 'Snowflake Metadata Flags';
const rows = 'Rows and tables';
const flush = 'Flush';
const reliability = 'Reliability';

const account = {
  'snowflake.url.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation:
      'Account URL: <organization>-<account>.snowflakecomputing.com, scheme and port optional; or http(s)://host:port of an emulator, a private link or a proxy.',
  }),
  'snowflake.account': string({
    default: null,
    importance: 'LOW',
    group: login,
    documentation:
      "The account's name where the URL's host does not begin with it (private link by another name, a proxy).",
  }),
  'snowflake.user.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'User whose RSA_PUBLIC_KEY belongs to the private key.',
  }),
  'snowflake.private.key': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation:
      'RSA private key, PKCS#8 or PKCS#1: PEM with real line breaks, with \\n written out, or the base64 alone. Better a variable than the text: ${file:/run/secrets/snowflake.properties:key}.',
  }),
  'snowflake.private.key.passphrase': password({
    default: '',
    importance: 'LOW',
    group: login,
    documentation: 'Decrypts an encrypted private key.',
  }),
  'snowflake.role.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'LOW',
    group: login,
    documentation: "Role of the session; not set: the user's default role.",
  }),
  'snowflake.database.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'Database of the tables.',
  }),
  'snowflake.schema.name': string({
    default: null,
    validator: nonEmpty,
    importance: 'HIGH',
    group: login,
    documentation: 'Schema of the tables.',
  }),
  'snowflake.authenticator': string({
    default: 'snowflake_jwt',
    importance: 'LOW',
    group: login,
    documentation:
      'snowflake_jwt: key pair. oauth: access tokens of an OAuth server (snowflake.oauth.…). programmatic_access_token: snowsink.token or snowsink.token.file. workload_identity: the OpenID Connect token in snowsink.token.file.',
  }),
  'snowflake.oauth.client.id': string({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: 'Client id of the OAuth integration.',
  }),
  'snowflake.oauth.client.secret': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: 'Client secret of the OAuth integration.',
  }),
  'snowflake.oauth.refresh.token': password({
    default: '',
    importance: 'HIGH',
    group: login,
    documentation: "Refresh token; v3's class needs one, the others ask by client credentials without it.",
  }),
  'snowflake.oauth.token.endpoint': string({
    default: null,
    importance: 'HIGH',
    group: login,
    documentation: "Where tokens are fetched; not set: the account's own.",
  }),
  'snowflake.oauth.include.scope': boolean({
    default: false,
    importance: 'LOW',
    group: login,
    documentation: 'Whether token requests name a scope.',
  }),
  'snowflake.oauth.scope': string({
    default: '',
    importance: 'LOW',
    group: login,
    documentation: 'That scope; empty: session:role:<role>.',
  }),
};

const positive: Validator = {
  check: (value) => {
    if (value === null) return 'Value must be non-null';
    return Number(value) > 0 ? null : 'Value must be at least 1';
  },
  describe: 'more than 0',
};

/** An enum of the Snowflake connector's, in any case; `alsoAccepted`: names of other tools for one of them. */
const anyCaseOf = (values: readonly string[], ...alsoAccepted: readonly string[]): Validator => ({
  check: (value) =>
    [...values, ...alsoAccepted].includes(String(value).toLowerCase())
      ? null
      : `String must be one of: ${values.join(', ')}`,
  describe: values.join(', '),
  recommended: values,
  ignoresCase: true,
});

const metadataSwitch = (documentation: string) =>
  boolean({ default: true, importance: 'LOW', group: metadataFlags, documentation });

const rowsAndTables = (generation: Generation) => ({
  'snowflake.topic2table.map': string({
    default: '',
    validator: topicToTableMap(generation),
    importance: 'LOW',
    group: rows,
    documentation:
      'topic:table pairs separated by commas; the topic may be a regular expression that must match the whole name. Topics without a pair get a table of their own name.',
  }),
  'snowflake.enable.schematization': boolean({
    default: generation === 'v4',
    importance: 'MEDIUM',
    group: rows,
    documentation:
      'true: one column for each top-level field; the table is made and evolves as records need it. false: the whole value in RECORD_CONTENT.',
  }),
  'snowflake.metadata.all': metadataSwitch('false: RECORD_METADATA stays empty.'),
  'snowflake.metadata.topic': metadataSwitch('Topic in RECORD_METADATA.'),
  'snowflake.metadata.offset.and.partition': metadataSwitch('Offset and partition in RECORD_METADATA.'),
  'snowflake.metadata.createtime': metadataSwitch("Kafka's timestamp in RECORD_METADATA."),
  'snowflake.streaming.metadata.connectorPushTime': metadataSwitch(
    'SnowflakeConnectorPushTime, the time when the row was made, in RECORD_METADATA.',
  ),
  'behavior.on.null.values': string({
    default: 'default',
    validator: anyCaseOf(['default', 'ignore']),
    importance: 'LOW',
    group: rows,
    documentation: 'Null values: default writes a row without content, ignore skips the record (and counts it).',
  }),
});

const v3Keys = (generation: Generation) => ({
  'snowflake.ingestion.method': string({
    default: 'snowpipe',
    validator: anyCaseOf(['snowpipe', 'snowpipe_streaming'], 'kafka_connect_snowpipe', 'staged_copy'),
    importance: 'LOW',
    group: flush,
    documentation:
      "staged_copy: rows go by staged files and COPY INTO, exactly once, with a warehouse and without any streaming feature. SNOWPIPE, written in a config of v3's class: by files that Snowpipe loads, at least once. Otherwise, and where it is not set, they go by Snowpipe Streaming; with v3's class it chooses the default flush time.",
  }),
  'snowflake.streaming.max.client.lag': long({
    default: null,
    allowsFractions: true,
    validator: positive,
    importance: 'LOW',
    group: flush,
    documentation: 'Another name for buffer.flush.time; with v3’s class only for method snowpipe_streaming.',
  }),
  'snowflake.streaming.channel.name.include.connector.name': boolean({
    default: generation !== 'v3',
    importance: 'LOW',
    group: reliability,
    documentation: "Channel names begin with the connector's name.",
  }),
  'snowflake.streaming.iceberg.enabled': boolean({
    default: false,
    importance: 'LOW',
    group: rows,
    documentation:
      'The tables are Snowflake-managed Iceberg tables, and there: RECORD_METADATA is added to them, or altered, as a structured OBJECT, and fields become columns of Iceberg types. Iceberg tables are recognized without it too; with it, a missing table or another one stops the task.',
  }),
});

const compatibility = (fallback: boolean) => ({
  'snowflake.compatibility.enable.autogenerated.table.name.sanitization': boolean({
    default: fallback,
    importance: 'LOW',
    group: rows,
    documentation:
      "Table names made from topics by v3's rule (unquoted, with a hash suffix where needed); false: the topic verbatim.",
  }),
  'snowflake.compatibility.enable.column.identifier.normalization': boolean({
    default: fallback,
    importance: 'LOW',
    group: rows,
    documentation: 'Field names become upper-case column names unless quoted; false: verbatim.',
  }),
  'snowflake.topic2table.map.regex.replacement': boolean({
    default: false,
    importance: 'LOW',
    group: rows,
    documentation: 'Tables of snowflake.topic2table.map may hold $1 and ${name} of their regular expression.',
  }),
});

const v4Keys = (generation: Generation) => ({
  'snowflake.feature.structured.headers': boolean({
    default: generation !== 'v4',
    importance: 'LOW',
    group: rows,
    documentation: 'Headers in RECORD_METADATA keep their types; false: texts.',
  }),
  'snowflake.validation': string({
    default: 'server_side',
    validator: oneOf('client_side', 'server_side'),
    importance: 'LOW',
    group: rows,
    documentation:
      'With v4’s class: client_side checks rows against the table before they are sent, makes their values what the column stores, and alters tables; server_side sends values as they are and leaves all that to Snowflake, except that a field without a column in a table that does not evolve is a bad record. The other classes always check.',
  }),
  'snowflake.streaming.validate.compatibility.with.classic': boolean({
    default: true,
    importance: 'LOW',
    group: reliability,
    documentation: 'Accepted, unused: a bare v4 config starts here.',
  }),
  'snowflake.streaming.classic.offset.migration': string({
    default: 'skip',
    validator: oneOf('skip', 'best_effort', 'strict'),
    importance: 'LOW',
    group: reliability,
    documentation:
      'Where a partition begins whose channel has no token. skip, best_effort: at the offset that this worker or snowsink migrate committed; another’s commit stops with the choices; where there is none, as auto.offset.reset says. strict: where there is none it stops too. snowsink migrate takes a classic connector’s tokens over.',
  }),
  'snowflake.autocreate.table.type': string({
    default: 'snowflake',
    validator: oneOf('snowflake', 'iceberg', 'none'),
    importance: 'LOW',
    group: rows,
    documentation:
      'snowflake: missing tables are created. iceberg: as Snowflake-managed Iceberg tables. none: they stop the task.',
  }),
  'snowflake.iceberg.create.table.options': string({
    default: '',
    importance: 'LOW',
    group: rows,
    documentation:
      "Clauses behind the columns of CREATE ICEBERG TABLE, without CATALOG: EXTERNAL_VOLUME = 'v' BASE_LOCATION = 'orders/' ICEBERG_VERSION = 3. Where the schema, database or account names an external volume, none are needed. Only with snowflake.autocreate.table.type=iceberg.",
  }),
});

/** Seconds of buffer.flush.time, rows and bytes where a config names none: v3's as it has them, otherwise for low latency. */
const flushDefaults = (generation: Generation) =>
  generation === 'v3' ? { records: 10_000, bytes: 5_000_000 } : { records: 1_000_000, bytes: 8_000_000 };

const flushKeys = (generation: Generation) => {
  const defaults = flushDefaults(generation);
  return {
    'buffer.count.records': long({
      default: defaults.records,
      validator: atLeast(1),
      importance: 'LOW',
      group: flush,
      documentation: 'Rows of one partition that are sent together at most.',
    }),
    'buffer.size.bytes': long({
      default: defaults.bytes,
      validator: atLeast(1),
      importance: 'LOW',
      group: flush,
      documentation: 'Bytes of rows of one partition, before compression, that are sent together at most.',
    }),
    'buffer.flush.time': long({
      default: null,
      allowsFractions: true,
      validator: positive,
      importance: 'LOW',
      group: flush,
      documentation:
        generation === 'v3'
          ? 'Seconds from the first buffered row until it is sent; fractions allowed. Not set: 120 with ingestion method snowpipe, 30 with snowpipe_streaming, or snowflake.streaming.max.client.lag. If both are given the shorter one holds.'
          : 'Seconds from the first buffered row until it is sent; fractions allowed. Not set: 1. (With v3’s class: 120 with ingestion method snowpipe, 30 with snowpipe_streaming, or snowflake.streaming.max.client.lag; of two given ones the shorter holds.)',
    }),
  };
};

const ownKeys = {
  'snowsink.token': password({
    default: '',
    importance: 'LOW',
    group: login,
    documentation: 'Programmatic access token, for snowflake.authenticator=programmatic_access_token.',
  }),
  'snowsink.token.file': string({
    default: '',
    importance: 'LOW',
    group: login,
    documentation:
      'File that holds the programmatic access token or the workload identity token (a projected service account token of Kubernetes, audience snowflakecomputing.com); read again whenever a token is needed.',
  }),
  'snowsink.table.from': string({
    default: '',
    importance: 'LOW',
    group: rows,
    documentation:
      'Which part of a record names its table: $header.NAME, $.path into the value, or $key. What stands there is treated as a topic (snowflake.topic2table.map, else its name); where nothing stands, the record’s own topic holds.',
  }),
  'snowsink.columns': string({
    default: '',
    importance: 'LOW',
    group: rows,
    documentation:
      'Further columns where fields become columns: COLUMN=source entries separated by commas; topic:COLUMN=source for one topic. Sources: $topic, $partition, $offset, $timestamp, $now, $key, $header.NAME, and $.path into the value (a path of one name gives that field this column instead of its own).',
  }),
  'snowsink.schema.evolution': string({
    default: 'evolve',
    validator: oneOf('evolve', 'freeze', 'dlq'),
    importance: 'MEDIUM',
    group: rows,
    documentation:
      'Where a record needs a column that the table lacks, or leaves out a NOT NULL one. evolve: the table is altered if it has ENABLE_SCHEMA_EVOLUTION and the role OWNERSHIP or EVOLVE SCHEMA. freeze: the task fails with the ALTER TABLE that would be needed. dlq: the record is a bad one (needs errors.tolerance=all); the log has the ALTER TABLE.',
  }),
  'snowsink.schema.evolution.widen': boolean({
    default: false,
    importance: 'LOW',
    group: rows,
    documentation:
      'VARCHAR and NUMBER columns are made wider where a value is too long for them; false: such a record is a bad one.',
  }),
  'snowsink.schema.evolution.types': string({
    default: 'connector',
    validator: oneOf('connector', 'schema'),
    importance: 'LOW',
    group: rows,
    documentation:
      'Types of new columns. connector: as the Snowflake connector makes them (a Decimal becomes VARCHAR). schema: a Decimal becomes NUMBER with the precision (connect.decimal.precision) and scale of its schema.',
  }),
  'snowsink.compression': string({
    default: 'zstd',
    validator: oneOf('zstd', 'gzip'),
    importance: 'LOW',
    group: flush,
    documentation: 'Compression of what is sent.',
  }),
  'snowsink.max.concurrent.appends': int({
    default: 8,
    validator: between(1, 64),
    importance: 'LOW',
    group: flush,
    documentation: 'Sends under way at once, for each task.',
  }),
  'snowsink.channels.per.partition': int({
    default: 1,
    validator: between(1, 16),
    importance: 'LOW',
    group: flush,
    documentation:
      'Channels that the rows of one partition go over. Snowflake bounds what one channel takes (20 MB/s): a hotter partition needs several. Rows then come in order of offset within each channel only. A partition that has been read keeps its number until the connector is stopped and its offsets are set (PATCH /connectors/{name}/offsets).',
  }),
  'snowsink.copy.warehouse': string({
    default: '',
    importance: 'LOW',
    group: flush,
    documentation:
      "Warehouse of snowflake.ingestion.method=staged_copy and snowsink.oversize.policy=stage; empty: the user's default.",
  }),
  'snowsink.oversize.policy': string({
    default: 'dlq',
    validator: oneOf('dlq', 'stage', 'fail'),
    importance: 'LOW',
    group: reliability,
    documentation:
      'A row that is too large for a request (4 MB compressed), or has a value too long for its column. dlq: a bad record, as errors.tolerance says. stage: the row goes by a staged file and COPY INTO instead, in order with the stream and exactly once (needs a warehouse; a value too long for its column stays a bad record). fail: the task fails, whatever errors.tolerance says.',
  }),
  'snowsink.commit.timeout.ms': long({
    default: 60_000,
    validator: atLeast(1000),
    importance: 'LOW',
    group: reliability,
    documentation:
      'Rows that Snowflake accepted but has not committed after so many milliseconds: the channel is opened anew and they are sent again from Kafka. Not set with method SNOWPIPE: an hour.',
  }),
  'snowsink.on.ambiguous.offset': string({
    default: 'fail',
    validator: oneOf('fail', 'kafka', 'earliest', 'latest'),
    importance: 'MEDIUM',
    group: reliability,
    documentation:
      'Where Snowflake’s offset token and Kafka’s committed offset do not tell where to start (a topic made anew, a token ahead): fail and print the choices, or start from kafka’s offset, earliest or latest.',
  }),
  'snowsink.on.loss': string({
    default: 'fail',
    validator: oneOf('fail', 'continue'),
    importance: 'MEDIUM',
    group: reliability,
    documentation: 'Where Kafka no longer holds the records that must come next: fail, or continue behind the gap.',
  }),
  'snowsink.late.rejections': string({
    default: 'dead-letter',
    validator: oneOf('dead-letter', 'count'),
    importance: 'LOW',
    group: reliability,
    documentation:
      'Rows that Snowflake accepts and drops later: dead-letter finds them by asking the table (needs SELECT, and topic, offset and partition in RECORD_METADATA) and treats them as errors.tolerance says; count only logs and counts them.',
  }),
};

const keysOf = (generation: Generation) => ({
  ...account,
  ...rowsAndTables(generation),
  ...flushKeys(generation),
  ...compatibility(generation !== 'v4'),
  ...v3Keys(generation),
  ...v4Keys(generation),
  ...ownKeys,
});

export type SnowflakeSinkValues = Values<ReturnType<typeof keysOf>>;

const others: Readonly<Record<Generation, Readonly<Record<string, unknown>>>> = {
  v3: { ...v4Keys('v3'), ...compatibility(true) },
  v4: v3Keys('v4'),
  own: {},
};

/** Every key, with the generation's defaults: what a config is read by, so that a leftover of another generation is no mistake. */
export const snowflakeSinkKeys = (generation: Generation): ConfigDef<ReturnType<typeof keysOf>> =>
  new ConfigDef(keysOf(generation));

/** Whether a key belongs to the generation; the others are read as their defaults. */
export const belongsTo = (generation: Generation, name: string): boolean => !(name in others[generation]);

/** The keys of one generation: what its validation and its form show. */
export const snowflakeSinkConfigDef = (generation: Generation): ConfigDef<ConfigKeys> =>
  new ConfigDef({
    ...Object.fromEntries(Object.entries(keysOf(generation)).filter(([name]) => belongsTo(generation, name))),
    ...acceptedProperties(generation),
  });
