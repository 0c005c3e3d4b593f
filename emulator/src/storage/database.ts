import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { TableActivity } from './table-activity.ts';

export interface DatabaseOptions {
  /** Keep everything here; null: memory only. */
  readonly folder: string | null;
  readonly threads: number;
  /** DuckDB's `memory_limit`, for example `1GB`. */
  readonly memoryLimit: string;
}

/** Functions that Snowflake has and DuckDB lacks or spells otherwise; the SQL rewriter writes these names. */
const macros = [
  // Text of any value, in the formats that a session has by default [documented]: a VARIANT string without its quotes,
  // JSON null as SQL NULL. A BLOB becomes text by way of DuckDB's own escapes, because the branches must fit any type.
  `CREATE OR REPLACE MACRO sf_to_varchar(x) AS CASE typeof(x)
     WHEN 'JSON' THEN CASE WHEN starts_with(x::VARCHAR, '"') THEN (x::JSON) ->> '$' ELSE nullif(x::VARCHAR, 'null') END
     WHEN 'BLOB' THEN hex(TRY_CAST(x::VARCHAR AS BLOB))
     WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
     WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g +0000')
     WHEN 'TIME' THEN left(x::VARCHAR, 8)
     WHEN 'DOUBLE' THEN regexp_replace(x::VARCHAR, '[.]0$', '')
     ELSE x::VARCHAR END`,
  // DuckDB reads numbers over 64 bits as floating point: texts that hold such digits are searched with all numbers as
  // strings behind a noncharacter, which are made numbers again in what was found.
  `CREATE OR REPLACE MACRO sf_numbers_as_text(x) AS replace(regexp_replace(x,
     '("(?:[^"\\\\]|\\\\.)*")|(-?[0-9]+(?:[.][0-9]+)?(?:[eE][-+]?[0-9]+)?)', '\\1"\ufdd0\\2"', 'g'), '""\ufdd0"', '"')`,
  `CREATE OR REPLACE MACRO sf_numbers_again(x) AS regexp_replace(x::VARCHAR, '"\ufdd0([^"]*)"', '\\1', 'g')::JSON`,
  // A function, because DuckDB's arrow binds more loosely than every comparison.
  `CREATE OR REPLACE MACRO sf_get(x, path) AS CASE WHEN regexp_matches(x::VARCHAR, '[0-9]{16}')
     THEN sf_numbers_again(json_extract(sf_numbers_as_text(x::VARCHAR)::JSON, path)) ELSE json_extract(x::JSON, path) END`,
  // sf_to_varchar(sf_get(x, path)), and that as NUMBER(38, 0), without the guards for long numbers where they cannot matter, and by way
  // of BIGINT: DuckDB takes 10 µs to read a long decimal from text.
  `CREATE OR REPLACE MACRO sf_get_varchar(x, path) AS coalesce(
     CASE WHEN starts_with(json_extract(x::JSON, path)::VARCHAR, '"') THEN json_extract_string(x::JSON, path) END,
     sf_to_varchar(sf_get(x, path)))`,
  `CREATE OR REPLACE MACRO sf_get_integer(x, path) AS coalesce(
     CASE WHEN length(json_extract_string(x::JSON, path)) < 16
       THEN TRY_CAST(json_extract_string(x::JSON, path) AS BIGINT)::DECIMAL(38, 0) END,
     sf_to_varchar(sf_get(x, path))::DECIMAL(38, 0))`,
  // VARIANT numbers sort and compare as numbers, texts as texts.
  `CREATE OR REPLACE MACRO sf_sort_key(x) AS
     {'number': TRY_CAST((x::JSON) ->> '$' AS DOUBLE), 'text': (x::JSON) ->> '$'}`,
  // A path below `prefix`, the PATH argument of FLATTEN.
  `CREATE OR REPLACE MACRO sf_below(prefix, path) AS
     prefix || CASE WHEN prefix = '' OR path = '' OR path[1] = '[' THEN '' ELSE '.' END || path`,
  `CREATE OR REPLACE MACRO sf_is_expanded(x, mode) AS
     (json_type(x) = 'ARRAY' AND mode <> 'OBJECT') OR (json_type(x) = 'OBJECT' AND mode <> 'ARRAY')`,
  `CREATE OR REPLACE MACRO sf_is_container(x) AS json_type(x) IN ('ARRAY', 'OBJECT')`,
  `CREATE OR REPLACE MACRO sf_flatten(x, seq, prefix, is_outer, mode) AS TABLE
     SELECT seq::DECIMAL(38, 0) AS "SEQ", e.key AS "KEY", e.path AS "PATH", e.index AS "INDEX", e.value AS "VALUE",
       e.this AS "THIS"
     FROM (SELECT unnest(CASE
       WHEN json_type(x::JSON) = 'ARRAY' AND json_array_length(x::JSON) > 0 AND mode <> 'OBJECT' THEN list_transform(
         range(json_array_length(x::JSON)::BIGINT), lambda i: {'key': NULL::VARCHAR, 'path': sf_below(prefix, '[' || i || ']'),
         'index': i, 'value': json_extract(x::JSON, '$[' || i || ']'), 'this': x::JSON})
       WHEN json_type(x::JSON) = 'OBJECT' AND len(json_keys(x::JSON)) > 0 AND mode <> 'ARRAY' THEN list_transform(
         json_keys(x::JSON), lambda k: {'key': k, 'path': sf_below(prefix, k), 'index': NULL::BIGINT,
         'value': json_extract(x::JSON, '$."' || k || '"'), 'this': x::JSON})
       WHEN is_outer THEN [{'key': NULL, 'path': prefix, 'index': NULL, 'value': NULL,
         'this': CASE WHEN sf_is_container(x::JSON) THEN x::JSON END}]
       ELSE [] END) AS e)`,
  // What is nested in something that MODE does not expand is not reached: its path tells.
  `CREATE OR REPLACE MACRO sf_is_reached(fullkey, mode) AS CASE mode
     WHEN 'OBJECT' THEN NOT regexp_matches(regexp_replace(fullkey, '"[^"]*"', '', 'g'), '\\[')
     WHEN 'ARRAY' THEN regexp_full_match(fullkey, '[$](\\[[0-9]+\\])*') ELSE TRUE END`,
  `CREATE OR REPLACE MACRO sf_flatten_recursive(x, seq, prefix, is_outer, mode) AS TABLE
     SELECT seq::DECIMAL(38, 0) AS "SEQ", CASE WHEN p.type = 'OBJECT' THEN c.key END AS "KEY",
       sf_below(prefix, regexp_replace(c.fullkey, '^[$][.]?', '')) AS "PATH",
       CASE WHEN p.type = 'ARRAY' THEN c.key::BIGINT END AS "INDEX", c.value AS "VALUE", p.value AS "THIS"
     FROM json_tree(x::JSON) c JOIN json_tree(x::JSON) p ON p.id = c.parent WHERE sf_is_reached(c.fullkey, mode)
     UNION ALL
     SELECT seq::DECIMAL(38, 0), NULL, sf_below(prefix, regexp_replace(fullkey, '^[$][.]?', '')), NULL, NULL, value
     FROM json_tree(x::JSON)
     WHERE is_outer AND sf_is_reached(fullkey, mode) AND sf_is_expanded(value, mode) AND value::VARCHAR IN ('[]', '{}')
     UNION ALL
     SELECT seq::DECIMAL(38, 0), NULL, prefix, NULL, NULL, CASE WHEN sf_is_container(x::JSON) THEN x::JSON END
     WHERE is_outer AND NOT coalesce(sf_is_expanded(x::JSON, mode), FALSE)`,
  // NUMBER(38, 0) from text: DuckDB is a hundred times slower with wide decimals than with those of 64 bits.
  `CREATE OR REPLACE MACRO sf_whole(x) AS
     coalesce(TRY_CAST(x AS DECIMAL(18, 0))::DECIMAL(38, 0), CAST(x AS DECIMAL(38, 0)))`,
  `CREATE OR REPLACE MACRO sf_try_whole(x) AS
     coalesce(TRY_CAST(x AS DECIMAL(18, 0))::DECIMAL(38, 0), TRY_CAST(x AS DECIMAL(38, 0)))`,
  `CREATE OR REPLACE MACRO sf_variant(x) AS CASE
     WHEN typeof(x) IN ('DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'BLOB') THEN to_json(sf_to_varchar(x))
     WHEN x IS NULL THEN NULL ELSE to_json(x) END`,
  // Keys whose value is NULL are left out. [documented]
  `CREATE OR REPLACE MACRO sf_object(ks, vs) AS
     map_from_entries(list_filter(list_zip(ks, vs), lambda e: e[2] IS NOT NULL))`,
  'CREATE OR REPLACE MACRO sf_no_object() AS map_from_entries([]::STRUCT(k VARCHAR, v JSON)[])',
  "CREATE OR REPLACE MACRO sf_json_null(x) AS coalesce(sf_variant(x), 'null'::JSON)",
  `CREATE OR REPLACE MACRO sf_get_item(x, k) AS
     sf_get(x, CASE WHEN typeof(k) = 'VARCHAR' THEN '$."' || k || '"' ELSE '$[' || k || ']' END)`,
  `CREATE OR REPLACE MACRO sf_array_size(x) AS
     CASE WHEN json_type(to_json(x)) = 'ARRAY' THEN json_array_length(to_json(x)) END`,
  `CREATE OR REPLACE MACRO sf_array_contains(v, a) AS
     list_contains(CAST(json_extract(to_json(a), '$[*]') AS VARCHAR[]), to_json(v)::VARCHAR)`,
  `CREATE OR REPLACE MACRO sf_object_keys(x) AS to_json(json_keys(x::JSON))`,
  `CREATE OR REPLACE MACRO sf_is_object(x) AS coalesce(json_type(x::JSON) = 'OBJECT', FALSE)`,
  `CREATE OR REPLACE MACRO sf_is_array(x) AS coalesce(json_type(x::JSON) = 'ARRAY', FALSE)`,
  `CREATE OR REPLACE MACRO sf_as_integer(x) AS
     CASE WHEN json_type(x::JSON) IN ('BIGINT', 'UBIGINT') THEN ((x::JSON) ->> '$')::DECIMAL(38, 0) END`,
  `CREATE OR REPLACE MACRO sf_as_varchar(x) AS CASE WHEN json_type(x::JSON) = 'VARCHAR' THEN (x::JSON) ->> '$' END`,
  `CREATE OR REPLACE MACRO sf_strip_null_value(x) AS CASE WHEN json_type(x::JSON) <> 'NULL' THEN x::JSON END`,
  `CREATE OR REPLACE MACRO sf_object_delete(x, k) AS json_merge_patch(x::JSON, json_object(k::VARCHAR, NULL)),
     (x, k, k2) AS json_merge_patch(x::JSON, json_object(k::VARCHAR, NULL, k2::VARCHAR, NULL))`,
  `CREATE OR REPLACE MACRO sf_initcap(x) AS
     array_to_string(list_transform(string_split(x, ' '), lambda w: upper(w[1:1]) || lower(w[2:])), ' ')`,
  `CREATE OR REPLACE MACRO sf_sha2(x) AS sha256(x)`,
  `CREATE OR REPLACE MACRO sf_hex_encode(x) AS hex(x)`,
  `CREATE OR REPLACE MACRO sf_to_binary(x) AS unhex(x), (x, format) AS CASE upper(format)
     WHEN 'HEX' THEN unhex(x) WHEN 'BASE64' THEN from_base64(x) WHEN 'UTF-8' THEN encode(x) END`,
  `CREATE OR REPLACE MACRO sf_binary_text(x, format) AS CASE upper(format)
     WHEN 'HEX' THEN hex(x) WHEN 'BASE64' THEN to_base64(x) WHEN 'UTF-8' THEN decode(x) END`,
  `CREATE OR REPLACE MACRO sf_starts_with(x, prefix) AS starts_with(x, prefix)`,
  `CREATE OR REPLACE MACRO object_agg(k, v) AS json_group_object(k, v)`,
  `CREATE OR REPLACE MACRO sf_divide(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a / b END`,
  // Weeks begin on Monday. [documented]
  `CREATE OR REPLACE MACRO sf_datediff(unit, a, b) AS CASE WHEN unit = 'week'
     THEN date_diff('day', date_trunc('week', a::TIMESTAMP), date_trunc('week', b::TIMESTAMP)) // 7
     ELSE date_diff(unit, a::TIMESTAMP, b::TIMESTAMP) END`,
  // The pattern must fit the whole text. [documented]
  `CREATE OR REPLACE MACRO sf_regexp_like(x, pattern) AS regexp_full_match(x, pattern)`,
  // NULL if one of them is. [documented]
  `CREATE OR REPLACE MACRO sf_concat(a, b) AS sf_to_varchar(a) || sf_to_varchar(b)`,
  `CREATE OR REPLACE MACRO sf_array_to_string(x, separator) AS array_to_string(list_transform(
     CAST(json_extract(to_json(x), '$[*]') AS JSON[]), lambda e: coalesce(sf_to_varchar(e), '')), separator)`,
  `CREATE OR REPLACE MACRO sf_strftime(x, format) AS strftime(x::TIMESTAMP, format)`,
  `CREATE OR REPLACE MACRO sf_to_timestamp_scaled(x, scale) AS make_timestamp((x * 10 ** (6 - scale))::BIGINT)`,
  // Which unit: below 31 536 000 000 seconds, then milli-, micro-, nanoseconds. [documented]
  `CREATE OR REPLACE MACRO sf_to_timestamp(x) AS CASE
     WHEN TRY_CAST(sf_to_varchar(x) AS DOUBLE) IS NULL THEN sf_to_varchar(x)::TIMESTAMP
     WHEN abs(TRY_CAST(sf_to_varchar(x) AS DOUBLE)) < 31536000000
       THEN make_timestamp((TRY_CAST(sf_to_varchar(x) AS DOUBLE) * 1e6)::BIGINT)
     WHEN abs(TRY_CAST(sf_to_varchar(x) AS DOUBLE)) < 31536000000000
       THEN make_timestamp((TRY_CAST(sf_to_varchar(x) AS DOUBLE) * 1e3)::BIGINT)
     WHEN abs(TRY_CAST(sf_to_varchar(x) AS DOUBLE)) < 31536000000000000
       THEN make_timestamp(TRY_CAST(sf_to_varchar(x) AS DOUBLE)::BIGINT)
     ELSE make_timestamp((TRY_CAST(sf_to_varchar(x) AS DOUBLE) / 1e3)::BIGINT) END`,
  // DuckDB wants offsets without a space before them.
  `CREATE OR REPLACE MACRO sf_to_timestamp_tz(x) AS
     CASE WHEN TRY_CAST(sf_to_varchar(x) AS DOUBLE) IS NULL
       THEN regexp_replace(sf_to_varchar(x), ' ([-+][0-9]{2}):?([0-9]{2})$', '\\1:\\2')::TIMESTAMPTZ
       ELSE sf_to_timestamp(TRY_CAST(sf_to_varchar(x) AS DOUBLE)::VARCHAR)::TIMESTAMPTZ END,
     (x, scale) AS sf_to_timestamp_scaled(x, scale)::TIMESTAMPTZ`,
  `CREATE OR REPLACE MACRO sf_try_to_timestamp(x) AS TRY(sf_to_timestamp(x))`,
  `CREATE OR REPLACE MACRO sf_typeof(x) AS CASE
     WHEN json_type(x::JSON) = 'NULL' THEN 'NULL_VALUE'
     WHEN json_type(x::JSON) IN ('UBIGINT', 'BIGINT') THEN 'INTEGER'
     WHEN json_type(x::JSON) = 'DOUBLE' THEN 'DECIMAL'
     ELSE json_type(x::JSON) END`,
];

