import { ConfigError, ConnectError, type KafkaAdmin } from '../api/index.ts';
import {
  readPropertiesFile,
  storageClient,
  type WorkerConfig,
  workerGroupClient,
  workerPropertiesFromEnvironment,
} from '../config/index.ts';
import { ConsumerWorkerGroup, type HerderOptions, type Ports } from '../runtime/index.ts';
import { KafkaConfigBackingStore, KafkaStatusBackingStore } from '../storage/index.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { runWorker } from './run-worker.ts';

const usage = `Usage: snowsink connect-distributed [worker.properties]

Runs connectors that are managed over REST and live in Kafka topics: they survive restarts, and all workers with the same
group.id see and share them. Drains on SIGTERM or SIGINT; a second signal ends the process at once.

  worker.properties   The worker's config, as Kafka Connect's: group.id, config.storage.topic, offset.storage.topic and
                      status.storage.topic are required. Without it CONNECT_* environment variables are the config:
                      CONNECT_GROUP_ID=connect is group.id=connect.

Exit codes: 0 drained; 1 a mistake in the config or an unreachable service, with one message that says what to change;
2 the command line is wrong.`;

const required = ['group.id', 'config.storage.topic', 'offset.storage.topic', 'status.storage.topic'] as const;

const check = async ({ values }: WorkerConfig): Promise<void> => {
  const problems = required
    .filter((key) => (values[key] ?? '').trim() === '')
    .map((key) => ({ key, message: `Missing required configuration "${key}" which has no default value.` }));
  if (problems.length > 0) throw new ConfigError(problems);
};

interface StorageTopic {
  readonly name: string;
  /** -1: the broker's default. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

const topicsOf = ({ values }: WorkerConfig): Readonly<Record<'config' | 'offset' | 'status', StorageTopic>> => ({
  config: {
    name: values['config.storage.topic'] ?? '',
    partitions: 1,
    replicationFactor: values['config.storage.replication.factor'],
  },
  offset: {
    name: values['offset.storage.topic'] ?? '',
    partitions: values['offset.storage.partitions'],
    replicationFactor: values['offset.storage.replication.factor'],
  },
  status: {
    name: values['status.storage.topic'] ?? '',
    partitions: values['status.storage.partitions'],
    replicationFactor: values['status.storage.replication.factor'],
  },
});

/** Compacted, as Connect makes them; what exists stays as it is. */
const makeTopics = async (admin: KafkaAdmin, topics: readonly StorageTopic[]): Promise<void> => {
  const existing = new Set(await admin.listTopics());
  for (const topic of topics) {
    if (!existing.has(topic.name)) await admin.createTopic({ ...topic, configs: { 'cleanup.policy': 'compact' } });
  }
};

const checkConfigTopic = async (admin: KafkaAdmin, { name }: StorageTopic): Promise<void> => {
  const { size } = await admin.topicOffsets(name);
  if (size === 1) return;
  throw new ConnectError(
    `Topic '${name}' supplied via the 'config.storage.topic' property is required to have a single partition in order to guarantee consistency of connector configurations, but found ${size} partitions.`,
  );
};

type Stores = Required<Pick<HerderOptions, 'configs' | 'statuses' | 'group'>>;

const stores = async (config: WorkerConfig, ports: Ports): Promise<Stores> => {
  const { properties } = config;
  const { clock, random, logger } = ports;
  const topics = topicsOf(config);
  const client = storageClient(properties);
  const withAdmin = async <T>(work: (admin: KafkaAdmin) => Promise<T>): Promise<T> => {
    const admin = await ports.createAdmin({ properties: client, logger });
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  };
  await withAdmin(async (admin) => {
    await makeTopics(admin, Object.values(topics));
    await checkConfigTopic(admin, topics.config);
  });
  const log = ({ name }: StorageTopic) => ({
    ...{ topic: name, clock, logger },
    createReader: (topic: string) => ports.createTopicReader({ properties: client, topic, clock, logger }),
    createProducer: () => ports.createProducer({ properties: client, clock, logger }),
  });
  const group = new ConsumerWorkerGroup({
    createConsumer: () => {
      const member = { properties: workerGroupClient(properties), topics: [topics.offset.name] };
      return ports.createConsumer({ ...member, clock, random, logger });
    },
    partitionCount: () => withAdmin(async (admin) => (await admin.topicOffsets(topics.offset.name)).size),
    ...{ clock, logger },
  });
  return {
    configs: new KafkaConfigBackingStore(log(topics.config)),
    statuses: new KafkaStatusBackingStore(log(topics.status)),
    group,
  };
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const [file, unexpected] = args;
  if (unexpected !== undefined || file?.startsWith('-') === true) {
    throw new UsageError(
      `Unknown argument ${unexpected ?? file}: connectors of a distributed worker are made over REST. Run snowsink connect-distributed --help.`,
    );
  }
  const worker = file === undefined ? workerPropertiesFromEnvironment(io.environment) : readPropertiesFile(file);
  const workerSource = file ?? 'the CONNECT_* environment variables';
  return runWorker({ worker, workerSource, check, stores, started: async () => {} }, io);
};

/** Kafka Connect's distributed worker. */
export const connectDistributed: Command = {
  name: 'connect-distributed',
  summary: 'run connectors that are managed over REST and kept in Kafka, alone or with other workers',
  usage,
  run,
};
