/**
 * The Snowflake account that a connector writes to, as its properties name it: snowflake.url.name, snowflake.user.name,
 * snowflake.private.key and so on.
 */
export interface SnowflakeAccount {
  /** scheme://host:port, no path. */
  readonly url: string;
  /** Account name for JWT claims: upper case, region cut off. */
  readonly account: string;
  readonly user: string;
  /** PEM or bare base64, still with its passphrase. */
  readonly privateKey: string;
  readonly privateKeyPassphrase: string | null;
  readonly role: string | null;
  readonly database: string;
  readonly schema: string;
}
