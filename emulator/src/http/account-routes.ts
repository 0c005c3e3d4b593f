import type { Authenticator } from '../auth/authenticator.ts';
import type { Faults } from '../control/faults.ts';
import { refuse } from './error-body.ts';
import { bearerToken, type HttpRequest, headerOf, type Reply, textReply } from './exchange.ts';
import { withFaults } from './fault-gate.ts';
import { readBody } from './request-body.ts';

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The account host's part of Snowpipe Streaming: where to ingest, and with which token. */
export class AccountRoutes {
  readonly #authenticator: Authenticator;
  readonly #faults: Faults;

  constructor(authenticator: Authenticator, faults: Faults) {
    this.#authenticator = authenticator;
    this.#faults = faults;
  }

  /** The bare host name, no port, no quotes: the one form that every official SDK takes. [seen on the wire] */
  hostname(request: HttpRequest): Promise<Reply> {
    return withFaults(this.#faults, { operation: 'hostname' }, async () => {
      const auth = this.#authenticator.bearer(bearerToken(request) ?? '');
      if ('refused' in auth) return refuse(401, '390144', auth.refused);
      return textReply(200, (headerOf(request, 'host') ?? '127.0.0.1').replace(/:\d+$/, ''));
    });
  }

  /**
   * Key-pair JWT in, scoped token out, as bare text. The JWT comes as bearer or as form field `assertion`, the role in
   * the form's scope or in the JWT's `scp`. [observed, seen on the wire]
   */
  async token(request: HttpRequest): Promise<Reply> {
    const form = new URLSearchParams((await readBody(request, 64 * 1024)).toString('utf8'));
    return withFaults(this.#faults, { operation: 'token' }, async () => {
      if (form.get('grant_type') !== jwtBearer)
        return refuse(400, 'unsupported_grant_type', `grant_type must be ${jwtBearer}.`);
      const auth = this.#authenticator.bearer(form.get('assertion') ?? bearerToken(request) ?? '');
      if ('refused' in auth) return refuse(401, '390144', auth.refused);
      const scope = form.get('scope') ?? '';
      const role = /(?:^|\s)session:role:(\S+)/i.exec(scope)?.[1] ?? auth.role;
      return textReply(200, this.#authenticator.issueScopedToken(auth.user, role, scope));
    });
  }
}