const bookkeeping = [
  'CREATE SCHEMA IF NOT EXISTS _emulator',
  'CREATE TABLE IF NOT EXISTS _emulator.objects (kind VARCHAR, name VARCHAR, definition VARCHAR)',
  'CREATE TABLE IF NOT EXISTS _emulator.channels (name VARCHAR, record VARCHAR)',
  'CREATE TABLE IF NOT EXISTS _emulator.shutdowns (clean BOOLEAN)',
  `CREATE TABLE IF NOT EXISTS _emulator.pipe_files
     (pipe VARCHAR, path VARCHAR, received_ms BIGINT, report VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS _emulator.row_errors
     (table_id VARCHAR, rejected_at TIMESTAMPTZ, code VARCHAR, metadata JSON, data JSON)`,
];

/** The DuckDB file (or memory), one writer connection of the emulator's own, and connections for SQL sessions. */
export class Database {
  /** Locks and changes of tables, for SQL sessions. */
  readonly activity = new TableActivity();
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #spoolFolder: string;
  #turn: Promise<unknown> = Promise.resolve();
  #spoolFiles = 0;

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection, spoolFolder: string) {
    this.#instance = instance;
    this.#writer = writer;
    this.#spoolFolder = spoolFolder;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    if (options.folder !== null) mkdirSync(options.folder, { recursive: true });
    const path = options.folder === null ? ':memory:' : join(options.folder, 'snowflake.duckdb');
    const spoolFolder =
      options.folder === null
        ? mkdtempSync(join(tmpdir(), 'snowsink-emulator-'))
        : emptyFolder(join(options.folder, 'spool'));
    const instance = await DuckDBInstance.create(path, {
      threads: String(options.threads),
      memory_limit: options.memoryLimit,
      temp_directory: join(spoolFolder, 'spilled'),
    });
    const writer = await instance.connect();
    for (const statement of [...bookkeeping, ...macros]) await writer.run(statement);
    return new Database(instance, writer, spoolFolder);
  }

  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** A path for rows on their way into a table. */
  spoolFile(): string {
    this.#spoolFiles += 1;
    return join(this.#spoolFolder, `${this.#spoolFiles}.rows`);
  }

  /** Runs `work` in one transaction of the emulator's own connection, one after another. */
  transaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      await this.#writer.run('BEGIN');
      try {
        const value = await work(this.#writer);
        await this.#writer.run('COMMIT');
        return value;
      } catch (error) {
        // After a failed COMMIT there is nothing to roll back any more; the first error is the one that counts.
        await this.#writer.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#writer.run('CHECKPOINT').catch(() => undefined);
    this.#writer.closeSync();
    this.#instance.closeSync();
    rmSync(this.#spoolFolder, { recursive: true, force: true });
  }
}

/** What a killed run left there is of no use any more. */
const emptyFolder = (path: string): string => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
};

/** The error of a statement that lost against another transaction, and that may be tried again. */
export const isWriteConflict = (error: unknown): boolean =>
  error instanceof Error && /conflict|cannot append to|has been altered/i.test(error.message);
