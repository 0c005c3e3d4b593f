import { DataError, type SchemaAndValue, type SinkRecord, type TableChange } from '../../src/api/index.ts';
import { columnName } from '../../src/connector/record-columns.ts';
import { jsonRenderer } from '../../src/connector/renderer.ts';
import { SchematizedRow } from '../../src/connector/schematized-row.ts';
import { TableColumns } from '../../src/connector/table-columns.ts';
import { TableMismatchError } from '../../src/connector/table-mismatch-error.ts';
import { valueRules } from '../../src/connector/value-rules.ts';
import { ValueWriter } from '../../src/connector/value-writer.ts';
import { alterTable } from '../../src/destinations/sql/table-statements.ts';
import { sinkRecordOf } from '../support/sink-record.ts';
import { type Case, compare, failed, isObject, type Outcome, passed, type Runner, skipped } from './outcome.ts';
import { NoLikeError, readTyped } from './typed-values.ts';

/** What a table must become for a record: new columns with their types, columns made nullable, and the statements. */
export const schematization: Runner = (vector) => {
  const generation = String(vector['v']).startsWith('v3') ? 'v3' : 'v4';
  const input = isObject(vector['in']) ? vector['in'] : {};
  if (vector['kind'] === 'evolve-iceberg') return skipped("the classic SDK's description of an open channel");
  const normalizeColumnNames = generation === 'v3' || input['normalization'] !== false;
  const settings = { generation, normalizeColumnNames, validation: 'client', evolution } as const;
  if (vector['kind'] === 'name') return nameOutcome(vector, settings);
  let typed: SchemaAndValue;
  try {
    typed = readTyped(input['value']);
  } catch (error) {
    if (error instanceof NoLikeError) return skipped(error.message);
    throw error;
  }
  const out = isObject(vector['out']) ? vector['out'] : {};
  const listed = (key: string): readonly string[] =>
    ((input[key] as string[] | undefined) ?? []).map((name) => stored(name, settings));
  if (vector['kind'] === 'evolve' && listed('add').some((name) => name !== name.toUpperCase())) {
    return skipped('a column that the caller asks for by hand and the record has not');
  }
  return changeOutcome(vector, out, settings, typed, listed);
};

const evolution = { policy: 'evolve', widen: false, types: 'connector' } as const;
type Settings = ConstructorParameters<typeof SchematizedRow>[0];

/** v3's names come in quotes, its inner ones not doubled. */
const stored = (name: string, { generation }: Settings): string =>
  generation === 'v3' && name.length > 1 && name.startsWith('"') ? name.slice(1, -1) : name;

const nameOutcome = (vector: Case, settings: Settings): Outcome => {
  const out = isObject(vector['out']) ? vector['out'] : {};
  try {
    return compare(stored(String(out['column']), settings), columnName(settings, String(vector['name'])));
  } catch (error) {
    return error instanceof DataError && 'throws' in out ? passed : failed(out, String(error));
  }
};

const changeOutcome = (
  vector: Case,
  out: Readonly<Record<string, unknown>>,
  settings: Settings,
  typed: SchemaAndValue,
  listed: (key: string) => readonly string[],
): Outcome => {
  const names = listed('dropNotNull');
  const columns = names.map((name) => ({ name, type: 'MAP', nullable: false, hasDefault: false }));
  if (vector['kind'] === 'evolve') {
    const there = (typed.schema?.fields ?? [])
      .map(({ name }) => columnName(settings, name))
      .filter((name) => !listed('add').includes(name));
    columns.push(...there.map((name) => ({ name, type: 'MAP', nullable: true, hasDefault: false })));
  }
  const iceberg = isObject(vector['in']) && vector['in']['iceberg'] === true ? 'structured' : null;
  const table = new TableColumns('TAB', columns, { exact: true, evolves: false, iceberg });
  let change: TableChange = { add: [], dropNotNull: [], widen: [] };
  try {
    new SchematizedRow(settings, new ValueWriter(valueRules[settings.generation], jsonRenderer)).text(
      recordOf(typed),
      table,
      null,
    );
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if (!(error instanceof TableMismatchError)) {
      return out['broken'] === true || 'throws' in out ? passed : failed(out, error.message);
    }
    change = error.change;
  }
  if (out['broken'] === true || 'throws' in out) return failed(out, change);
  if (iceberg !== null) return statementsOutcome(vector, change, inIcebergWords);
  const wanted = isObject(out['columns']) ? out['columns'] : {};
  const types = Object.fromEntries(Object.entries(wanted).map(([name, type]) => [stored(name, settings), type]));
  const got = Object.fromEntries(change.add.map(({ name, type }) => [name, type]));
  const outcome = compare({ types, dropNotNull: names }, { types: got, dropNotNull: change.dropNotNull });
  return outcome.kind === 'passed' ? statementsOutcome(vector, change) : outcome;
};

/** The ALTERs, column by column: several stand in one statement in hash order, with the connector's own name in comments. */
const statementsOutcome = (vector: Case, change: TableChange, inTheirWords = (sql: string): string => sql): Outcome => {
  const given = (vector['sql'] as { readonly sql: string }[] | undefined) ?? [];
  const theirs = given.map(({ sql }) => sql).filter((sql) => sql.startsWith('alter'));
  return compare(
    theirs.flatMap(clauses).sort(),
    alterTable('identifier(?)', change).map(inTheirWords).flatMap(clauses).sort(),
  );
};

/** v3 writes names bare, which the upper-case ones of its columns may be. */
const inIcebergWords = (sql: string): string =>
  sql.replaceAll(/"((?:[^"]|"")+)" (?=[A-Z]+)/g, (_, name) => `${name.replaceAll('""', '"')} `);

const clauses = (sql: string): string[] =>
  sql
    .replaceAll('from Snowflake Kafka Connector', 'from snowsink')
    .replace(/^alter (?:iceberg )?table identifier\(\?\) (?:add column|alter) /i, '')
    .split(/ ?, (?=if not exists|")/i)
    .map((clause) =>
      clause
        .trim()
        .replace(/^if not exists/i, 'if not exists')
        .replace(/ (?:comment|drop not null)/gi, (words) => words.toLowerCase()),
    )
    .filter((clause) => clause !== 'if not exists');

const recordOf = ({ schema, value }: SchemaAndValue): SinkRecord => sinkRecordOf(schema, value);
