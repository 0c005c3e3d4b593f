import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-port.ts';
import type { BrokerNode, NodeAddresses } from './kafka-broker/broker-node.ts';
import { containerEngineAnswers, imageIsAvailable } from './kafka-broker/container-engine.ts';
import { kafkaJars } from './kafka-broker/kafka-jars.ts';
import { createProcessNode } from './kafka-broker/process-node.ts';
import type { SecurityProtocol } from './kafka-broker/server-properties.ts';
import { propertiesText, serverProperties } from './kafka-broker/server-properties.ts';

export interface BrokerOptions {
  /** 3.9.1 (default) or 4.1.1; others if their image or jars can be had. */
  readonly version?: string;
  /** server.properties on top of those for tests; `{dir}` in a value is the folder that holds `files`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Client port of the first broker on 127.0.0.1; free ones by default. */
  readonly port?: number;
  /** Nodes, 1 by default; each is broker and controller, so killing one of three leaves a quorum. */
  readonly brokers?: number;
  /** Ports of 127.0.0.1, one a broker, that clients are sent to instead: those of proxies (network-proxy.ts). */
  readonly advertisedPorts?: readonly number[];
  /** What clients speak (listener name CLIENT, so `listener.name.client.…` properties configure it). */
  readonly protocol?: SecurityProtocol;
  /** Text files for the brokers: PEM key stores and the like. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further arguments of `kafka-storage format`: `--add-scram`, `SCRAM-SHA-256=[name=…,password=…]`. */
  readonly formatArguments?: readonly string[];
}

/** A cluster of a test's own. Node ids count from 1; data and addresses survive all but `stop`. */
export interface RunningBroker {
  /** 127.0.0.1:port of every node, comma-separated. */
  readonly bootstrapServers: string;
  /** 'containers' or 'processes': what it runs as. */
  readonly runsAs: 'containers' | 'processes';
  /** SIGKILL. */
  kill(id?: number): Promise<void>;
  /** Stops a running node cleanly first; starts one that was killed. Resolves when it serves. */
  restart(id?: number): Promise<void>;
  /** Freezes a node: its connections stay open, nothing answers. */
  pause(id?: number): Promise<void>;
  unpause(id?: number): Promise<void>;
  /** Ends the cluster and deletes its data. Idempotent. */
  stop(): Promise<void>;
}

export const defaultKafkaVersion = '3.9.1';

interface Nodes {
  readonly nodes: readonly BrokerNode[];
  readonly runsAs: RunningBroker['runsAs'];
  /** After the nodes are gone. */
  cleanUp(): Promise<void>;
}

const nodeFiles = (
  node: NodeAddresses,
  all: readonly NodeAddresses[],
  options: BrokerOptions,
  folder: string,
  dataFolder: string,
): Record<string, string> => {
  const overrides = Object.entries(options.properties ?? {}).map(([key, value]) => [
    key,
    value.replaceAll('{dir}', folder),
  ]);
  const properties = serverProperties(
    node,
    all,
    options.protocol ?? 'PLAINTEXT',
    dataFolder,
    Object.fromEntries(overrides),
  );
  return { ...options.files, 'server.properties': propertiesText(properties) };
};

const advertised = ({ advertisedPorts = [] }: BrokerOptions, index: number): Pick<NodeAddresses, 'advertisedPort'> => {
  const advertisedPort = advertisedPorts[index];
  return advertisedPort === undefined ? {} : { advertisedPort };
};

const containerNodes = async (image: string, ports: readonly number[], options: BrokerOptions): Promise<Nodes> => {
  const { Network } = await import('testcontainers');
  const { containerDataFolder, containerFolder, createContainerNode } = await import(
    './kafka-broker/container-node.ts'
  );
  const network = await new Network().start();
  const all = ports.map((clientPort, index): NodeAddresses => {
    const id = index + 1;
    return {
      ...advertised(options, index),
      id,
      clientPort,
      bind: '0.0.0.0',
      host: `kafka-${id}`,
      brokerPort: 9094,
      controllerPort: 9093,
    };
  });
  const nodes = all.map((addresses) => {
    const files = nodeFiles(addresses, all, options, containerFolder, containerDataFolder);
    return createContainerNode({ image, addresses, network, files, formatArguments: options.formatArguments ?? [] });
  });
  return { nodes, runsAs: 'containers', cleanUp: async () => void (await network.stop()) };
};

const processNodes = async (version: string, ports: readonly number[], options: BrokerOptions): Promise<Nodes> => {
  const jars = await kafkaJars(version);
  const inner = await freePorts(ports.length * 2);
  const all = ports.map((clientPort, index): NodeAddresses => {
    const [brokerPort = 0, controllerPort = 0] = inner.slice(index * 2);
    const host = '127.0.0.1';
    return { ...advertised(options, index), id: index + 1, clientPort, bind: host, host, brokerPort, controllerPort };
  });
  const nodes = all.map((addresses) => {
    const folder = join(tmpdir(), `snowsink-kafka-${randomUUID()}`);
    const files = nodeFiles(addresses, all, options, folder, join(folder, 'data'));
    return createProcessNode({ id: addresses.id, jars, folder, files, formatArguments: options.formatArguments ?? [] });
  });
  return { nodes, runsAs: 'processes', cleanUp: async () => {} };
};

/** TEST_KAFKA=containers or =processes insists; by default containers where an engine answers and has (or gets) the image. */
const createNodes = async (version: string, ports: readonly number[], options: BrokerOptions): Promise<Nodes> => {
  const wish = process.env['TEST_KAFKA'];
  const image = `apache/kafka:${version}`;
  if (wish !== 'processes' && (await containerEngineAnswers())) {
    if (wish === 'containers' || (await imageIsAvailable(image))) return containerNodes(image, ports, options);
    console.log(`Docker answers but cannot get the image ${image}: running Kafka ${version} from its jars instead.`);
  } else if (wish === 'containers') throw new Error('TEST_KAFKA=containers, but no Docker engine answers');
  return processNodes(version, ports, options);
};

/** Starts a real Kafka cluster (KRaft) on 127.0.0.1: in containers where a Docker engine answers, else from Kafka's own jars. */
export const startBroker = async (options: BrokerOptions = {}): Promise<RunningBroker> => {
  const free = await freePorts(options.brokers ?? 1);
  const ports = options.port === undefined ? free : [options.port, ...free.slice(1)];
  const { nodes, runsAs, cleanUp } = await createNodes(options.version ?? defaultKafkaVersion, ports, options);
  const node = (id: number): BrokerNode => {
    const found = nodes.find((candidate) => candidate.id === id);
    if (found === undefined) throw new RangeError(`no broker ${id} in a cluster of ${nodes.length}`);
    return found;
  };
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await Promise.all(nodes.map((each) => each.remove()));
    await cleanUp();
  };
  try {
    await Promise.all(nodes.map((each) => each.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    bootstrapServers: ports.map((port) => `127.0.0.1:${port}`).join(','),
    runsAs,
    kill: (id = 1) => node(id).kill(),
    restart: (id = 1) => node(id).start(),
    pause: (id = 1) => node(id).pause(),
    unpause: (id = 1) => node(id).unpause(),
    stop,
  };
};
