import {
  type ConnectError,
  DestinationRefusedError,
  errorMessage,
  RetriableError,
  type SnowflakeAccount,
} from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { identifier } from '../snowflake-identifier.ts';

/** What the driver throws: Snowflake's code (`002003`) or its own (`401001`). */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** No reply, or not Snowflake's: 401001 no connection, 401002 an HTTP error, 401003 not JSON. */
const unreachableCodes: ReadonlySet<string> = new Set(['401001', '401002', '401003']);

/** The session is gone (390104, 390111, 390112, 390114) or the driver closed it (405503, 407001, 407002): log in again. */
const sessionGoneCodes: ReadonlySet<string> = new Set([
  '390104',
  '390111',
  '390112',
  '390114',
  '405503',
  '407001',
  '407002',
]);
export const isSessionGone = (error: unknown): boolean => sessionGoneCodes.has(errorCode(error));

/** Nothing is known of what was asked: no connection, no session, no time. */
export const isInDoubt = (error: unknown): boolean =>
  error instanceof RetriableError || unreachableCodes.has(errorCode(error)) || isSessionGone(error);

/** 002003: no such object, or the role may not see it; Snowflake does not tell which. */
export const isMissing = (error: unknown): boolean => errorCode(error) === '002003';

/** 001003, 000002: the account does not know such a statement. */
export const isUnknownStatement = (error: unknown): boolean => ['001003', '000002'].includes(errorCode(error));

/** 091386: Iceberg has no such type, as format 2 has no VARIANT. */
export const isTypeWithoutIceberg = (error: unknown): boolean => errorCode(error) === '091386';

/**
 * The driver's error → words for people: what was wished, what stands against it, which property or grant mends it.
 * @param creates privileges on the schema by which missing objects are made; not given: those for a table
 */
export const explainSqlError = (
  account: SnowflakeAccount,
  wish: string,
  error: unknown,
  creates?: string,
): ConnectError => {
  const code = errorCode(error);
  const said = `${code === '' ? '' : `${code} `}${errorMessage(error).replaceAll(/\s+/g, ' ').trim()}`;
  const what = `Could not ${wish}: ${said}`.replace(/\.?$/, '.');
  if (unreachableCodes.has(code)) {
    return new RetriableError(`${what} Check snowflake.url.name (${account.url}) and the network.`, { cause: error });
  }
  const mended = grantFor(account, said, wish, creates) ?? advice(account, code, wish);
  return new DestinationRefusedError(`${what} ${mended}`.trim(), { cause: error });
};

/** What rows need of an object that Snowflake names in its refusal, or does not show. Null: it names none, or rows were not what was wished. */
const grantFor = (account: SnowflakeAccount, said: string, wish: string, creates?: string): string | null => {
  const [, operated, hidden, path = ''] =
    /(?:operate on (\w+)|\b(Stage|Pipe|Table|Object)) '([^']+)'(?! already)/.exec(said) ?? [];
  const kind = operated ?? hidden?.toLowerCase().replace('object', 'table');
  if (kind === undefined || !/^(load|open|forget) /.test(wish)) return null;
  const name = path.slice(path.lastIndexOf('.') + 1);
  const role = account.role === null ? '<role>' : identifier(storedName(account.role));
  const database = identifier(storedName(account.database));
  const schema = `${database}.${identifier(storedName(account.schema))}`;
  const grant = (privileges: string, on: string): string => `GRANT ${privileges} ON ${on} TO ROLE ${role};`;
  switch (kind) {
    case 'schema':
      return creates === undefined ? null : grant(`USAGE, ${creates}`, `SCHEMA ${schema}`);
    case 'table':
      return grant('SELECT, INSERT, UPDATE, DELETE', `TABLE ${schema}.${identifier(name)}`);
    case 'stage':
      return grant('READ, WRITE', `STAGE ${schema}.${identifier(name)}`);
    case 'pipe':
      return grant('OPERATE, MONITOR', `PIPE ${schema}.${identifier(name)}`);
    case 'warehouse':
      return grant('USAGE', `WAREHOUSE ${identifier(name)}`);
    case 'database':
      return grant('USAGE', `DATABASE ${database}`);
    default:
      return null;
  }
};

const advice = (account: SnowflakeAccount, code: string, wish: string): string => {
  const isIceberg = wish.startsWith('create Iceberg');
  const altered = /^alter table (.+)$/.exec(wish)?.[1];
  const { user } = account;
  const role = account.role === null ? '<role>' : identifier(storedName(account.role));
  const database = identifier(storedName(account.database));
  const schema = `${database}.${identifier(storedName(account.schema))}`;
  const volume = `The role needs the volume of the table's files too: GRANT USAGE ON EXTERNAL VOLUME <volume> TO ROLE ${role};`;
  switch (code) {
    case '390144':
    case '390100':
    case '394300':
      return (
        `Check snowflake.user.name (${user}), that the user has the public half of snowflake.private.key ` +
        `(ALTER USER ${user} SET RSA_PUBLIC_KEY='…'), and that this machine's clock is right.`
      );
    case '390186':
    case '390189':
      return `Check snowflake.role.name, or: GRANT ROLE ${role} TO USER ${user};`;
    case '390420':
    case '390422':
    case '390429':
      return 'A network policy of the account does not let this machine in: ask an account administrator.';
    case '002003':
    case '002043':
    case '090105':
    case '090106':
      return (
        `Check snowflake.database.name and snowflake.schema.name, or let the role see them: ` +
        `GRANT USAGE ON DATABASE ${database} TO ROLE ${role}; GRANT USAGE ON SCHEMA ${schema} TO ROLE ${role};` +
        (isIceberg ? ` ${volume}` : '')
      );
    case '000606':
      return `Statements need a warehouse: name one in snowsink.copy.warehouse and GRANT USAGE ON WAREHOUSE <warehouse> TO ROLE ${role};`;
    case '091386':
      return 'Rows without schematization need VARIANT columns: ask for format 3 (ICEBERG_VERSION = 3 in snowflake.iceberg.create.table.options), or set snowflake.enable.schematization=true.';
    case '003001':
      if (altered !== undefined) return `GRANT EVOLVE SCHEMA ON TABLE ${altered} TO ROLE ${role};`;
      return `GRANT CREATE ${isIceberg ? 'ICEBERG ' : ''}TABLE ON SCHEMA ${schema} TO ROLE ${role}; or make the table yourself and GRANT INSERT on it.${isIceberg ? ` ${volume}` : ''}`;
    default:
      return '';
  }
};
