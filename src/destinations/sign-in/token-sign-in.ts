import { readFile } from 'node:fs/promises';
import { DestinationRefusedError, errorMessage } from '../../api/index.ts';
import type { Credential, DriverSignIn, SignIn } from './sign-in.ts';

const readToken = async (file: string): Promise<string> => {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const message = `snowsink.token.file=${file} cannot be read (${errorMessage(error)}): mount it, and let this user read it.`;
    throw new DestinationRefusedError(message, { cause: error });
  }
  if (text !== '') return text;
  throw new DestinationRefusedError(`snowsink.token.file=${file} is empty: it must hold the token and nothing else.`);
};

/**
 * Programmatic access token (docs.snowflake.com, user-guide/programmatic-access-tokens): taken as it is by every host. A file is read
 * at the first use and again after a refusal.
 */
export class AccessTokenSignIn implements SignIn {
  readonly found = 'programmatic access token';
  readonly advice: string;
  readonly isExchanged = false;
  readonly #given: string | null;
  readonly #file: string | null;
  #read: Promise<string> | null = null;

  constructor(user: string, given: string | null, file: string | null) {
    this.#given = given;
    this.#file = file;
    this.advice =
      `Check that the programmatic access token (${given === null ? 'snowsink.token.file' : 'snowsink.token'}) belongs to ` +
      `snowflake.user.name (${user}) and has not expired (SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER ${user}), that the user ` +
      'has a network policy, without which such tokens are refused';
  }

  async credential(): Promise<Credential> {
    return { token: await this.#token(), tokenType: 'PROGRAMMATIC_ACCESS_TOKEN' };
  }

  async driverOptions(): Promise<DriverSignIn> {
    return { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: await this.#token() };
  }

  forget(): void {
    this.#read = null;
  }

  async #token(): Promise<string> {
    if (this.#given !== null) return this.#given;
    const reading = this.#read ?? readToken(this.#file ?? '');
    this.#read = reading;
    reading.catch(() => this.forget());
    return await reading;
  }
}

/**
 * Workload identity federation with an OpenID Connect token (docs.snowflake.com, user-guide/workload-identity-federation), such as a
 * projected service account token of Kubernetes. Its platform renews the file, so it is read at every use: once for each scoped token.
 */
export class WorkloadIdentitySignIn implements SignIn {
  readonly found = 'workload identity token (OpenID Connect)';
  readonly advice: string;
  readonly isExchanged = true;
  readonly #file: string;

  constructor(user: string, file: string) {
    this.#file = file;
    this.advice =
      `Check that issuer, subject and audience of the token in snowsink.token.file (${file}) are those of ` +
      `snowflake.user.name (ALTER USER ${user} SET WORKLOAD_IDENTITY = (TYPE = OIDC ISSUER = '…' SUBJECT = '…'))`;
  }

  async credential(): Promise<Credential> {
    return { token: `WIF.OIDC.${await readToken(this.#file)}`, tokenType: 'WORKLOAD_IDENTITY_FEDERATION' };
  }

  async driverOptions(): Promise<DriverSignIn> {
    const token = await readToken(this.#file);
    return { authenticator: 'WORKLOAD_IDENTITY', workloadIdentityProvider: 'OIDC', token };
  }

  forget(): void {}
}
