import type { NodeAddresses } from './broker-node.ts';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

/**
 * server.properties of one node of a KRaft cluster whose nodes are broker and controller in one. Listener CLIENT is the one that
 * tests use (so `listener.name.client.…` properties configure it); brokers talk among themselves over BROKER in the clear.
 */
export const serverProperties = (
  node: NodeAddresses,
  all: readonly NodeAddresses[],
  clientProtocol: SecurityProtocol,
  dataFolder: string,
  overrides: Readonly<Record<string, string>>,
): Record<string, string> => {
  const replicas = String(Math.min(all.length, 3));
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': all.map(({ id, host, controllerPort }) => `${id}@${host}:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    listeners: [
      `CLIENT://${node.bind}:${node.clientPort}`,
      `BROKER://${node.bind}:${node.brokerPort}`,
      `CONTROLLER://${node.bind}:${node.controllerPort}`,
    ].join(','),
    'advertised.listeners': `CLIENT://127.0.0.1:${node.advertisedPort ?? node.clientPort},BROKER://${node.host}:${node.brokerPort}`,
    'listener.security.protocol.map': `CLIENT:${clientProtocol},BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'log.dirs': dataFolder,
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': replicas,
    // records of tests may carry any timestamp: retention by time would take old ones away under a test's eyes
    'log.retention.ms': '-1',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.num.partitions': '3',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': '1',
    'auto.create.topics.enable': 'false',
    // a killed broker is let back in only when its old session has run out: 9 s by default
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    'replica.lag.time.max.ms': '3000',
    'log.retention.check.interval.ms': '1000',
    'log.cleaner.dedupe.buffer.size': '2097152',
    ...overrides,
  };
};

export const propertiesText = (properties: Readonly<Record<string, string>>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');

/** Both logging systems to the console: 3.x brokers read the first, 4.x the second. */
export const logConfigurations: Readonly<Record<string, string>> = {
  'log4j.properties': `log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %p %m (%c)%n
`,
  'log4j2.xml': `<Configuration><Appenders><Console name="console"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="console"/></Root></Loggers></Configuration>
`,
};

export const logOptions = (folder: string): string[] => [
  `-Dlog4j.configuration=file:${folder}/log4j.properties`,
  `-Dlog4j2.configurationFile=${folder}/log4j2.xml`,
];
