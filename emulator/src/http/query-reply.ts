import { prettyJson } from '../sql/pretty-json.ts';
import type { ResultSet } from '../sql/result-set.ts';
import type { Session } from '../sql/session.ts';
import { sessionParameters } from '../sql/session-parameters.ts';
import type { SqlError } from '../sql/sql-error.ts';
import { jsonReply, type Reply } from './exchange.ts';

/** HTTP status 200 even for errors; `success` tells. [seen on the wire of the drivers] */
export const success = (data: unknown, code: string | null = null): Reply =>
  jsonReply(200, { data, code, message: null, success: true });
export const failure = (code: string, message: string, data: unknown = null): Reply =>
  jsonReply(200, { data, code, message, success: false });

const context = (session: Session): Record<string, string | null> => ({
  finalDatabaseName: session.database,
  finalSchemaName: session.schema,
  finalWarehouseName: session.warehouse,
  finalRoleName: session.role,
});

const semiStructured = new Set(['variant', 'object', 'array']);

const shownRows = ({ columns, rows }: ResultSet): ResultSet['rows'] => {
  if (!columns.some(({ type }) => semiStructured.has(type))) return rows;
  const isJson = columns.map(({ type }) => semiStructured.has(type));
  return rows.map((row) =>
    row.map((cell, index) => (cell !== null && isJson[index] === true ? prettyJson(cell) : cell)),
  );
};

/** A result set; `transfer` is what a driver needs to do for PUT. */
export const resultReply = (result: ResultSet, session: Session, queryId: string): Reply =>
  success({
    parameters: sessionParameters(session),
    rowtype: result.columns.map((column) => ({
      ...column,
      database: '',
      schema: '',
      table: '',
      byteLength: column.length,
      collation: null,
    })),
    rowset: shownRows(result),
    total: result.rows.length,
    returned: result.rows.length,
    queryId,
    sqlState: null,
    statementTypeId: result.statementTypeId,
    version: 1,
    queryResultFormat: 'json',
    ...result.transfer,
    ...context(session),
  });

/** Several statements in one request: drivers fetch each result by its id. [seen on the wire of the drivers] */
export const multipleReply = (
  parts: readonly { readonly id: string; readonly statementTypeId: number }[],
  session: Session,
  queryId: string,
): Reply =>
  success({
    parameters: [],
    rowtype: [{ name: 'multiple statement execution', type: 'text', length: 16_777_216, nullable: false }],
    rowset: [['Multiple statements executed successfully.']],
    total: 1,
    returned: 1,
    queryId,
    statementTypeId: 0xa000,
    resultIds: parts.map(({ id }) => id).join(','),
    resultTypes: parts.map(({ statementTypeId }) => statementTypeId).join(','),
    version: 1,
    queryResultFormat: 'json',
    ...context(session),
  });

/** 333334: the query goes on, ask for its result by id. [seen on the wire of the drivers] */
export const inProgressReply = (queryId: string): Reply =>
  success({ queryId, getResultUrl: `/queries/${queryId}/result`, queryAbortsAfterSecs: 300 }, '333334');

export const errorReply = ({ code, sqlState, message }: SqlError, queryId: string): Reply =>
  failure(code, message, {
    internalError: false,
    errorCode: code,
    sqlState,
    queryId,
    line: -1,
    pos: -1,
    type: 'COMPILATION',
  });
