import { type Clock, errorMessage, type Logger, type SnowflakeAccount } from '../../api/index.ts';
import { KeyPairAuth } from '../key-pair-auth.ts';
import type { Transport } from '../snowpipe-streaming/transport.ts';
import { OAuthSignIn } from './oauth-sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { AccessTokenSignIn, WorkloadIdentitySignIn } from './token-sign-in.ts';

export interface SignInSurroundings {
  readonly clock: Clock;
  /** How an OAuth server is asked. */
  readonly transport: Transport;
}

/** Throws a ConfigError where the private key cannot be used. */
export const createSignIn = (account: SnowflakeAccount, surroundings: SignInSurroundings): SignIn => {
  const { user, signIn = { kind: 'key-pair' } } = account;
  switch (signIn.kind) {
    case 'key-pair':
      return new KeyPairAuth(account, surroundings.clock);
    case 'oauth':
      return new OAuthSignIn(user, signIn, surroundings);
    case 'programmatic-access-token':
      return new AccessTokenSignIn(user, signIn.token, signIn.tokenFile);
    case 'workload-identity':
      return new WorkloadIdentitySignIn(user, signIn.tokenFile);
  }
};

export interface CurrentSignInOptions extends SignInSurroundings {
  readonly account: SnowflakeAccount;
  readonly logger: Logger;
  /** The account with its variables (`${file:…}`) read anew; not there: they never change. */
  readonly reread?: (() => Promise<SnowflakeAccount>) | undefined;
}

const credentialsOf = ({ user, privateKey, privateKeyPassphrase, signIn }: SnowflakeAccount): string =>
  JSON.stringify([user, privateKey, privateKeyPassphrase, signIn]);

/**
 * The sign-in by what the config says now: keys and secrets are read again after `expire`, so that one that was exchanged in its file
 * is taken without a restart. While a user has two registered keys (RSA_PUBLIC_KEY, RSA_PUBLIC_KEY_2) there is no moment without one.
 */
export class CurrentSignIn {
  readonly #options: CurrentSignInOptions;
  #credentials: string;
  #signIn: SignIn;
  #isFresh = true;

  /** Throws a ConfigError where the private key cannot be used. */
  constructor(options: CurrentSignInOptions) {
    this.#options = options;
    this.#credentials = credentialsOf(options.account);
    this.#signIn = createSignIn(options.account, options);
    options.logger.info({ user: options.account.user }, `Signing in to Snowflake by ${this.#signIn.found}`);
  }

  get(): SignIn {
    return this.#signIn;
  }

  /** As `get`, after what `expire` asked for. */
  async current(): Promise<SignIn> {
    if (!this.#isFresh) await this.#read();
    return this.#signIn;
  }

  /** Before the next use the config is read again. */
  expire(): void {
    this.#isFresh = false;
  }

  async #read(): Promise<void> {
    const { reread, logger } = this.#options;
    this.#isFresh = true;
    if (reread === undefined) return;
    try {
      const account = await reread();
      const credentials = credentialsOf(account);
      if (credentials === this.#credentials) return;
      this.#signIn = createSignIn(account, this.#options);
      this.#credentials = credentials;
      logger.info({}, `The credentials for Snowflake changed; signing in with the new ones: ${this.#signIn.found}`);
    } catch (error) {
      // a file that is being exchanged: the old ones may still do
      logger.warn({}, `The credentials for Snowflake could not be read again: ${errorMessage(error)}`);
    }
  }
}
