import { type Case, isObject } from './outcome.ts';

/** Where we differ from Kafka Connect's or the Snowflake connector's classes on purpose. docs/differences.md is printed from here. */
export interface Difference {
  readonly area:
    | 'Rows'
    | 'Columns and values'
    | 'Tables and names'
    | 'Schema evolution'
    | 'Iceberg tables'
    | 'Configuration';
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  /** Is that the reason why this case's answer is not ours? */
  applies(vector: Case, file: string): boolean;
}

const text = (value: unknown): string => JSON.stringify(value) ?? '';
const isValidation = (file: string): boolean => file === 'snowflake/row-validation.jsonl';
const isRecord = (file: string): boolean => /record-(?:content|metadata)/.test(file);
const isMetadataAlone = (out: unknown): boolean =>
  isObject(out) && isObject(out['row']) && Object.keys(out['row']).join() === 'RECORD_METADATA';
const isSchematization = (file: string): boolean => file === 'snowflake/schematization.jsonl';
/** The columns that evolution was asked for, as JSON without v3's quotes around names. */
const added = ({ in: input }: Case): string =>
  text(isObject(input) && Array.isArray(input['add']) ? input['add'].map((name) => String(name).slice(1, -1)) : []);
const addsNothingToIceberg = ({ in: input, sql, out }: Case): boolean =>
  isObject(input) && input['iceberg'] === true && text(sql) === '[]' && text(out) === '{}';
const isSql = (file: string): boolean => file === 'snowflake/sql.jsonl';
const isV3 = ({ v }: Case): boolean => String(v).startsWith('v3');

/** A ByteBuffer that is a window on more bytes. */
const isWindow = (vector: Case): boolean => /"buf":\{"b64":"[^"]*","pos":[1-9]/.test(text(vector['in']));

