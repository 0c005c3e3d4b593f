import type { Connection, ConnectionOptions } from 'snowflake-sdk';
import { type Logger, RetriableError, type SnowflakeAccount } from '../../api/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import { proxyFor } from '../proxy-route.ts';
import { CurrentSignIn } from '../sign-in/current-sign-in.ts';
import { HttpTransport } from '../snowpipe-streaming/http-transport.ts';
import { isSessionGone } from './sql-refusals.ts';

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SnowflakeSessionOptions {
  readonly account: SnowflakeAccount;
  /** The account with its variables read anew, for the second login and later ones. */
  readonly reread?: (() => Promise<SnowflakeAccount>) | undefined;
  readonly logger: Logger;
  /** The driver retries for minutes and can hang for ever: these limits are ours. */
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Run at the beginning of each session. */
  readonly prepare?: readonly string[];
}

type Driver = typeof import('snowflake-sdk');

/** No telemetry after login, no native blobs loaded for it, no questions to cloud metadata services. */
const quietDriver = {
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: '1',
  SNOWFLAKE_DISABLE_MINICORE: 'true',
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
};

/** Loaded at the first use: it takes half a second and tens of megabytes. Its telemetry and log files are off before it wakes. */
export const loadSqlDriver = async (): Promise<Driver> => {
  Object.assign(process.env, { ...quietDriver, ...process.env });
  const { default: driver } = (await import('snowflake-sdk')) as unknown as { readonly default: Driver };
  driver.configure({ logLevel: 'OFF', additionalLogToConsole: false });
  return driver;
};

/** The driver's own reading of the environment has other rules for this machine; it may also go to the hosts of stages. */
const driverProxy = (account: SnowflakeAccount): Partial<ConnectionOptions> => {
  const proxy = account.proxy ?? null;
  const route = proxyFor(account.url, proxy, process.env);
  if (route === null) return {};
  const { protocol, hostname, port } = new URL(route.uri);
  const noProxy = proxy?.nonProxyHosts ?? process.env['no_proxy'] ?? process.env['NO_PROXY'] ?? '';
  return {
    proxyHost: hostname,
    proxyPort: Number(port || (protocol === 'https:' ? 443 : 80)),
    proxyProtocol: protocol,
    ...(route.user === null ? {} : { proxyUser: route.user, proxyPassword: route.password ?? '' }),
    ...(noProxy === '' ? {} : { noProxy: noProxy.split(/[|,\s]+/).join('|') }),
  };
};

/** Rejects after `ms`; the work is told by `giveUp`. Node's own timer: the driver keeps real time too. */
const within = async <T>(ms: number, what: string, work: Promise<T>, giveUp: () => void): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    giveUp();
    late.reject(new RetriableError(`${what} within ${ms / 1000} s.`));
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** One session of the official driver, opened at the first statement and again when it is gone. */
export class SnowflakeSession {
  readonly #options: SnowflakeSessionOptions;
  readonly #signIn: CurrentSignIn;
  /** For an OAuth server: without open connections as long as nobody asks. */
  readonly #transport: HttpTransport;
  #connection: Promise<Connection> | null = null;

  /** Throws a ConfigError where the private key cannot be used. */
  constructor(options: SnowflakeSessionOptions) {
    this.#options = options;
    const { proxy = null } = options.account;
    this.#transport = new HttpTransport({ connections: 1, connectTimeoutMs: options.connectTimeoutMs, proxy });
    const { account, logger, reread } = options;
    this.#signIn = new CurrentSignIn({ account, logger, reread, clock: systemClock, transport: this.#transport });
  }

  /** Rejects with the driver's error (SnowflakeError with Snowflake's code) or, after the limit, a RetriableError. */
  async execute(sqlText: string): Promise<readonly SqlRow[]> {
    try {
      return await this.#executeOn(await this.#connected(), sqlText);
    } catch (error) {
      if (!isSessionGone(error)) throw error;
      this.#options.logger.debug({}, 'The session with Snowflake is gone; logging in again');
      this.#connection = null;
      return await this.#executeOn(await this.#connected(), sqlText);
    }
  }

  /**
   * BEGIN … COMMIT. All statements run in one session: when it is gone the rest is not run in another one. After any error the
   * session is ended, so that nothing stays open in it; whether a COMMIT that was not answered took place is for the caller to find out.
   */
  async transaction<T>(work: (execute: (sqlText: string) => Promise<readonly SqlRow[]>) => Promise<T>): Promise<T> {
    const connecting = this.#connected();
    const connection = await connecting;
    const execute = (sqlText: string): Promise<readonly SqlRow[]> => this.#executeOn(connection, sqlText);
    try {
      await execute('BEGIN');
      const result = await work(execute);
      await execute('COMMIT');
      return result;
    } catch (error) {
      await execute('ROLLBACK').catch(() => {});
      if (this.#connection === connecting) this.#connection = null;
      connection.destroy(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const connecting = this.#connection;
    this.#connection = null;
    await this.#transport.close();
    const connection = await connecting?.catch(() => null);
    if (connection?.isUp() !== true) return;
    await new Promise<void>((resolve) => connection.destroy(() => resolve()));
  }

  #connected(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    const connecting = this.#connect();
    this.#connection = connecting;
    connecting.catch(() => {
      if (this.#connection === connecting) this.#connection = null;
    });
    return connecting;
  }

  async #connect(): Promise<Connection> {
    const { account, connectTimeoutMs } = this.#options;
    const driver = await loadSqlDriver();
    const signIn = await this.#signIn.current();
    this.#signIn.expire();
    const signedIn = await signIn.driverOptions(AbortSignal.timeout(connectTimeoutMs));
    const connection = driver.createConnection({
      account: account.account,
      accessUrl: account.url,
      username: account.user,
      ...signedIn,
      ...driverProxy(account),
      ...(account.role === null ? {} : { role: account.role }),
      database: account.database,
      schema: account.schema,
      application: 'snowsink',
      representNullAsStringNull: false,
      sfRetryMaxLoginRetries: 3,
    });
    const connected = new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    const what = `${account.url} did not answer the login (check snowflake.url.name and the network)`;
    await within(connectTimeoutMs, what, connected, () => connection.destroy(() => {}));
    // A reply without a content type logs in without an error, and without a session.
    if (!connection.isUp()) throw new RetriableError(`${account.url} did not answer the login as Snowflake does`);
    for (const statement of this.#options.prepare ?? []) await this.#executeOn(connection, statement);
    return connection;
  }

  async #executeOn(connection: Connection, sqlText: string): Promise<readonly SqlRow[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SqlRow[]>();
    const statement = connection.execute({
      sqlText,
      complete: (error, _statement, rows) => (error ? reject(error) : resolve(rows ?? [])),
    });
    return await within(this.#options.statementTimeoutMs, 'Snowflake did not answer a statement', promise, () =>
      statement.cancel(),
    );
  }
}
