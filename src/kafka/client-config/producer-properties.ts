import { type Clock, type CompressionCodec, compressionCodecs, type Logger } from '../../api/index.ts';
import { type Properties, PropertyReader } from '../../config/index.ts';
import { type ClientOptions, readClientOptions, reportUnread } from './client-properties.ts';

export interface ProducerOptions {
  readonly client: ClientOptions;
  readonly codec: CompressionCodec;
  /** From `send` to acknowledged, retries included. */
  readonly deliveryTimeoutMs: number;
  readonly retryBackoffMs: number;
}

const fixed = ['acks', 'enable.idempotence', 'max.in.flight.requests.per.connection', 'max.block.ms'];
const unused = [
  'key.serializer',
  'value.serializer',
  'linger.ms',
  'batch.size',
  'buffer.memory',
  'max.request.size',
  'retries',
];

/** Producer properties by their Java names (Kafka documentation, "Producer Configs"). acks is always `all`. Throws a ConfigError. */
export const readProducerOptions = (properties: Properties, clock: Clock, logger: Logger): ProducerOptions => {
  const reader = new PropertyReader(properties);
  const options: ProducerOptions = {
    client: readClientOptions(reader, clock),
    codec: reader.oneOf('compression.type', compressionCodecs, 'none'),
    deliveryTimeoutMs: reader.int('delivery.timeout.ms', 120_000, { min: 1 }),
    retryBackoffMs: reader.int('retry.backoff.ms', 100, { min: 1 }),
  };
  const acks = reader.text('acks');
  if (acks !== undefined && acks !== 'all' && acks !== '-1') {
    logger.warn({ key: 'acks' }, 'acks is always "all" here: a dead letter must survive the loss of a broker');
  }
  reader.ignore(...fixed, ...unused);
  reader.finish();
  reportUnread(reader, logger);
  return options;
};

/** Properties of an admin client: only those that all clients share. Throws a ConfigError. */
export const readAdminOptions = (properties: Properties, clock: Clock, logger: Logger): ClientOptions => {
  const reader = new PropertyReader(properties);
  const options = readClientOptions(reader, clock);
  reader.finish();
  reportUnread(reader, logger);
  return options;
};