export const differences: readonly Difference[] = [
  {
    area: 'Rows',
    theirs: 'Of a ByteBuffer that is a window on more bytes all of them are written.',
    ours: 'The bytes of the window.',
    why: 'The others belong to somebody else.',
    applies: (vector, file) => isRecord(file) && isWindow(vector),
  },
  {
    area: 'Rows',
    theirs:
      'v3 with schematization writes a row of metadata alone for a value that is no object: its content is lost in silence.',
    ours: 'The record is a bad one.',
    why: 'Nothing is lost without a dead letter, a count or a failed task.',
    applies: (vector, file) => isRecord(file) && isV3(vector) && isMetadataAlone(vector['out']),
  },
  {
    area: 'Rows',
    theirs: 'Numbers of schemaless JSON become longs and doubles: 25 digits are rounded, integers beyond 2^63 cut.',
    ours: 'Every digit arrives as it was written. (The vectors are compared as Java would read our number.)',
    why: 'Kafka holds these digits.',
    applies: () => false,
  },
  {
    area: 'Rows',
    theirs: 'v4 writes the identity of a byte array, [B@1a2b3c, for bytes in a header that it flattens to text.',
    ours: 'Their base64. (The vectors are compared with any base64 in that place.)',
    why: 'The identity tells nothing.',
    applies: () => false,
  },
  {
    area: 'Rows',
    theirs: 'v3 hands nested values and RECORD_CONTENT over as JSON text.',
    ours: 'Native JSON, which Snowflake stores as the same VARIANT.',
    why: 'Snowpipe Streaming’s high-performance API would keep the text a string.',
    applies: () => false,
  },
  {
    area: 'Rows',
    theirs: 'The JVM’s default time zone decides how a Time is written.',
    ours: 'UTC, whatever the machine.',
    why: 'A machine’s setting must not change what a table holds.',
    applies: () => false,
  },
  {
    area: 'Columns and values',
    theirs:
      'A text into VARIANT or ARRAY is read up to the end of its first JSON value (v4), or taken though it is none (v3).',
    ours: 'Text behind the first value makes it no JSON: the record is a bad one.',
    why: 'The rest of the text would be lost in silence, or the row later.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^(?:VARIANT|ARRAY|OBJECT)/.test(String(type)) && value === '1 2',
  },
  {
    area: 'Columns and values',
    theirs: 'A FLOAT32 into a NUMBER column is made a double first: 0.1 becomes 0.10000000149011612.',
    ours: 'It keeps its own shortest text, 0.1.',
    why: 'Digits that the record does not have help nobody.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^NUMBER/.test(String(type)) && text(value).startsWith('{"f32"'),
  },
  {
    area: 'Columns and values',
    theirs: 'The validator measures bytes in a VARIANT column as an array of numbers; what is stored is their base64.',
    ours: 'Base64 from the start.',
    why: 'The stored value is the same.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^(?:VARIANT|ARRAY|OBJECT)/.test(String(type)) && text(value).includes('"b64"'),
  },
  {
    area: 'Columns and values',
    theirs: 'A blank text into ARRAY ends the task with an IllegalStateException (v4).',
    ours: '[null], as v3 makes it.',
    why: 'One odd record must not stop a topic.',
    applies: ({ value, type }, file) => isValidation(file) && type === 'ARRAY' && String(value).trim() === '',
  },
  {
    area: 'Columns and values',
    theirs:
      'A NaN that no conversion has made a text ends the task with a NumberFormatException, or is no type that the column takes.',
    ours: 'NaN is the text that the conversion before makes of it, in every column.',
    why: 'Records come to the validator only by way of that conversion.',
    applies: ({ value }, file) => isValidation(file) && /"f64":"(?:NaN|-?Infinity)"/.test(text(value)),
  },
  {
    area: 'Schema evolution',
    theirs:
      'v3: a record that is a Map with a schema ends the task at the first column that is to be added (`Cannot list fields on non-struct type`).',
    ours: 'Columns are added, by the schema of the map’s values.',
    why: 'The record is a good one.',
    applies: (vector, file) =>
      isSchematization(file) && isV3(vector) && text(vector['out']).includes('Cannot list fields'),
  },
  {
    area: 'Schema evolution',
    theirs: 'v3 puts a quote inside of a column’s name into the DDL as it is: the statement is broken, or another one.',
    ours: 'Quotes inside of names are doubled.',
    why: 'Names come from records: they must not be SQL.',
    applies: (vector, file) =>
      isSchematization(file) && isV3(vector) && /"[^"]*\\"[^"]*\\"[^"]*"/.test(text(vector['out'])),
  },
  {
    area: 'Schema evolution',
    theirs:
      'v3 looks for a field with a dot, or an odd quote, under another name than the record has, and ends the task (ERROR_5022) or, with an Iceberg table and no schema, never adds the column.',
    ours: 'The column of that name is added.',
    why: 'The record is a good one.',
    applies: (vector, file) =>
      isSchematization(file) &&
      isV3(vector) &&
      (text(vector['out']).includes('Columns not found in schema') ||
        (addsNothingToIceberg(vector) && /\.|\\"/.test(added(vector).slice(1, -1)))),
  },
  {
    area: 'Schema evolution',
    theirs: 'v4 makes BIGINT of a Decimal in a Map with a schema.',
    ours: 'VARCHAR, as of every other Decimal (or NUMBER with snowsink.schema.evolution.types=schema).',
    why: 'BIGINT would round each value.',
    applies: (vector, file) =>
      isSchematization(file) &&
      !isV3(vector) &&
      text(vector['in']).includes('connect.data.Decimal') &&
      text(vector['out']).includes('BIGINT'),
  },
  {
    area: 'Schema evolution',
    theirs: 'A column with an empty name is asked for, which Snowflake refuses.',
    ours: 'The record is a bad one.',
    why: 'No ALTER TABLE could help it.',
    applies: ({ out }, file) =>
      isSchematization(file) &&
      isObject(out) &&
      isObject(out['columns']) &&
      ['', '""'].some((name) => name in Object(out['columns'])),
  },
  {
    area: 'Schema evolution',
    theirs:
      'v3’s schema evolution of Iceberg tables can be asked about records that its conversion has refused before.',
    ours: 'A record that cannot be converted is a bad one before its table is looked at.',
    why: 'It must not change the table.',
    applies: (vector, file) =>
      isSchematization(file) &&
      (addsNothingToIceberg(vector) ||
        (vector['note'] === 'required field null, no default' && text(vector['sql']).includes('alter iceberg table'))),
  },
  {
    area: 'Iceberg tables',
    theirs: 'v3 hands the classic SDK RECORD_METADATA without the fields that a record lacks, and a key as it is.',
    ours: 'Absent fields are null, keys are text: JSON where they are no strings. (The vectors are compared without nulls.)',
    why: 'What is stored is the same, but for keys that are objects, which the SDK refused.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs:
      'v4 leaves columns of Iceberg tables to Snowflake’s own schema evolution, which drops fields that have no column in silence.',
    ours: 'The worker adds them (ALTER ICEBERG TABLE), with v3’s types for Iceberg, or VARIANT where the table’s format has it.',
    why: 'Nothing is lost in silence.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs: 'v4 makes a table without RECORD_CONTENT even where rows need it, and trusts in schema evolution.',
    ours: 'The column is made with the table.',
    why: 'Iceberg tables do not evolve by themselves.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs:
      'v4 refuses a structured RECORD_METADATA that has a field which it does not write (ERROR_0035), such as v3’s schema ids.',
    ours: 'Such fields are null. A missing field is refused, as v4 does, or added, as v3 does.',
    why: 'A table of v3’s goes on under v4’s config.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs: 'v3 makes no column nullable there, and refuses to start where the table does not evolve (ERROR_0032).',
    ours: 'NOT NULL is dropped as in other tables; without evolution, records that do not fit are bad ones.',
    why: 'Good records get in.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs: 'v3 writes names of columns into ALTER ICEBERG TABLE without quotes.',
    ours: 'Every name is in quotes. (The vectors are compared without.)',
    why: 'A name with a blank or an odd sign would break the statement.',
    applies: () => false,
  },
  {
    area: 'Iceberg tables',
    theirs: 'v3 asks only SHOW TABLES whether an Iceberg table evolves.',
    ours: 'SHOW ICEBERG TABLES too, as v4.',
    why: 'A table that evolves is one.',
    applies: (vector, file) => isSql(file) && isV3(vector) && text(vector['answers']).includes('show iceberg'),
  },
  {
    area: 'Tables and names',
    theirs:
      'v3 makes a table for schematization by two statements; if the second fails, it never evolves, which a log line tells.',
    ours: 'One statement, as v4’s, with the error table on.',
    why: 'A table is made whole or not at all.',
    applies: (vector, file) => isSql(file) && isV3(vector) && vector['call'] === 'createTableWithOnlyMetadataColumn',
  },
  {
    area: 'Schema evolution',
    theirs: 'v3 writes the names of columns that lose NOT NULL into the DDL without quotes.',
    ours: 'Every name is in quotes, as v4 has it.',
    why: 'Lower-case names and odd signs would be another column, or none.',
    applies: (vector, file) => isSql(file) && isV3(vector) && vector['call'] === 'alterNonNullableColumns',
  },
  {
    area: 'Tables and names',
    theirs: 'v4 calls a table without schematization unfit whose RECORD_CONTENT or RECORD_METADATA is NOT NULL.',
    ours: 'It is taken, as v3 does.',
    why: 'Rows have both, but for tombstones, which behavior.on.null.values=ignore leaves out.',
    applies: (vector, file) => isSql(file) && !isV3(vector) && vector['call'] === 'isTableCompatible',
  },
];
