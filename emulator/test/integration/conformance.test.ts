import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { WireClient } from '../support/wire-client.ts';

/** A line of a conformance file. Cells are in the wire's encoding; what is left out is not looked at. */
interface Statement {
  readonly sql: string;
  /** Instead of running `sql`: upload this text as the file that it names, `@stage/name`. */
  readonly content?: string;
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly columns?: readonly string[];
  readonly types?: readonly string[];
  /** Snowflake's code of the refusal. */
  readonly error?: string;
  /** Of docs.snowflake.com/en: it says so, or of a refusal that there is one. */
  readonly page?: string;
}

const folder = join(import.meta.dirname, '../conformance');

const readStatements = (file: string): readonly Statement[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Statement => {
      const { page: _page, ...statement }: Statement = JSON.parse(line);
      return statement;
    });

const outcome = async (client: WireClient, { sql, content, rows, columns, types }: Statement): Promise<object> => {
  if (content !== undefined) {
    const [stage = '', name = ''] = sql.split('/');
    await client.upload(stage, name, content);
    return { sql, content };
  }
  const { success, code, message, data } = await client.query(sql);
  if (!success) return { sql, error: code, ...(rows === undefined ? {} : { message }) };
  return {
    sql,
    ...(rows === undefined ? {} : { rows: data.rowset }),
    ...(columns === undefined ? {} : { columns: data.rowtype.map((column: { name: string }) => column.name) }),
    ...(types === undefined ? {} : { types: data.rowtype.map((column: { type: string }) => column.type) }),
  };
};

test.each(readdirSync(folder).filter((name) => name.endsWith('.jsonl')))('%s', async (file) => {
  const emulator = await startEmulator({ password: 'p', init: 'CREATE DATABASE DB' });
  try {
    const client = await WireClient.login(emulator.url, 'p', 'databaseName=DB&schemaName=PUBLIC');
    const statements = readStatements(file);
    const outcomes: object[] = [];
    for (const statement of statements) outcomes.push(await outcome(client, statement));
    const pairs = outcomes.map((found, index) => [line(found), line(statements[index] ?? {})]);
    const differing = pairs.filter(([found, expected]) => found !== expected);
    expect(differing.map(([found]) => found)).toEqual(differing.map(([, expected]) => expected));
  } finally {
    await emulator.close();
  }
});

/** One line, properties in one order: what a failing test prints is what the file says. */
const line = (value: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
