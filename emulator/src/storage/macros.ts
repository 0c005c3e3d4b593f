/** What DuckDB's `typeof` says of TIMESTAMP_TZ. */
const offsetTypeName = `'STRUCT(instant TIMESTAMP WITH TIME ZONE, "minutes" SMALLINT)'`;

/** Functions that Snowflake has and DuckDB lacks or spells otherwise; the SQL rewriter writes these names. */
export const macros: readonly string[] = [
  // TIMESTAMP_TZ from DuckDB's text of it, because the branches of sf_to_varchar must fit any type.
  `CREATE OR REPLACE MACRO sf_shift_text(x) AS (CASE WHEN x < 0 THEN '-' ELSE '+' END) ||
     lpad((abs(x) // 60)::VARCHAR, 2, '0') || lpad((abs(x) % 60)::VARCHAR, 2, '0')`,
  `CREATE OR REPLACE MACRO sf_offset_text(x) AS strftime(
     TRY_CAST(regexp_extract(x, '''instant'': ''([^+]*)[+]', 1) AS TIMESTAMP)
     + to_minutes(TRY_CAST(regexp_extract(x, '(-?[0-9]+)}', 1) AS BIGINT)), '%Y-%m-%d %H:%M:%S.%g ')
     || sf_shift_text(TRY_CAST(regexp_extract(x, '(-?[0-9]+)}', 1) AS BIGINT))`,
  // Text of any value, in the formats that a session has by default [documented]: a VARIANT string without its quotes,
  // JSON null as SQL NULL. A BLOB becomes text by way of DuckDB's own escapes, because the branches must fit any type.
  `CREATE OR REPLACE MACRO sf_to_varchar(x) AS CASE typeof(x)
     WHEN 'JSON' THEN CASE WHEN starts_with(x::VARCHAR, '"') THEN (x::JSON) ->> '$' ELSE nullif(x::VARCHAR, 'null') END
     WHEN 'BLOB' THEN hex(TRY_CAST(x::VARCHAR AS BLOB))
     WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
     WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g +0000')
     WHEN 'TIME' THEN left(x::VARCHAR, 8)
     WHEN 'DOUBLE' THEN regexp_replace(x::VARCHAR, '[.]0$', '')
     WHEN ${offsetTypeName} THEN sf_offset_text(x::VARCHAR)
     ELSE x::VARCHAR END`,
  // DuckDB reads numbers over 64 bits as floating point: texts that hold such digits are searched with all numbers as
  // strings behind a noncharacter, which are made numbers again in what was found.
  `CREATE OR REPLACE MACRO sf_numbers_as_text(x) AS replace(regexp_replace(x,
     '("(?:[^"\\\\]|\\\\.)*")|(-?[0-9]+(?:[.][0-9]+)?(?:[eE][-+]?[0-9]+)?)', '\\1"\ufdd0\\2"', 'g'), '""\ufdd0"', '"')`,
  `CREATE OR REPLACE MACRO sf_numbers_again(x) AS regexp_replace(x::VARCHAR, '"\ufdd0([^"]*)"', '\\1', 'g')::JSON`,
  // A function, because DuckDB's arrow binds more loosely than every comparison.
  `CREATE OR REPLACE MACRO sf_get(x, path) AS CASE WHEN regexp_matches(x::VARCHAR, '[0-9]{16}')
     THEN sf_numbers_again(json_extract(sf_numbers_as_text(x::VARCHAR)::JSON, path)) ELSE json_extract(x::JSON, path) END`,
  // sf_to_varchar(sf_get(x, path)), and that as NUMBER(38, 0), without the guards for long numbers where they cannot matter: DuckDB takes
  // 10 µs to read a wide decimal from text. The outer CASE keeps DuckDB from computing parts of the slow way beforehand for every row.
  `CREATE OR REPLACE MACRO sf_get_varchar(x, path) AS CASE WHEN json_type(x::JSON, path) = 'VARCHAR'
     THEN json_extract_string(x::JSON, path) ELSE sf_to_varchar(sf_get(x, path)) END`,
  `CREATE OR REPLACE MACRO sf_get_integer(x, path) AS CASE WHEN x IS NOT NULL THEN coalesce(
     TRY_CAST(json_extract_string(x::JSON, path) AS DECIMAL(15, 0))::DECIMAL(38, 0),
     sf_to_varchar(sf_get(x, path))::DECIMAL(38, 0)) END`,
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
     WHEN typeof(x) IN ('DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'BLOB', ${offsetTypeName}) THEN to_json(sf_to_varchar(x))
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
  `CREATE OR REPLACE MACRO sf_is_integer(x) AS coalesce(json_type(x::JSON) IN ('BIGINT', 'UBIGINT', 'HUGEINT'), FALSE)`,
  `CREATE OR REPLACE MACRO sf_is_number(x) AS
     coalesce(json_type(x::JSON) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'), FALSE)`,
  `CREATE OR REPLACE MACRO sf_is_varchar(x) AS coalesce(json_type(x::JSON) = 'VARCHAR', FALSE)`,
  `CREATE OR REPLACE MACRO sf_is_boolean(x) AS coalesce(json_type(x::JSON) = 'BOOLEAN', FALSE)`,
  `CREATE OR REPLACE MACRO sf_as_double(x) AS CASE WHEN sf_is_number(x) THEN ((x::JSON) ->> '$')::DOUBLE END`,
  `CREATE OR REPLACE MACRO sf_as_boolean(x) AS CASE WHEN sf_is_boolean(x) THEN ((x::JSON) ->> '$')::BOOLEAN END`,
  `CREATE OR REPLACE MACRO sf_as_object(x) AS CASE WHEN json_type(x::JSON) = 'OBJECT' THEN x::JSON END`,
  `CREATE OR REPLACE MACRO sf_as_array(x) AS CASE WHEN json_type(x::JSON) = 'ARRAY' THEN x::JSON END`,
  `CREATE OR REPLACE MACRO sf_to_array(x) AS CASE WHEN json_type(to_json(x)) = 'ARRAY' THEN to_json(x)
     WHEN x IS NOT NULL THEN to_json([sf_variant(x)]) END`,
  `CREATE OR REPLACE MACRO sf_to_object(x) AS CASE WHEN x IS NULL OR json_type(to_json(x)) = 'OBJECT' THEN to_json(x)
     ELSE error('Failed to cast variant value ' || to_json(x)::VARCHAR || ' to OBJECT') END`,
  // A key that is there already is an error unless it shall be updated; NULL inserts nothing. [documented]
  `CREATE OR REPLACE MACRO sf_object_insert(x, k, v, updates) AS CASE
     WHEN NOT updates AND list_contains(json_keys(x::JSON), k) THEN error('Duplicate field key ''' || k || '''')
     WHEN sf_variant(v) IS NULL THEN x::JSON
     ELSE json_merge_patch(json_merge_patch(x::JSON, json_object(k, NULL)), json_object(k, sf_variant(v))) END`,
  `CREATE OR REPLACE MACRO sf_object_pick(x, ks) AS map_from_entries(list_transform(
     list_filter(ks, lambda k: json_exists(x::JSON, '$."' || k || '"')),
     lambda k: {'k': k, 'v': json_extract(x::JSON, '$."' || k || '"')}))`,
  'CREATE OR REPLACE MACRO sf_hex_decode_string(x) AS decode(unhex(x))',
  'CREATE OR REPLACE MACRO sf_base64_encode(x) AS to_base64(encode(sf_to_varchar(x)))',
  'CREATE OR REPLACE MACRO sf_base64_decode_string(x) AS decode(from_base64(x))',
  'CREATE OR REPLACE MACRO sf_median(x) AS median(x::DOUBLE)',
  'CREATE OR REPLACE MACRO sf_approx_percentile(x, share) AS approx_quantile(x::DOUBLE, share)',
  `CREATE OR REPLACE MACRO sf_strip_null_value(x) AS CASE WHEN json_type(x::JSON) <> 'NULL' THEN x::JSON END`,
  `CREATE OR REPLACE MACRO sf_object_delete(x, k) AS json_merge_patch(x::JSON, json_object(k::VARCHAR, NULL)),
     (x, k, k2) AS json_merge_patch(x::JSON, json_object(k::VARCHAR, NULL, k2::VARCHAR, NULL))`,
  `CREATE OR REPLACE MACRO sf_initcap(x) AS
     array_to_string(list_transform(string_split(x, ' '), lambda w: upper(w[1:1]) || lower(w[2:])), ' ')`,
  `CREATE OR REPLACE MACRO sf_sha2(x) AS sha256(x)`,
  `CREATE OR REPLACE MACRO sf_hex_encode(x) AS hex(x)`,
  `CREATE OR REPLACE MACRO sf_to_binary(x) AS unhex(x), (x, format) AS CASE upper(format)
     WHEN 'HEX' THEN unhex(x) WHEN 'BASE64' THEN from_base64(x) WHEN 'UTF-8' THEN encode(x) END`,
  `CREATE OR REPLACE MACRO sf_try_to_binary(x) AS TRY(unhex(x)), (x, format) AS TRY(sf_to_binary(x, format))`,
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
  'CREATE OR REPLACE MACRO sf_joined(a, b) AS a || b',
  `CREATE OR REPLACE MACRO sf_concat(a, b) AS sf_to_varchar(a) || sf_to_varchar(b)`,
  `CREATE OR REPLACE MACRO sf_array_to_string(x, separator) AS array_to_string(list_transform(
     CAST(json_extract(to_json(x), '$[*]') AS JSON[]), lambda e: coalesce(sf_to_varchar(e), '')), separator)`,
  `CREATE OR REPLACE MACRO sf_typeof(x) AS CASE
     WHEN json_type(x::JSON) = 'NULL' THEN 'NULL_VALUE'
     WHEN json_type(x::JSON) IN ('UBIGINT', 'BIGINT') THEN 'INTEGER'
     WHEN json_type(x::JSON) = 'DOUBLE' THEN 'DECIMAL'
     ELSE json_type(x::JSON) END`,
];
