import { boolean, ConfigDef, className, int, list, long, string } from '../config-def.ts';
import { atLeast, between, nonEmpty, oneOf } from '../validators.ts';
import { commonClientKeys, unused } from './common.ts';

/** org.apache.kafka.clients.producer.ProducerConfig of Kafka 3.9. */
export const producerConfigDef = new ConfigDef({
  'bootstrap.servers': list({
    default: [],
    importance: 'HIGH',
    documentation: "Kafka brokers of this client: host:port, separated by commas. Not set: the worker's.",
  }),
  'client.id': string({
    default: '',
    importance: 'MEDIUM',
    documentation: 'Name under which brokers know this client.',
  }),
  'receive.buffer.bytes': int({ default: 32768, validator: atLeast(-1), importance: 'MEDIUM', documentation: unused }),
  'metric.reporters': list({ default: [], importance: 'LOW', documentation: unused }),
  'connections.max.idle.ms': long({ default: 540000, importance: 'MEDIUM', documentation: unused }),
  'interceptor.classes': list({ default: [], importance: 'LOW', documentation: unused }),
  'buffer.memory': long({
    default: 33554432,
    validator: atLeast(0),
    importance: 'HIGH',
    documentation: 'Bytes of dead letters that may wait.',
  }),
  retries: int({
    default: 2147483647,
    validator: between(0, 2147483647),
    importance: 'HIGH',
    documentation: 'Accepted; delivery.timeout.ms bounds the tries.',
  }),
  acks: string({
    default: 'all',
    validator: oneOf('all', '-1', '0', '1'),
    importance: 'LOW',
    documentation: 'Which replicas acknowledge a dead letter. all is kept whatever is set.',
  }),
  'compression.type': string({
    default: 'none',
    validator: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    importance: 'HIGH',
    documentation: 'Compression of dead letters.',
  }),
  'compression.gzip.level': int({ default: -1, importance: 'MEDIUM', documentation: unused }),
  'compression.lz4.level': int({ default: 9, validator: between(1, 17), importance: 'MEDIUM', documentation: unused }),
  'compression.zstd.level': int({
    default: 3,
    validator: between(-131072, 22),
    importance: 'MEDIUM',
    documentation: unused,
  }),
  'batch.size': int({
    default: 16384,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'Bytes of a batch of dead letters.',
  }),
  'partitioner.adaptive.partitioning.enable': boolean({ default: true, importance: 'LOW', documentation: unused }),
  'partitioner.availability.timeout.ms': long({
    default: 0,
    validator: atLeast(0),
    importance: 'LOW',
    documentation: unused,
  }),
  'partitioner.ignore.keys': boolean({ default: false, importance: 'MEDIUM', documentation: unused }),
  'linger.ms': long({
    default: 0,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'How long dead letters are gathered, in milliseconds.',
  }),
  'delivery.timeout.ms': int({
    default: 120000,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'How long a dead letter may take in all, in milliseconds.',
  }),
  'max.request.size': int({
    default: 1048576,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'Bytes of one request at most.',
  }),
  'max.block.ms': long({
    default: 60000,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'Accepted; a dead letter waits for its broker up to delivery.timeout.ms.',
  }),
  'metadata.max.idle.ms': long({ default: 300000, validator: atLeast(5000), importance: 'LOW', documentation: unused }),
  'max.in.flight.requests.per.connection': int({
    default: 5,
    validator: atLeast(1),
    importance: 'LOW',
    documentation: 'Accepted; the order of dead letters is kept.',
  }),
  'key.serializer': className({ default: null, importance: 'HIGH', documentation: unused }),
  'value.serializer': className({ default: null, importance: 'HIGH', documentation: unused }),
  'partitioner.class': className({ default: null, importance: 'MEDIUM', documentation: unused }),
  'enable.idempotence': boolean({
    default: true,
    importance: 'LOW',
    documentation: 'Accepted; dead letters are written once by other means.',
  }),
  'transaction.timeout.ms': int({ default: 60000, importance: 'LOW', documentation: unused }),
  'transactional.id': string({ default: null, validator: nonEmpty, importance: 'LOW', documentation: unused }),
  ...commonClientKeys,
});
