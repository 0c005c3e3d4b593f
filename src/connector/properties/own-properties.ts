import { atLeast, between, boolean, int, long, oneOf, password, string } from '../../config/index.ts';
import { flush, login, reliability, rows } from './property-groups.ts';

export const ownKeys = {
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
