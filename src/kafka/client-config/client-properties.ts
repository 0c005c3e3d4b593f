import type { ConnectionOptions } from 'node:tls';
import type { Clock, Logger } from '../../api/index.ts';
import { type PropertyReader, readSsl } from '../../config/index.ts';
import type { RetryOptions } from '../hardening/kafkajs-types.ts';
import { readSasl, type SaslOptions } from './sasl.ts';

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
/** `host:port`, perhaps behind a listener's protocol (`PLAINTEXT://host:port`), as Java takes it. */
const bootstrapAddress = /^(?:[A-Za-z_]+:\/\/)?([0-9A-Za-z\-._]+):(\d{1,5})$/;

/** What kafkajs's Cluster is made of. */
export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: ConnectionOptions | undefined;
  readonly sasl: SaslOptions | undefined;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly authenticationTimeout: number;
  readonly metadataMaxAge: number;
  readonly retry: RetryOptions;
  /** How long the first connection is tried for before `start` gives up, ms (socket.connection.setup.timeout.max.ms). */
  readonly startTimeoutMs: number;
}

/** Rides out about 45 s inside kafkajs; then it starts over by itself, for as long as it takes. */
const retry = { retries: 12, maxRetryTime: 5000, factor: 0.2, multiplier: 2 } as const;

/** The properties that consumer, producer and admin share. */
export const readClientOptions = (reader: PropertyReader, clock: Clock): ClientOptions => {
  const protocol = reader.oneOf('security.protocol', protocols, 'PLAINTEXT');
  return {
    brokers: readBootstrapServers(reader),
    clientId: reader.text('client.id') ?? 'snowsink',
    ssl: protocol.endsWith('SSL') ? readSsl(reader) : undefined,
    sasl: protocol.startsWith('SASL') ? readSasl(reader, clock) : undefined,
    connectionTimeout: reader.int('socket.connection.setup.timeout.ms', 10_000, { min: 1 }),
    requestTimeout: reader.int('request.timeout.ms', 30_000, { min: 1 }),
    authenticationTimeout: reader.int('socket.connection.setup.timeout.ms', 10_000, { min: 1 }),
    metadataMaxAge: reader.int('metadata.max.age.ms', 300_000, { min: 1 }),
    retry: {
      ...retry,
      initialRetryTime: Math.min(reader.int('retry.backoff.ms', 300, { min: 1 }), retry.maxRetryTime),
    },
    startTimeoutMs: reader.int('socket.connection.setup.timeout.max.ms', 30_000, { min: 1 }),
  };
};

const readBootstrapServers = (reader: PropertyReader): readonly string[] => {
  const key = 'bootstrap.servers';
  const given = reader.list(key);
  if (given.length === 0) reader.problem(key, 'is missing: give host:port of one or more brokers, separated by commas');
  return given.flatMap((address) => {
    const [, host, port] = bootstrapAddress.exec(address) ?? [];
    if (host !== undefined && Number(port) > 0 && Number(port) < 65536) return [`${host}:${port}`];
    reader.problem(key, `"${address}" is not host:port`);
    return [];
  });
};

/** One debug line for all that we do not know: Java ignores such keys too. */
export const reportUnread = (reader: PropertyReader, logger: Logger): void => {
  const keys = reader.unread();
  if (keys.length > 0) logger.debug({ keys }, 'Client properties that have no meaning here are ignored');
};
