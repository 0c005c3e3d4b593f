import type { ConfigProblem, ConnectorConfig, TaskId } from '../api/index.ts';
import type { Properties } from './config-def.ts';
import { originalsWithPrefix } from './originals-with-prefix.ts';
import { workerConfigDef } from './worker-config.ts';

type Client = 'consumer' | 'producer' | 'admin';

const isSecurity = (name: string): boolean => /^(security|sasl|ssl)\./.test(name);

/**
 * A worker's plain security.*, sasl.* and ssl.* keys, for clients that set none of their own and talk to the same brokers.
 * Connect gives them to admin clients only, and a consumer without them cannot work: it is its users' most frequent mistake.
 */
const inheritedSecurity = (worker: Properties, own: Properties): Properties => {
  if ('bootstrap.servers' in own || Object.keys(own).some(isSecurity)) return {};
  return Object.fromEntries(Object.entries(worker).filter(([name]) => isSecurity(name)));
};

const merged = (client: Client, defaults: Properties, worker: Properties, connector: ConnectorConfig): Properties => {
  const own = {
    ...originalsWithPrefix(worker, `${client}.`),
    ...originalsWithPrefix(connector, `${client}.override.`),
  };
  return { ...defaults, ...inheritedSecurity(worker, own), ...own };
};

const bootstrap = (worker: Properties): Properties => ({ 'bootstrap.servers': worker['bootstrap.servers'] ?? '' });

/**
 * A sink task's consumer: our defaults, then the worker's `consumer.*`, then the connector's `consumer.override.*`.
 * Connect's defaults but for isolation.level: read_committed, so that aborted transactions never become rows.
 */
export const consumerProperties = (worker: Properties, connector: ConnectorConfig, id: TaskId): Properties =>
  merged(
    'consumer',
    {
      ...bootstrap(worker),
      'group.id': `connect-${id.connector}`,
      'client.id': `connector-consumer-${id.connector}-${id.task}`,
      'auto.offset.reset': 'earliest',
      'isolation.level': 'read_committed',
      'enable.auto.commit': 'false',
    },
    worker,
    connector,
  );

/** The dead letter queue's producer: every replica acknowledges, order kept. */
export const producerProperties = (worker: Properties, connector: ConnectorConfig, id: TaskId): Properties =>
  merged(
    'producer',
    {
      ...bootstrap(worker),
      'client.id': `connector-dlq-producer-${id.connector}-${id.task}`,
      acks: 'all',
      'max.in.flight.requests.per.connection': '1',
    },
    worker,
    connector,
  );

/** Connect's admin clients take all keys of the worker that are nobody's else. */
export const adminProperties = (worker: Properties, connector: ConnectorConfig, id: TaskId): Properties => {
  const plain = Object.entries(worker).filter(
    ([name]) =>
      !/^(consumer|producer|admin|key|value|header|config|listeners)\./.test(name) && !(name in workerConfigDef.keys),
  );
  const defaults = {
    ...Object.fromEntries(plain),
    ...bootstrap(worker),
    'client.id': `connector-dlq-adminclient-${id.connector}-${id.task}`,
  };
  return {
    ...defaults,
    ...originalsWithPrefix(worker, 'admin.'),
    ...originalsWithPrefix(connector, 'admin.override.'),
  };
};

const principalKeys = ['security.protocol', 'sasl.jaas.config', 'sasl.mechanism'];

const policyName = (worker: Properties): string =>
  (worker['connector.client.config.override.policy'] ?? 'All')
    .replace(/^.*\./, '')
    .replace(/ConnectorClientConfigOverridePolicy$/, '');

const allowedKeys = (worker: Properties): ((key: string) => boolean) => {
  switch (policyName(worker)) {
    case 'None':
      return () => false;
    case 'Principal':
      return (key) => principalKeys.includes(key);
    case 'Allowlist': {
      const listed = worker['connector.client.config.override.allowlist']?.split(/\s*,\s*/) ?? [];
      return (key) => listed.includes(key);
    }
    default:
      return () => true;
  }
};

/** What connector.client.config.override.policy refuses (KIP-458). */
export const overrideProblems = (worker: Properties, connector: ConnectorConfig): readonly ConfigProblem[] => {
  const allows = allowedKeys(worker);
  const override = /^(?:consumer|producer|admin)\.override\.(.+)$/;
  return Object.keys(connector)
    .filter((name) => !allows(override.exec(name)?.[1] ?? '') && override.test(name))
    .map((key) => ({
      key,
      message:
        `The worker's connector.client.config.override.policy=${policyName(worker)} does not allow ${key}. ` +
        'Take the key out, or change the policy in the worker config (All allows every key).',
    }));
};
