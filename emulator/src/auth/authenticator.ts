import { type KeyObject, randomBytes } from 'node:crypto';
import { hasHs256Signature, hasRs256Signature, parseJsonWebToken, signHs256 } from './json-web-token.ts';
import { fingerprintOf } from './public-keys.ts';

export interface AuthenticatorOptions {
  /** The only user that may log in; null: any name. */
  readonly user: string | null;
  /** The public keys that are registered for a user, whose name is in upper case. */
  readonly publicKeysOf: (user: string) => readonly KeyObject[];
  /** Take any well-formed key-pair JWT, whatever key signed it. */
  readonly trustAnyKey: boolean;
  /** Null: password login is refused. */
  readonly password: string | null;
  /** An OAuth, programmatic access or workload identity token that is taken as it is; null: none. */
  readonly token: string | null;
  readonly nowMs: () => number;
  /** Life of a scoped token. */
  readonly tokenLifeMs: number;
}

export type AuthResult = { readonly user: string; readonly role: string | null } | { readonly refused: string };

const clockSkewMs = 60_000;
/** drivers send `iat` and `exp` in milliseconds, everybody else in seconds; both are accepted. [seen on the wire] */
const epochMs = (value: unknown): number | null =>
  typeof value !== 'number' ? null : value > 100_000_000_000 ? value : value * 1000;

const issuerPattern = /^([^.]+(?:\.[^.]+)*)\.([^.]+)\.(SHA256:.+)$/;
const roleOf = (scope: unknown): string | null =>
  typeof scope === 'string' ? (/(?:^|\s)session:role:(\S+)/i.exec(scope)?.[1] ?? null) : null;

/** Who may talk to the emulator: key-pair JWTs, passwords, and the scoped tokens that it hands out itself. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** New with every start: tokens of an earlier run are refused with 401, clients fetch new ones. */
  readonly #secret = randomBytes(32);

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** `iss` = ACCOUNT.USER.SHA256:fingerprint, `sub` = ACCOUNT.USER, RS256, not expired. [documented] */
  keyPairToken(text: string): AuthResult {
    const token = parseJsonWebToken(text);
    const issuer = issuerPattern.exec(String(token?.claims['iss'] ?? ''));
    if (token === null || issuer === null) return { refused: 'JWT token is invalid: not a key-pair token.' };
    const [, account = '', user = '', fingerprint = ''] = issuer;
    if (token.claims['sub'] !== `${account}.${user}`) return { refused: 'JWT token is invalid: sub does not fit iss.' };
    const expiresAtMs = epochMs(token.claims['exp']);
    if (expiresAtMs === null || expiresAtMs + clockSkewMs < this.#options.nowMs())
      return { refused: 'JWT token is invalid: expired.' };
    const { trustAnyKey, publicKeysOf } = this.#options;
    const hasSigned = (key: KeyObject): boolean => fingerprintOf(key) === fingerprint && hasRs256Signature(token, key);
    if (!trustAnyKey && !publicKeysOf(user.toUpperCase()).some(hasSigned))
      return { refused: 'JWT token is invalid: no such public key is registered for the user.' };
    return this.#knownUser(user, roleOf(token.claims['scp']));
  }

  password(user: string, password: string): AuthResult {
    // A programmatic access token may stand where a password is asked for. [documented]
    if (this.#options.token !== null && password === this.#options.token) return this.#knownUser(user, null);
    if (this.#options.password === null)
      return { refused: 'Password login is off in this emulator: start it with --password.' };
    return password === this.#options.password
      ? this.#knownUser(user, null)
      : { refused: 'Incorrect username or password was specified.' };
  }

  /** OAuth, programmatic access and workload identity tokens: the one of `--token`, not looked into. */
  accessToken(text: string, user: string | null): AuthResult {
    const { token } = this.#options;
    // REST calls name the provider in front of a workload's token. [documented]
    if (token === null || text.replace(/^WIF\.(?:AWS|AZURE|GCP|OIDC)\./, '') !== token)
      return { refused: 'Invalid OAuth access token.' };
    return this.#knownUser(user ?? this.#options.user ?? 'U', null);
  }

  /** Whatever an account route takes as bearer: a key-pair token or an access token. */
  bearer(text: string): AuthResult {
    const access = this.accessToken(text, null);
    return 'refused' in access ? this.keyPairToken(text) : access;
  }

  issueScopedToken(user: string, role: string | null, scope: string): string {
    const issuedAt = Math.floor(this.#options.nowMs() / 1000);
    const exp = issuedAt + Math.floor(this.#options.tokenLifeMs / 1000);
    return signHs256({ sub: user, role, scope, iat: issuedAt, exp }, this.#secret);
  }

  scopedToken(text: string): AuthResult {
    const token = parseJsonWebToken(text);
    if (token === null || token.header['alg'] !== 'HS256' || !hasHs256Signature(token, this.#secret))
      return { refused: 'The access token is invalid.' };
    if (Number(token.claims['exp']) * 1000 <= this.#options.nowMs())
      return { refused: 'The access token has expired.' };
    const role = token.claims['role'];
    return { user: String(token.claims['sub']), role: typeof role === 'string' ? role : null };
  }

  #knownUser(user: string, role: string | null): AuthResult {
    const expected = this.#options.user;
    if (expected !== null && expected.toUpperCase() !== user.toUpperCase())
      return { refused: 'Incorrect username or password was specified.' };
    return { user: user.toUpperCase(), role };
  }
}
