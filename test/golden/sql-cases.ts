import { type Column, ConnectError } from '../../src/api/index.ts';
import { typedColumn } from '../../src/connector/columns/typed-column.ts';
import { metadataObjectType } from '../../src/connector/structured-metadata.ts';
import { TargetTables } from '../../src/connector/target-tables.ts';
import { createPipe, createStage } from '../../src/destinations/file-snowpipe/partition-stage.ts';
import { columnOf, evolutionOf } from '../../src/destinations/sql/table-service.ts';
import { alterTable, createIcebergTable, createTable } from '../../src/destinations/sql/table-statements.ts';
import { storedName } from '../../src/util/stored-name.ts';
import { MemoryTables } from '../support/memory-tables.ts';
import { type Case, compare, isObject, type Outcome, passed, type Runner, skipped } from './outcome.ts';

type Row = Readonly<Record<string, unknown>>;
interface Answer {
  readonly contains: string;
  readonly rows?: readonly Row[];
  readonly error?: number;
}

/** Calls of the connector's connection service: the same verdicts, and statements that do the same. */
export const sqlCall: Runner = (vector) => {
  const out = isObject(vector['out']) ? vector['out'] : {};
  if ('throws' in out) return skipped('statements that fail: the words for it are ours, with the fix and the grant');
  const call = String(vector['call']);
  switch (call) {
    case 'hasSchemaEvolutionPermission':
    case 'shouldEvolveSchema':
      return evolutionOutcome(vector, out);
    case 'isTableCompatible':
      return compatibleOutcome(vector, out);
    case 'createTableWithOnlyMetadataColumn':
      return compare(statements(vector), [inTheirWords(createTable('identifier(?)', 'schematized'))]);
    case 'createTable':
      if (statements(vector)[0]?.includes('or replace') === true)
        return skipped('CREATE OR REPLACE TABLE, of which rows are lost: never run');
      return compare(statements(vector), [inTheirWords(createTable('identifier(?)', 'record-content'))]);
    case 'createStage':
    case 'createPipe': {
      if (statements(vector)[0]?.includes('or replace') === true)
        return skipped('CREATE OR REPLACE of stages and pipes, which forgets what was loaded: never run');
      const [table = '', stage = ''] = vector['args'] as string[];
      const ours = call === 'createStage' ? createStage('identifier(?)') : createPipe('identifier(?)', table, stage);
      return compare(statements(vector), [ours.toLowerCase()]);
    }
    case 'alterNonNullableColumns': {
      const dropNotNull = (vector['args'] as [string, string[]])[1].map(storedName);
      const ours = alterTable('identifier(?)', { add: [], widen: [], dropNotNull }).map(inTheirWords);
      return compare(
        statements(vector).filter((sql) => sql.startsWith('alter')),
        ours,
      );
    }
    case 'createIcebergTableWithOnlyMetadataColumn': {
      const clauses = String((vector['args'] as (string | null)[])[1] ?? '');
      const options = { clauses, metadataType: metadataObjectType('v4') };
      const ours = [true, false].map((hasVariant) =>
        inTheirWords(createIcebergTable('identifier(?)', 'schematized', options, hasVariant)),
      );
      // The second one is run where the first is refused for its type: emulator's tests.
      return compare(statements(vector), ours.slice(0, statements(vector).length));
    }
    case 'addMetadataColumnForIcebergIfNotExists': {
      const add = [{ name: 'RECORD_METADATA', type: metadataObjectType('v3'), comment: null }];
      const ours = alterTable('identifier(?)', { add, widen: [], dropNotNull: [], iceberg: true });
      return compare(statements(vector), ours.map(inTheirWords).map(bare));
    }
    case 'initializeMetadataColumnTypeForIceberg': {
      const widen = [{ name: 'RECORD_METADATA', type: metadataObjectType('v3') }];
      const ours = alterTable('identifier(?)', { add: [], widen, dropNotNull: [], iceberg: true });
      return compare(
        statements(vector).map((sql) => sql.replace('alter column', 'alter')),
        ours.map(inTheirWords).map(bare),
      );
    }
    case 'isIcebergTable':
      return compare(
        out['returns'],
        answersOf(vector, 'show iceberg').some(({ name }) => name === (vector['args'] as string[])[0]),
      );
    case 'isRecordMetadataStructuredObject':
      return structuredOutcome(vector, out);
    default:
      return skipped(reasonOf(call));
  }
};

/** Without quotes and comments, which v3's statements for Iceberg tables lack. */
const bare = (sql: string): string => sql.replaceAll('"', '').replace(/ comment '[^']*'/, '');

/** An OBJECT with types inside is one; v4 asks DESCRIBE for the name only. */
const structuredOutcome = (vector: Case, out: Row): Outcome => {
  const column = answersOf(vector, 'desc table')
    .map(columnOf)
    .find((one) => one?.name === 'RECORD_METADATA');
  const isStructured = column !== undefined && column !== null && typedColumn(column).baseType === 'OBJECT';
  return compare(out['returns'], isStructured);
};

const reasonOf = (call: string): string => {
  if (call.startsWith('migrate'))
    return 'how the connectors move tokens from channel to channel: snowsink migrate reads both and moves Kafka’s offset';
  if (/Stage|createPipe|dropPipe|isPipeCompatible/.test(call))
    return 'SQL of stages and pipes of file Snowpipe: ours is its own';
  return 'how tables, pipes, databases and schemas are looked up: ours describes a table once, by its quoted name';
};

const statements = (vector: Case): readonly string[] =>
  (vector['sql'] as { readonly sql: string }[]).map(({ sql }) => sql.toLowerCase().replace(' high performance', ''));
const inTheirWords = (sql: string): string =>
  sql.toLowerCase().replaceAll('from snowsink', 'from snowflake kafka connector');

const answersOf = (vector: Case, contains: string): readonly Row[] =>
  ((vector['answers'] as Answer[] | undefined) ?? []).find((answer) => answer.contains === contains)?.rows ?? [];

const evolutionOutcome = (vector: Case, out: Row): Outcome => {
  const [table = '', role = ''] = vector['args'] as string[];
  const may = ['show tables', 'show iceberg'].some((statement) => {
    const shown = answersOf(vector, statement).find(({ name }) => name === table);
    return evolutionOf(shown, answersOf(vector, 'show grants'), storedName(role)) === 'allowed';
  });
  return compare(out['returns'], may);
};

const compatibleOutcome = async (vector: Case, out: Row): Promise<Outcome> => {
  const described = answersOf(vector, 'desc table');
  if (described.length === 0) return out['returns'] === false ? passed : compare(out['returns'], false);
  const columns = described.map(columnOf).filter((column): column is Column => column !== null);
  const memory = new MemoryTables();
  memory.tables.set('T', columns);
  const settings = {
    generation: String(vector['v']).startsWith('v3') ? 'v3' : 'v4',
    schematization: false,
    autocreate: true,
    validation: 'client',
    evolution: { policy: 'evolve' },
    metadata: { all: true },
  } as const;
  try {
    await new TargetTables(memory.service(), settings, () => {}).ready('T');
    return compare(out['returns'], true);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return compare(out['returns'], false);
  }
};
