import { ConfigError, type ConnectorConfig, type TaskId } from '../api/index.ts';
import { adminConfigDef } from './client-config-defs/admin.ts';
import { consumerConfigDef } from './client-config-defs/consumer.ts';
import { producerConfigDef } from './client-config-defs/producer.ts';
import { type ConfigDef, type ConfigKeys, type ConfigValue, type Properties, typedText } from './config-def.ts';
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

/** The definitions of what `<client>.override.*` may set. */
export const clientConfigDefs = {
  consumer: consumerConfigDef,
  producer: producerConfigDef,
  admin: adminConfigDef,
} as const satisfies Readonly<Record<Client, ConfigDef<ConfigKeys>>>;

/**
 * A connector's overrides for one client, with what connector.client.config.override.policy refuses (KIP-458). Only their types
 * are checked, as in Connect. @throws ClientOverrideError for the first of the wrong type
 */
export const clientOverrideValues = (
  client: Client,
  worker: Properties,
  connector: ConnectorConfig,
): readonly ConfigValue[] => {
  const prefix = `${client}.override.`;
  const allows = allowedKeys(worker);
  return Object.entries(originalsWithPrefix(connector, prefix)).map(([name, given]) => {
    const value = typedText(clientConfigDefs[client], name, given);
    if ('problem' in value) throw new ClientOverrideError([{ key: '', message: value.problem }]);
    const refusal = `The '${policyName(worker)}' policy does not allow '${name}' to be overridden in the connector configuration.`;
    return { name: `${prefix}${name}`, value: value.text, errors: allows(name) ? [] : [refusal] };
  });
};

/** An override whose text is not of its type: Connect answers 500, and so do we. */
export class ClientOverrideError extends ConfigError {
  override readonly name: string = 'ClientOverrideError';
}
