import type { Override } from './override.ts';

interface Connection {
  /** kafkajs's Long, ms; zero without a limit. */
  readonly sessionLifetime: { toString(): string };
  reauthenticationThreshold: number;
}
interface ConnectionPrototype {
  isAuthenticated(this: Connection): boolean;
}
/** The last fifth of a session, where that is shorter than kafkajs's 10 s. */
const shareOfSession = 0.2;

/**
 * kafkajs renews a SASL session (KIP-368, `connections.max.reauth.ms`) 10 s before its end, and so never gets to use one of 10 s or
 * less: ILLEGAL_SASL_STATE at each request.
 */
export const reauthenticateShortSessions: Override = {
  name: 'reauthenticate-short-sessions',
  patches: [{ path: 'network/connection', method: 'isAuthenticated', sha256: '74e87a75bbf127f1' }],
  install(modules) {
    const { prototype } = modules.load<{ prototype: ConnectionPrototype }>('network/connection');
    const stock = prototype.isAuthenticated;
    prototype.isAuthenticated = function (this: Connection) {
      const lifetimeMs = Number(this.sessionLifetime.toString());
      if (lifetimeMs > 0) {
        this.reauthenticationThreshold = Math.min(this.reauthenticationThreshold, lifetimeMs * shareOfSession);
      }
      return stock.call(this);
    };
  },
};
