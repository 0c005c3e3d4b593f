import { randomUUID } from 'node:crypto';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { Database } from '../storage/database.ts';
import { Session, type SessionSettings } from './session.ts';
import { Transaction } from './transaction.ts';

export interface SessionRegistryOptions {
  readonly database: Database;
  readonly catalog: EmulatorCatalog;
  readonly nowMs: () => number;
}

export interface SessionTokens {
  readonly token: string;
  readonly masterToken: string;
}

interface Login {
  readonly session: Session;
  token: string;
  readonly masterToken: string;
  expiresAtMs: number;
}

/** Documented life of a session token: an hour; of its master token: four. */
export const sessionLifeMs = 3_600_000;

/** Who is logged in, by session token and by master token. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions;
  readonly #byToken = new Map<string, Login>();
  readonly #byMasterToken = new Map<string, Login>();
  #lastId = 1000;

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  /** A database or schema that does not exist leaves the session without one. [documented] */
  async open(settings: SessionSettings): Promise<{ session: Session; tokens: SessionTokens }> {
    const session = await this.#session(settings);
    const login: Login = {
      session,
      token: `emulator-session-${randomUUID()}`,
      masterToken: `emulator-master-${randomUUID()}`,
      expiresAtMs: this.#options.nowMs() + sessionLifeMs,
    };
    this.#byToken.set(login.token, login);
    this.#byMasterToken.set(login.masterToken, login);
    return { session, tokens: { token: login.token, masterToken: login.masterToken } };
  }

  /** For `--init`: not reachable from outside. */
  openInternal(): Promise<Session> {
    const nowhere = { database: null, schema: null, warehouse: null };
    return this.#session({ ...nowhere, user: 'EMULATOR', role: 'ACCOUNTADMIN', client: 'emulator' });
  }

  find(token: string): Session | 'expired' | null {
    const login = this.#byToken.get(token);
    if (login === undefined) return null;
    return login.expiresAtMs <= this.#options.nowMs() ? 'expired' : login.session;
  }

  renew(masterToken: string): SessionTokens | null {
    const login = this.#byMasterToken.get(masterToken);
    if (login === undefined) return null;
    this.#byToken.delete(login.token);
    login.token = `emulator-session-${randomUUID()}`;
    login.expiresAtMs = this.#options.nowMs() + sessionLifeMs;
    this.#byToken.set(login.token, login);
    return { token: login.token, masterToken };
  }

  /** An open transaction is rolled back. */
  async close(token: string): Promise<void> {
    const { database } = this.#options;
    const login = this.#byToken.get(token);
    if (login === undefined) return;
    this.#byToken.delete(token);
    this.#byMasterToken.delete(login.masterToken);
    database.activity.cancel(login.session.transaction);
    await login.session.inTurn(async () => {
      await login.session.transaction.rollback();
      login.session.connection.closeSync();
    });
  }

  async closeAll(): Promise<void> {
    for (const token of [...this.#byToken.keys()]) await this.close(token);
  }

  async #session(settings: SessionSettings): Promise<Session> {
    const { catalog, database } = this.#options;
    const name = settings.database !== null && catalog.hasDatabase(settings.database) ? settings.database : null;
    const schema = settings.schema ?? 'PUBLIC';
    this.#lastId += 1;
    const connection = await database.connect();
    const transaction = new Transaction(this.#lastId, connection, database.activity);
    const session = new Session(this.#lastId, connection, transaction, {
      ...settings,
      database: name,
      schema: name !== null && catalog.hasSchema({ database: name, schema }) ? schema : null,
    });
    transaction.abort = () => session.inTurn(() => transaction.rollback());
    return session;
  }
}
