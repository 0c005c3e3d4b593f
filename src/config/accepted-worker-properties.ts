import { commonClientKeys, unused } from './client-config-defs/common.ts';
import { boolean, ConfigDef, int, list, string } from './config-def.ts';
import { atLeast, oneOf, oneOfIgnoringCase } from './validators.ts';

const ownClients = "The worker's own clients";
const noEffect = 'Without effect';
const protocol = "Accepted, unused: workers share their work by consumer groups, not by Connect's own protocol.";
const sources = 'Accepted, unused: for source connectors.';

/**
 * Keys of Kafka 3.9's workers that are checked as there and fill in no default here: settings of the worker's own clients, and
 * what belongs to source connectors, JMX and the protocol between Connect's workers.
 */
export const acceptedWorkerConfigDef = new ConfigDef({
  ...Object.fromEntries(
    Object.entries(commonClientKeys).map(([name, key]) => [name, { ...key, group: ownClients }] as const),
  ),
  'connect.protocol': string({
    default: 'sessioned',
    validator: oneOf('eager', 'compatible', 'sessioned'),
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'scheduled.rebalance.max.delay.ms': int({
    default: 300_000,
    validator: atLeast(0),
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'worker.sync.timeout.ms': int({ default: 3000, group: noEffect, documentation: protocol }),
  'worker.unsync.backoff.ms': int({ default: 300_000, group: noEffect, documentation: protocol }),
  'inter.worker.key.ttl.ms': int({
    default: 3_600_000,
    validator: atLeast(0),
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'inter.worker.key.generation.algorithm': string({
    default: 'HmacSHA256',
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'inter.worker.key.size': int({ default: null, importance: 'LOW', group: noEffect, documentation: protocol }),
  'inter.worker.signature.algorithm': string({
    default: 'HmacSHA256',
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'inter.worker.verification.algorithms': list({
    default: ['HmacSHA256'],
    importance: 'LOW',
    group: noEffect,
    documentation: protocol,
  }),
  'topic.creation.enable': boolean({ default: true, importance: 'LOW', group: noEffect, documentation: sources }),
  'exactly.once.source.support': string({
    default: 'disabled',
    validator: oneOfIgnoringCase('DISABLED', 'ENABLED', 'PREPARING'),
    importance: 'HIGH',
    group: noEffect,
    documentation: sources,
  }),
  'metric.reporters': list({ default: [], importance: 'LOW', group: noEffect, documentation: unused }),
  'receive.buffer.bytes': int({
    default: 32_768,
    validator: atLeast(-1),
    importance: 'MEDIUM',
    group: noEffect,
    documentation: unused,
  }),
  'connections.max.idle.ms': int({ default: 540_000, importance: 'MEDIUM', group: noEffect, documentation: unused }),
});
