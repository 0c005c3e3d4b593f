/** How a connector proves who it is: snowflake.authenticator and the properties that belong to it. */
export type SnowflakeSignIn =
  /** With the account's private key. */
  | { readonly kind: 'key-pair' }
  | {
      readonly kind: 'oauth';
      readonly clientId: string;
      readonly clientSecret: string;
      /** Null: the client signs in for itself (client credentials). */
      readonly refreshToken: string | null;
      /** Absolute URL. */
      readonly tokenEndpoint: string;
      /** Null: token requests name none. */
      readonly scope: string | null;
    }
  /** One of the two is there. */
  | { readonly kind: 'programmatic-access-token'; readonly token: string | null; readonly tokenFile: string | null }
  /** An OpenID Connect token that the platform writes to a file and renews there. */
  | { readonly kind: 'workload-identity'; readonly tokenFile: string };

/** jvm.proxy.host and its companions. */
export interface ProxySettings {
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
  /** jvm.nonProxy.hosts: `|` between names, `*` at an end; null: Java's own, this machine. */
  readonly nonProxyHosts: string | null;
}

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
  /** PEM or bare base64, still with its passphrase; '' where the sign-in is another one. */
  readonly privateKey: string;
  readonly privateKeyPassphrase: string | null;
  /** Not there: key pair. */
  readonly signIn?: SnowflakeSignIn;
  /** Not there: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  readonly proxy?: ProxySettings;
  readonly role: string | null;
  readonly database: string;
  readonly schema: string;
}
