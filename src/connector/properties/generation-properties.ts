import { boolean, long, oneOf, string } from '../../config/index.ts';
import type { Generation } from '../sink-settings.ts';
import { anyCaseOf, flush, positive, reliability, rows } from './property-groups.ts';

export const v3Keys = (generation: Generation) => ({
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

export const v4Keys = (generation: Generation) => ({
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
