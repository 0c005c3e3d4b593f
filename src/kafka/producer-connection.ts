import type { Clock, Logger } from '../api/index.ts';
import { type ProducerOptions, readProducerOptions } from './client-config/producer-properties.ts';
import { loadKafkaJs } from './hardening/load-kafkajs.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { connectFirst, createKafkaJsClient, type KafkaJsClient } from './kafkajs-client.ts';
import { LeaderWrites } from './leader-writes.ts';

export interface RecordProducerOptions {
  /** Producer properties by their Java names, already merged. */
  readonly properties: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ProducerConnection {
  readonly modules: KafkaJsModules;
  readonly client: KafkaJsClient;
  readonly settings: ProducerOptions;
  readonly writes: LeaderWrites;
}

/** Within kafkajs, for connections and metadata: the rest is retried by whoever writes, by delivery.timeout.ms. */
const kafkaJsRetries = 2;

/** Connects; rejects with a ConfigError or ConnectError that says what to change. */
export const connectProducer = async (options: RecordProducerOptions): Promise<ProducerConnection> => {
  const settings = readProducerOptions(options.properties, options.clock, options.logger);
  const modules = loadKafkaJs();
  const retry = { ...settings.client.retry, retries: kafkaJsRetries };
  const connection = { modules, client: { ...settings.client, retry }, logger: options.logger };
  const client = createKafkaJsClient(connection);
  await connectFirst(client, connection, options.clock);
  return { modules, client, settings, writes: new LeaderWrites(modules, client, settings.client.requestTimeout) };
};
