import { type Clock, type Logger, silentLogger } from '../api/index.ts';
import type { ClientOptions } from './client-config/client-properties.ts';
import type { ConsumerOptions } from './client-config/consumer-properties.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import type { SocketFactory } from './framing-socket.ts';
import type { KafkaJsAdmin, KafkaJsCluster, KafkaJsConsumer, LogCreator } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { kafkaLogCreator, kafkaLogLevel } from './kafka-logger.ts';
import { isolationLevels } from './partition-offsets.ts';
import { createRoundRobinAssigner } from './round-robin-assigner.ts';

type Emitter = object;
type Create<Client> = (options: object) => Client;
type KafkaJsLogger = object;

/** The parts that kafkajs's `Kafka` class puts together, put together by us so that cluster and consumer are at hand. */
export interface KafkaJsClient {
  readonly cluster: KafkaJsCluster;
  consumer(options: ConsumerOptions): KafkaJsConsumer;
  admin(): KafkaJsAdmin;
}

export interface KafkaJsClientOptions {
  readonly modules: KafkaJsModules;
  readonly client: ClientOptions;
  readonly logger: Logger;
  readonly socketFactory?: SocketFactory;
  readonly isolation?: keyof typeof isolationLevels;
}

export const createKafkaJsClient = (options: KafkaJsClientOptions): KafkaJsClient => {
  const { modules, client } = options;
  const { createLogger } = modules.load<{
    createLogger(options: { level: number; logCreator: LogCreator }): KafkaJsLogger;
  }>('loggers/index');
  const logger = createLogger({ level: kafkaLogLevel, logCreator: kafkaLogCreator(options.logger ?? silentLogger) });
  const instrumentationEmitter = new (modules.load<new () => Emitter>('instrumentation/emitter'))();
  const isolationLevel = isolationLevels[options.isolation ?? 'read_committed'];
  const Cluster = modules.load<new (options: object) => KafkaJsCluster>('cluster/index');
  const stockSockets = modules.load<() => SocketFactory>('network/socketFactory');
  const cluster = new Cluster({
    ...client,
    logger,
    instrumentationEmitter,
    isolationLevel,
    socketFactory: options.socketFactory ?? stockSockets(),
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    allowAutoTopicCreation: false,
  });
  const shared = { cluster, logger, instrumentationEmitter, retry: client.retry };
  return {
    cluster,
    admin: () => modules.load<Create<KafkaJsAdmin>>('admin/index')(shared),
    consumer: (consumer) =>
      modules.load<Create<KafkaJsConsumer>>('consumer/index')({
        ...shared,
        isolationLevel,
        groupId: consumer.groupId,
        partitionAssigners: [createRoundRobinAssigner(modules)],
        sessionTimeout: consumer.sessionTimeoutMs,
        rebalanceTimeout: consumer.maxPollIntervalMs,
        heartbeatInterval: consumer.heartbeatIntervalMs,
        maxBytesPerPartition: consumer.maxBytesPerPartition,
        minBytes: consumer.minBytes,
        maxBytes: consumer.maxBytes,
        maxWaitTimeInMs: consumer.maxWaitMs,
        metadataMaxAge: client.metadataMaxAge,
      }),
  };
};

/** Between two attempts at the first connection. */
const connectRetryMs = 300;

/**
 * The first connection: tried for `startTimeoutMs`, then given up with the reason in words; at once where no retry mends it (password,
 * certificate). A client of its own tries, because kafkajs cannot be told to stop trying.
 */
export const connectFirst = async (
  { cluster }: KafkaJsClient,
  { client, ...options }: KafkaJsClientOptions,
  clock: Clock,
): Promise<void> => {
  const doing = `Kafka at ${client.brokers.join(', ')} (bootstrap.servers)`;
  const { startTimeoutMs } = client;
  const connectionTimeout = Math.min(client.connectionTimeout, startTimeoutMs);
  const probe = createKafkaJsClient({
    ...options,
    logger: silentLogger,
    client: { ...client, connectionTimeout, retry: { ...client.retry, retries: client.brokers.length - 1 } },
  });
  const deadlineMs = clock.now() + startTimeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      await probe.cluster.connect();
      break;
    } catch (error) {
      if (isHopeless(error) || clock.now() >= deadlineMs) throw explainKafkaError(error, doing);
      if (attempt === 1)
        options.logger.warn({}, `${doing} does not answer yet: trying for ${Math.round(startTimeoutMs / 1000)} s`);
      await clock.sleep(connectRetryMs);
    }
  }
  await probe.cluster.disconnect();
  await cluster.connect();
};

const hopeless = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSNonRetriableError',
  'KafkaJSServerDoesNotSupportApiKey',
]);
const certificateProblem = /certificate|self.signed|altname|issuer/i;

const isHopeless = (error: unknown): boolean =>
  error instanceof Error && (hopeless.has(error.name) || certificateProblem.test(error.message));
