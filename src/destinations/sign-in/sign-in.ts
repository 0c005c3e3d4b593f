/** What goes into `Authorization: Bearer` and `X-Snowflake-Authorization-Token-Type` (Snowflake's REST authentication page). */
export interface Credential {
  readonly token: string;
  readonly tokenType: 'KEYPAIR_JWT' | 'OAUTH' | 'PROGRAMMATIC_ACCESS_TOKEN' | 'WORKLOAD_IDENTITY_FEDERATION';
}

/** The part of snowflake-sdk's connection options that says who connects. */
export type DriverSignIn = Readonly<Record<string, string>>;

/** One way of proving to Snowflake who we are, for HTTP and for the SQL driver. */
export interface SignIn {
  /** Which way it is and, of a key, which form was found; no secret. */
  readonly found: string;
  /** What to check where Snowflake refuses it, ending in a comma's place: `Check …, …`. */
  readonly advice: string;
  /** Whether the account is asked for a scoped token; otherwise the credential itself goes to the ingest host too. */
  readonly isExchanged: boolean;
  /** Fetched where it must be. Rejects with a DestinationRefusedError that says what to change. */
  credential(signal: AbortSignal): Promise<Credential>;
  driverOptions(signal: AbortSignal): Promise<DriverSignIn>;
  /** Snowflake refused it: nothing that was kept is used again. */
  forget(): void;
}
