import { boolean, ConfigDef, className, int, list, long, string } from '../config-def.ts';
import { atLeast, nonEmpty, oneOf, oneOfIgnoringCase } from '../validators.ts';
import { commonClientKeys, unused } from './common.ts';

/** org.apache.kafka.clients.consumer.ConsumerConfig of Kafka 3.9. */
export const consumerConfigDef = new ConfigDef({
  'bootstrap.servers': list({
    default: [],
    importance: 'HIGH',
    documentation: "Kafka brokers of this client: host:port, separated by commas. Not set: the worker's.",
  }),
  'group.id': string({
    default: null,
    importance: 'HIGH',
    documentation: 'Consumer group; not set: connect-<name of the connector>.',
  }),
  'group.instance.id': string({
    default: null,
    validator: nonEmpty,
    importance: 'MEDIUM',
    documentation: 'Static membership: with more than one task each gets the same id, which fences the others.',
  }),
  'session.timeout.ms': int({
    default: 45000,
    importance: 'HIGH',
    documentation: 'After so many milliseconds without a heartbeat the member is taken for dead.',
  }),
  'heartbeat.interval.ms': int({
    default: 3000,
    importance: 'HIGH',
    documentation: 'Milliseconds between heartbeats.',
  }),
  'partition.assignment.strategy': list({
    default: [
      'org.apache.kafka.clients.consumer.RangeAssignor',
      'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    ],
    importance: 'MEDIUM',
    documentation: 'Accepted; partitions are dealt out round-robin.',
  }),
  'enable.auto.commit': boolean({
    default: true,
    importance: 'MEDIUM',
    documentation: 'Accepted; offsets are committed when rows are durable.',
  }),
  'auto.commit.interval.ms': int({ default: 5000, validator: atLeast(0), importance: 'LOW', documentation: unused }),
  'client.id': string({ default: '', importance: 'LOW', documentation: 'Name under which brokers know this client.' }),
  'client.rack': string({ default: '', importance: 'LOW', documentation: unused }),
  'max.partition.fetch.bytes': int({
    default: 1048576,
    validator: atLeast(0),
    importance: 'HIGH',
    documentation: 'Bytes of one partition in one answer at most.',
  }),
  'receive.buffer.bytes': int({ default: 65536, validator: atLeast(-1), importance: 'MEDIUM', documentation: unused }),
  'fetch.min.bytes': int({
    default: 1,
    validator: atLeast(0),
    importance: 'HIGH',
    documentation: 'A broker waits for so many bytes, or for fetch.max.wait.ms.',
  }),
  'fetch.max.bytes': int({
    default: 52428800,
    validator: atLeast(0),
    importance: 'MEDIUM',
    documentation: 'Bytes of one answer at most.',
  }),
  'fetch.max.wait.ms': int({
    default: 500,
    validator: atLeast(0),
    importance: 'LOW',
    documentation: 'How long a broker waits for fetch.min.bytes, in milliseconds.',
  }),
  'auto.offset.reset': string({
    default: 'latest',
    validator: oneOf('latest', 'earliest', 'none'),
    importance: 'MEDIUM',
    documentation:
      'Where a partition begins that nobody has read: earliest, latest, or none to fail. Connect and this worker set earliest.',
  }),
  'check.crcs': boolean({
    default: true,
    importance: 'LOW',
    documentation: 'Whether checksums of batches are verified.',
  }),
  'metric.reporters': list({ default: [], importance: 'LOW', documentation: unused }),
  'key.deserializer': className({ default: null, importance: 'HIGH', documentation: unused }),
  'value.deserializer': className({ default: null, importance: 'HIGH', documentation: unused }),
  'default.api.timeout.ms': int({ default: 60000, validator: atLeast(0), importance: 'MEDIUM', documentation: unused }),
  'connections.max.idle.ms': long({ default: 540000, importance: 'MEDIUM', documentation: unused }),
  'interceptor.classes': list({ default: [], importance: 'LOW', documentation: unused }),
  'max.poll.records': int({
    default: 500,
    validator: atLeast(1),
    importance: 'MEDIUM',
    documentation: 'Accepted; batches are bounded by fetch.max.bytes and the memory budget.',
  }),
  'max.poll.interval.ms': int({
    default: 300000,
    validator: atLeast(1),
    importance: 'MEDIUM',
    documentation: 'Longest time that a rebalance waits for this member, in milliseconds.',
  }),
  'exclude.internal.topics': boolean({ default: true, importance: 'MEDIUM', documentation: unused }),
  'isolation.level': string({
    default: 'read_uncommitted',
    validator: oneOf('read_committed', 'read_uncommitted'),
    importance: 'MEDIUM',
    documentation: 'read_committed leaves out aborted transactions; this worker sets it unless told otherwise.',
  }),
  'allow.auto.create.topics': boolean({ default: true, importance: 'MEDIUM', documentation: unused }),
  'group.protocol': string({
    default: 'classic',
    validator: oneOfIgnoringCase('CONSUMER', 'CLASSIC'),
    importance: 'HIGH',
    documentation: unused,
  }),
  'group.remote.assignor': string({ default: null, importance: 'MEDIUM', documentation: unused }),
  ...commonClientKeys,
});
