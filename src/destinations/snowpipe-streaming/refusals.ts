import { DestinationRefusedError, type SnowflakeAccount } from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { identifier } from '../snowflake-identifier.ts';
import { type ErrorBody, withoutValues } from './json-reply.ts';
import type { Call, PipeName } from './request-builder.ts';
import type { Operation } from './retry-logic.ts';
import type { TransportError } from './transport.ts';

const doing: Readonly<Record<Operation, string>> = {
  hostname: 'ask for the host to send rows to',
  token: 'exchange the credentials for a token',
  open: 'open a channel',
  append: 'append rows',
  status: 'read the status of channels',
  drop: 'drop a channel',
};

const tableName = ({ database, schema, table }: PipeName): string =>
  [storedName(database), storedName(schema), table].map(identifier).join('.');

/** Puts a permanent refusal into words: what, for whom, why, and the property or grant that mends it. */
export class Refusals {
  readonly #account: SnowflakeAccount;
  readonly #signInAdvice: () => string;

  constructor(account: SnowflakeAccount, signInAdvice: () => string) {
    this.#account = account;
    this.#signInAdvice = signInAdvice;
  }

  reply(call: Call, status: number, error: ErrorBody): DestinationRefusedError {
    return new DestinationRefusedError(
      `Snowflake refused to ${doing[call.operation]}${this.#about(call)}: ${this.#said(call, status, error)}. ${this.#advice(call, status, error)}`,
    );
  }

  unreachable(call: Call, origin: string, error: TransportError): DestinationRefusedError {
    const advice =
      call.pipe === null
        ? 'Check snowflake.url.name and the network (DNS, proxy, firewall, TLS).'
        : 'It is the host that the account names for streaming: allow it in the firewall by hand, SYSTEM$ALLOWLIST() does not list it.';
    return new DestinationRefusedError(
      `Could not ${doing[call.operation]}${this.#about(call)}: ${origin} cannot be reached (${error.code}: ${error.message}). ${advice}`,
      { cause: error },
    );
  }

  #about({ pipe, channel }: Call): string {
    if (pipe === null) return '';
    return channel === null ? ` of table ${tableName(pipe)}` : ` (${channel}, table ${tableName(pipe)})`;
  }

  #said({ operation }: Call, status: number, { code, message }: ErrorBody): string {
    // What is wrong with rows, Snowflake says with the rows' own text: that stays out.
    const text = operation === 'append' ? message.replace(/["'{[].*/s, '…') : withoutValues(message);
    return [`HTTP ${status}`, code === text ? null : code, text === '' ? null : text]
      .filter(Boolean)
      .join(', ')
      .replace(/\.$/, '');
  }

  #advice(call: Call, status: number, { code }: ErrorBody): string {
    const { url } = this.#account;
    if (call.operation === 'hostname' && status === 404) {
      return `${url} does not answer as a Snowflake account: check snowflake.url.name (<organisation>-<account>.snowflakecomputing.com).`;
    }
    if (call.pipe === null && (status === 400 || status === 401)) {
      return `${this.#signInAdvice()}, that snowflake.role.name${this.#role()} is granted to the user, and that this machine's clock is right.`;
    }
    if (code === 'ERR_PIPE_IN_INVALID_STATE') {
      return 'The table was dropped or made anew, or the name is a view: streaming needs a table. Restart the task once it is there.';
    }
    if (call.pipe !== null && (status === 401 || status === 403 || status === 404)) return this.#grants(call.pipe);
    if (status === 403) return 'A network policy or the user’s state may forbid it: ask an account administrator.';
    return 'Another try would meet the same answer.';
  }

  #role(): string {
    return this.#account.role === null ? ' (the user’s default role)' : ` (${this.#account.role})`;
  }

  #grants(pipe: PipeName): string {
    const database = identifier(storedName(pipe.database));
    const schema = `${database}.${identifier(storedName(pipe.schema))}`;
    const role = this.#account.role === null ? '<role>' : identifier(storedName(this.#account.role));
    return (
      `Either it does not exist (snowflake.database.name, snowflake.schema.name, snowflake.topic2table.map) or ` +
      `snowflake.role.name${this.#role()} may not use it: GRANT USAGE ON DATABASE ${database} TO ROLE ${role}; ` +
      `GRANT USAGE ON SCHEMA ${schema} TO ROLE ${role}; GRANT INSERT ON TABLE ${tableName(pipe)} TO ROLE ${role};`
    );
  }
}
