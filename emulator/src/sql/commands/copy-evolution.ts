import { removeRowFile, writeRowFile } from '../../storage/row-file.ts';
import { evolveTable } from '../../storage/schema-evolution.ts';
import type { StageFile } from '../../storage/stage-files.ts';
import { readStagedRows } from '../../storage/staged-rows.ts';
import type { CommandContext } from './command.ts';
import type { CopyStatement } from './copy-into.ts';

/**
 * COPY INTO changes the columns of a table with ENABLE_SCHEMA_EVOLUTION = TRUE when it matches by name, the role has EVOLVE
 * SCHEMA or OWNERSHIP and, for CSV, ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE. [documented] That the columns stay when the load
 * fails or its transaction is rolled back is inferred: DDL is not part of a transaction.
 */
export const evolveForFiles = async (
  { session, catalog, stageFiles, database }: CommandContext,
  statement: CopyStatement,
  files: readonly StageFile[],
): Promise<CopyStatement> => {
  const { options } = statement;
  const { fileFormat: format, match } = options;
  const isCsv = format['TYPE'] === 'CSV';
  let { table } = statement;
  if (!table.schemaEvolution || match === null || !catalog.mayEvolve(session.role, table)) return statement;
  if (isCsv && format['ERROR_ON_COLUMN_COUNT_MISMATCH']?.toUpperCase() !== 'FALSE') return statement;
  for (const { path } of files) {
    const bytes = (await stageFiles.read(path)) ?? Buffer.alloc(0);
    const { rows } = readStagedRows(bytes, { format, byName: true, width: null });
    if (rows.rowCount === 0) continue;
    const file = await writeRowFile(database, [rows]);
    try {
      const evolved = await evolveTable(session.connection, table, rows.fields, file, match);
      if (evolved === null) continue;
      await catalog.alterTable(evolved.table, evolved.statements);
      database.activity.changed([table.id]);
      table = evolved.table;
    } finally {
      await removeRowFile(file);
    }
  }
  return { ...statement, table, columns: table.columns };
};
