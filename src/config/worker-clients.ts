import type { Properties } from './config-def.ts';

const isSecurity = (name: string): boolean => /^(security|sasl|ssl)\./.test(name);

/** What the worker's own clients talk to Kafka with: bootstrap.servers and its plain security.*, sasl.* and ssl.*. */
const ownClient = (worker: Properties): Properties => ({
  'bootstrap.servers': worker['bootstrap.servers'] ?? '',
  ...Object.fromEntries(Object.entries(worker).filter(([name]) => isSecurity(name))),
});

/** Clients of the config and status topics. */
export const storageClient = (worker: Properties): Properties => ({
  ...ownClient(worker),
  'client.id': `${worker['client.id'] || 'connect'}-${worker['group.id'] ?? ''}-storage`,
});

/** The member of the workers' group. */
export const workerGroupClient = (worker: Properties): Properties => ({
  ...ownClient(worker),
  'client.id': `${worker['client.id'] || 'connect'}-${worker['group.id'] ?? ''}`,
  'group.id': worker['group.id'] ?? '',
  'session.timeout.ms': worker['session.timeout.ms'] ?? '10000',
  'heartbeat.interval.ms': worker['heartbeat.interval.ms'] ?? '3000',
  'max.poll.interval.ms': worker['rebalance.timeout.ms'] ?? '60000',
  'auto.offset.reset': 'latest',
});
