import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Clock, SnowflakeAccount } from '../api/index.ts';
import { describePrivateKey, parsePrivateKey } from './private-key.ts';
import type { Credential, DriverSignIn, SignIn } from './sign-in/sign-in.ts';

/** Snowflake refuses a token that lives longer than an hour; the official SDK takes 59 minutes, which leaves room for skew. */
const lifetimeSeconds = 3540;

const base64Url = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');

/** `SHA256:` and the base64 of the SHA-256 of the public key's DER: what DESCRIBE USER shows as RSA_PUBLIC_KEY_FP. */
export const publicKeyFingerprint = (privateKey: KeyObject): string => {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64')}`;
};

/** Key-pair authentication (docs.snowflake.com, user-guide/key-pair-auth): signs who we are, never sends the key. */
export class KeyPairAuth implements SignIn {
  readonly fingerprint: string;
  readonly advice: string;
  readonly found: string;
  readonly isExchanged = true;
  readonly #privateKey: KeyObject;
  readonly #subject: string;
  readonly #clock: Clock;

  /** Throws a ConfigError where the key cannot be used. */
  constructor({ account, user, privateKey, privateKeyPassphrase }: SnowflakeAccount, clock: Clock) {
    this.#privateKey = parsePrivateKey(privateKey, privateKeyPassphrase);
    this.fingerprint = publicKeyFingerprint(this.#privateKey);
    this.#subject = `${account}.${user}`.toUpperCase();
    this.#clock = clock;
    this.found = `key pair (${describePrivateKey(privateKey, this.#privateKey)}; ${this.fingerprint})`;
    this.advice =
      `Check snowflake.user.name (${user}), that the user's RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP in DESCRIBE USER ${user} is ` +
      `${this.fingerprint} (else: ALTER USER ${user} SET RSA_PUBLIC_KEY='…' with the public half of snowflake.private.key)`;
  }

  async credential(): Promise<Credential> {
    return { token: this.token(this.#clock.now()), tokenType: 'KEYPAIR_JWT' };
  }

  async driverOptions(): Promise<DriverSignIn> {
    return { authenticator: 'SNOWFLAKE_JWT', privateKey: this.privateKeyPem() };
  }

  forget(): void {}

  /** A KEYPAIR_JWT: RS256 (RFC 7519), `iss` with the fingerprint, `exp` 59 minutes from now. */
  token(nowMs: number): string {
    const issuedAt = Math.floor(nowMs / 1000);
    const claims = {
      iss: `${this.#subject}.${this.fingerprint}`,
      sub: this.#subject,
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
    };
    const signed = `${base64Url({ alg: 'RS256', typ: 'JWT' })}.${base64Url(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#privateKey).toString('base64url')}`;
  }

  /** PKCS#8 PEM, unencrypted: the only form that snowflake-sdk takes. */
  privateKeyPem(): string {
    return this.#privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
}
