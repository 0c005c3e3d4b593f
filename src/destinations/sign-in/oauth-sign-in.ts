import { type Clock, DestinationRefusedError, type SnowflakeSignIn } from '../../api/index.ts';
import { asObject, numberField, parseJson, textField, withoutValues } from '../snowpipe-streaming/json-reply.ts';
import { type Transport, TransportError } from '../snowpipe-streaming/transport.ts';
import type { Credential, DriverSignIn, SignIn } from './sign-in.ts';

export type OAuthSettings = Extract<SnowflakeSignIn, { readonly kind: 'oauth' }>;

/** What the Snowflake connector waits between its tries. */
const waitsMs = [0, 1000, 2000, 4000, 8000];
const replyLimitMs = 30_000;
/** An access token of Snowflake's own lives ten minutes; one that names no life is taken for such. */
const assumedLifeMs = 600_000;
const renewBeforeMs = 60_000;
/** What the Snowflake connector sends, whichever was registered: a refresh compares it with nothing. */
const redirectUri = 'https://localhost.com/oauth';

interface AccessToken {
  readonly token: string;
  readonly renewAtMs: number;
}

const grant = ({ refreshToken, scope }: OAuthSettings): URLSearchParams => {
  const form = new URLSearchParams(
    refreshToken === null
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: refreshToken, redirect_uri: redirectUri },
  );
  if (scope !== null) form.set('scope', scope);
  return form;
};

/** Access tokens of an OAuth server (RFC 6749: refresh token or client credentials grant), fetched when needed and kept for their life. */
export class OAuthSignIn implements SignIn {
  readonly found: string;
  readonly advice: string;
  /** Snowflake takes access tokens as they are. */
  readonly isExchanged = false;
  readonly #clock: Clock;
  readonly #transport: Transport;
  #settings: OAuthSettings;
  #held: AccessToken | null = null;
  /** One for all who wait. */
  #fetching: Promise<AccessToken> | null = null;

  constructor(user: string, settings: OAuthSettings, { clock, transport }: { clock: Clock; transport: Transport }) {
    this.#clock = clock;
    this.#transport = transport;
    this.#settings = settings;
    this.found = `OAuth, ${settings.refreshToken === null ? 'client credentials' : 'refresh token'} at ${settings.tokenEndpoint}`;
    this.advice =
      `Check that the tokens of ${settings.tokenEndpoint} are meant for snowflake.user.name (${user}) in the account's security ` +
      'integration (DESCRIBE SECURITY INTEGRATION …), that their scope allows the role (snowflake.oauth.scope)';
  }

  async credential(signal: AbortSignal): Promise<Credential> {
    return { token: await this.#token(signal), tokenType: 'OAUTH' };
  }

  async driverOptions(signal: AbortSignal): Promise<DriverSignIn> {
    return { authenticator: 'OAUTH', token: await this.#token(signal) };
  }

  forget(): void {
    this.#held = null;
  }

  async #token(signal: AbortSignal): Promise<string> {
    if (this.#held !== null && this.#clock.now() < this.#held.renewAtMs) return this.#held.token;
    const fetching = this.#fetching ?? this.#fetch(signal);
    this.#fetching = fetching;
    try {
      this.#held = await fetching;
      return this.#held.token;
    } finally {
      if (this.#fetching === fetching) this.#fetching = null;
    }
  }

  async #fetch(signal: AbortSignal): Promise<AccessToken> {
    let why = '';
    for (const waitMs of waitsMs) {
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      try {
        const reply = await this.#ask(signal);
        if (typeof reply !== 'string') return reply;
        why = reply;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        why = `${error.code}: ${error.message}`;
      }
    }
    throw this.#refusal(
      `did not answer in ${waitsMs.length} tries (${why})`,
      'Check that it can be reached from here.',
    );
  }

  /** A text where another try may help. */
  async #ask(signal: AbortSignal): Promise<AccessToken | string> {
    const { tokenEndpoint: url, clientId, clientSecret, refreshToken } = this.#settings;
    const body = Buffer.from(grant(this.#settings).toString());
    const limit = new AbortController();
    const timer = this.#clock.setTimer(replyLimitMs, () =>
      limit.abort(new TransportError('NO_REPLY_IN_TIME', `no reply within ${replyLimitMs / 1000} s`)),
    );
    try {
      const { status, text } = await this.#transport.request({
        endpoint: 'account',
        method: 'POST',
        url,
        headers: {
          authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          'content-length': String(body.length),
        },
        body: [body],
        signal: AbortSignal.any([signal, limit.signal]),
      });
      const json = asObject(parseJson(await text()));
      if (status === 429 || status >= 500) return `HTTP ${status}`;
      const token = textField(json, 'access_token');
      if (status >= 300 || token === null) {
        const said = [textField(json, 'error'), textField(json, 'error_description', 'message')]
          .filter(Boolean)
          .join(', ');
        const grantType = refreshToken === null ? 'client credentials' : 'refresh token';
        throw this.#refusal(
          `gave no access token by ${grantType}: HTTP ${status}${said === '' ? '' : `, ${withoutValues(said)}`}`,
          `Check snowflake.oauth.client.id (${clientId}), snowflake.oauth.client.secret` +
            `${refreshToken === null ? '' : ', snowflake.oauth.refresh.token (expired or used up?)'} and snowflake.oauth.scope.`,
        );
      }
      this.#keepRefreshToken(textField(json, 'refresh_token'));
      const seconds = numberField(json, 'expires_in');
      const lifeMs = seconds === null ? assumedLifeMs : seconds * 1000;
      return { token, renewAtMs: this.#clock.now() + Math.max(lifeMs - renewBeforeMs, lifeMs / 2) };
    } finally {
      timer.cancel();
    }
  }

  /** Servers may replace it with each use (RFC 6749, 6). */
  #keepRefreshToken(refreshToken: string | null): void {
    if (refreshToken !== null && this.#settings.refreshToken !== null)
      this.#settings = { ...this.#settings, refreshToken };
  }

  #refusal(what: string, advice: string): DestinationRefusedError {
    return new DestinationRefusedError(`The OAuth server ${this.#settings.tokenEndpoint} ${what}. ${advice}`);
  }
}
