import { LockError } from '../storage/table-activity.ts';

/** A refused statement, in Snowflake's terms: six-digit code, SQL state, message. */
export class SqlError extends Error {
  readonly code: string;
  readonly sqlState: string;

  constructor(code: string, sqlState: string, message: string) {
    super(message);
    this.name = 'SqlError';
    this.code = code;
    this.sqlState = sqlState;
  }
}

const compilation = (text: string): string => `SQL compilation error:\n${text}`;

/** 001003. [documented] */
export const syntaxError = (line: number, position: number, near: string): SqlError =>
  new SqlError(
    '001003',
    '42000',
    compilation(`syntax error line ${line} at position ${position} unexpected '${near === '' ? '<EOF>' : near}'.`),
  );

/** 002003, SQL state 02000 for databases and schemas, 42S02 for the rest. [observed] */
export const doesNotExist = (kind: string, name: string): SqlError =>
  new SqlError(
    '002003',
    kind === 'Database' || kind === 'Schema' ? '02000' : '42S02',
    compilation(`${kind} '${name}' does not exist or not authorized.`),
  );

/** 002002. [documented] */
export const alreadyExists = (name: string): SqlError =>
  new SqlError('002002', '42710', compilation(`Object '${name}' already exists.`));

/** 091386. [observed by the Snowflake connector's authors] */
export const noTypeOfIceberg = (type: string): SqlError =>
  new SqlError('091386', '42601', compilation(`Unsupported data type '${type}' for iceberg tables.`));

/** 000904. [documented] */
export const invalidIdentifier = (name: string): SqlError =>
  new SqlError('000904', '42000', compilation(`error line 1 at position 0\ninvalid identifier '${name}'`));

/** 090105: no database or schema is set. [documented] */
export const noCurrentNamespace = (kind: 'database' | 'schema'): SqlError =>
  kind === 'database'
    ? new SqlError(
        '090105',
        '22000',
        "Cannot perform operation. This session does not have a current database. Call 'USE DATABASE', or use a qualified name.",
      )
    : new SqlError(
        '090106',
        '22000',
        "Cannot perform operation. This session does not have a current schema. Call 'USE SCHEMA', or use a qualified name.",
      );

/** 000002, Snowflake's "unsupported feature": what Snowflake has and the emulator lacks. */
export const notEmulated = (what: string): SqlError =>
  new SqlError('000002', '0A000', `Unsupported feature: the snowsink emulator does not have ${what}.`);

/** 000625; a canceled statement 000604. [documented; that full queues say the same is inferred] */
const lockRefused = ({ reason }: LockError): SqlError =>
  reason === 'canceled'
    ? new SqlError('000604', '57014', 'SQL execution canceled')
    : new SqlError(
        '000625',
        '57014',
        `Statement was aborted: it waits for the lock of another transaction (${reason}).`,
      );

/** Texts that are no date, timestamp, truth value, or too large a number. [documented codes; that of numbers is inferred] */
const conversionError = (text: string): SqlError | null => {
  const [, kind, moment = ''] =
    /(?:invalid )?(date|timestamp) field (?:format: |value out of range: |value )"([^"]*)"/.exec(text) ?? [];
  if (kind === 'date') return new SqlError('100040', '22007', `Date '${moment}' is not recognized`);
  if (kind === 'timestamp') return new SqlError('100035', '22007', `Timestamp '${moment}' is not recognized`);
  const truth = /Could not convert string ["'](.*)["'] to BOOL/.exec(text)?.[1];
  if (truth !== undefined) return new SqlError('100037', '22018', `Boolean value '${truth}' is not recognized`);
  const [, number, type] = /Could not cast value (-?[\d.]+) to DECIMAL\((\d+,\d+)\)/.exec(text) ?? [];
  if (number === undefined) return null;
  return new SqlError('100039', '22003', `Number out of representable range: type FIXED(${type}), value ${number}`);
};

/** 002057, 002028, 000904. [observed] */
const compilationError = (text: string): SqlError | null => {
  const counted =
    /(?:expected (?<expected>\d+) columns|has (?<wanted>\d+) columns) but (?<given>\d+) values were supplied/.exec(
      text,
    ) ?? /has (?<given>\d+) columns available but (?<wanted>\d+) columns specified/.exec(text);
  const { expected = counted?.groups?.['wanted'], given } = counted?.groups ?? {};
  if (given !== undefined)
    return new SqlError(
      '002057',
      '42601',
      compilation(`Insert value list does not match column list expecting ${expected} but got ${given}`),
    );
  const ambiguous = /Ambiguous reference to column name "([^"]+)"/.exec(text)?.[1];
  if (ambiguous !== undefined)
    return new SqlError('002028', '42601', compilation(`ambiguous column name '${ambiguous.toUpperCase()}'`));
  const table = /Referenced table "([^"]+)" not found/.exec(text)?.[1];
  return table === undefined ? null : invalidIdentifier(table.toUpperCase());
};

/** What DuckDB says about a rewritten statement, in Snowflake's codes. */
export const fromDuckDb = (error: unknown): SqlError => {
  if (error instanceof SqlError) return error;
  if (error instanceof LockError) return lockRefused(error);
  const text = error instanceof Error ? error.message : String(error);
  const first = text.split('\n')[0] ?? text;
  const column =
    /(?:Referenced column|does not have a column (?:named|with name)|^Binder Error: Column) "([^"]+)"/.exec(text)?.[1];
  if (column !== undefined) return invalidIdentifier(column.toUpperCase());
  const missing = /(?:Scalar|Table|Aggregate)? ?Function with name "?([\w$]+)"? does not exist/i.exec(text)?.[1];
  if (missing !== undefined) return notEmulated(`the function ${missing.toUpperCase()}`);
  if (/NOT NULL constraint failed/.test(text))
    return new SqlError('100072', '22000', 'NULL result in a non-nullable column');
  const conversion = conversionError(text);
  if (conversion !== null) return conversion;
  const compiled = compilationError(text);
  if (compiled !== null) return compiled;
  const value = /Could not convert string ["'](.*)["'] to/.exec(text)?.[1];
  if (value !== undefined) return new SqlError('100038', '22018', `Numeric value '${value}' is not recognized`);
  const own = /^Invalid Input Error: ((?:Duplicate field key|Failed to cast variant value) .*)/.exec(first)?.[1];
  if (own !== undefined) return new SqlError(own.startsWith('D') ? '100096' : '100071', '22000', own);
  if (/malformed json/i.test(text)) return new SqlError('100069', '22P02', 'Error parsing JSON');
  const ungrouped = /column "([^"]+)" must appear in the GROUP BY clause/i.exec(text)?.[1];
  if (ungrouped !== undefined)
    return new SqlError(
      '000979',
      '42601',
      compilation(
        `error line 1 at position 0\n'${ungrouped.toUpperCase()}' in select clause is neither an aggregate nor in the group by clause.`,
      ),
    );
  if (/^Conversion Error/.test(text)) return new SqlError('100071', '22000', first);
  if (/^(Interrupt Error|INTERRUPT)/i.test(text)) return new SqlError('000604', '57014', 'SQL execution canceled');
  if (/conflict/i.test(text)) return new SqlError('000625', '57014', `Statement was aborted: ${first}`);
  if (/division by zero/i.test(text)) return new SqlError('100051', '22012', 'Division by zero');
  return new SqlError('000002', '0A000', `Unsupported feature: the snowsink emulator cannot run this: ${first}`);
};
