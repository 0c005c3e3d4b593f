import type { DuckDBConnection } from '@duckdb/node-api';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { PipeTransform } from '../catalog/pipe-definition.ts';
import type { TableDefinition } from '../catalog/table-definition.ts';
import type { Database } from '../storage/database.ts';
import type { RowTransforms, TransformedRows } from '../storage/duckdb-row-store.ts';
import { type RowFile, wholeRow } from '../storage/row-file.ts';
import { rowsThatFail, type TransformInput, transformedRows } from './row-transform.ts';
import { Session } from './session.ts';
import { Transaction } from './transaction.ts';

/** Runs the SELECT of streaming pipes. Functions of time stand still at the pipe's making. [documented] */
export class PipeTransforms implements RowTransforms {
  readonly #database: Database;
  readonly #catalog: EmulatorCatalog;

  constructor(database: Database, catalog: EmulatorCatalog) {
    this.#database = database;
    this.#catalog = catalog;
  }

  async apply(
    connection: DuckDBConnection,
    table: TableDefinition,
    { sql, columns }: PipeTransform,
    rows: {
      readonly fields: readonly string[];
      readonly file: RowFile;
      readonly rowCount: number;
      readonly nowMs: number;
    },
  ): Promise<TransformedRows> {
    const scratch = await this.#database.connect();
    try {
      const { database, schema } = table.name;
      const settings = { user: 'SYSTEM', client: 'emulator', warehouse: null, role: 'ACCOUNTADMIN', database, schema };
      const session = new Session(0, scratch, new Transaction(0, scratch, this.#database.activity), settings);
      const context = { session, catalog: this.#catalog, nowMs: rows.nowMs };
      const targets = columns.flatMap((name) => table.columns.filter((column) => column.name === name));
      const transform = { sql, columns: targets };
      const input: TransformInput = {
        fields: [`${wholeRow(rows.fields, rows.file)}::JSON`],
        type: 'VARIANT',
        file: rows.file,
        fileName: '',
      };
      const failed = await rowsThatFail(context, transform, input, rows.rowCount, scratch);
      const source = await transformedRows(context, transform, { ...input, except: [...failed.keys()] }, connection);
      return { source, columns: targets.map(({ name }) => name), failed };
    } finally {
      scratch.closeSync();
    }
  }
}
