import type { Network as DockerNetwork } from 'testcontainers';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import type { BrokerNode, NodeAddresses } from './broker-node.ts';
import { clusterId, heapOptions, jvmOptions, startedMessage } from './broker-node.ts';
import { logConfigurations, logOptions } from './server-properties.ts';

type StartedNetwork = Awaited<ReturnType<DockerNetwork['start']>>;

/** Testcontainers publishes ports on every interface; a test's server belongs to this machine alone. */
export class LoopbackContainer extends GenericContainer {
  protected override async beforeContainerCreated(): Promise<void> {
    const bindings = Object.entries(this.hostConfig.PortBindings ?? {}) as [string, { HostPort: string }[]][];
    this.hostConfig.PortBindings = Object.fromEntries(
      bindings.map(([port, hosts]) => [port, hosts.map(({ HostPort }) => ({ HostIp: '127.0.0.1', HostPort }))]),
    );
  }
}

export const containerFolder = '/tmp/broker';
export const containerDataFolder = '/tmp/broker-data';

export interface ContainerNodeOptions {
  readonly image: string;
  readonly addresses: NodeAddresses;
  readonly network: StartedNetwork;
  /** Into `containerFolder`; must hold server.properties. */
  readonly files: Readonly<Record<string, string>>;
  /** Further arguments of `kafka-storage.sh format`. */
  readonly formatArguments: readonly string[];
}

/** A broker of the image apache/kafka, on a fixed port of 127.0.0.1 so that a restart keeps the address. */
export const createContainerNode = (options: ContainerNodeOptions): BrokerNode => {
  const { image, addresses, network } = options;
  const properties = `${containerFolder}/server.properties`;
  const format = ['format', '--ignore-formatted', '-t', clusterId, '-c', properties, ...options.formatArguments];
  const quoted = format.map((argument) => `'${argument}'`).join(' ');
  // a JVM of its own: not at each restart
  const formatted = `{ [ -e ${containerDataFolder}/meta.properties ] || ./kafka-storage.sh ${quoted}; }`;
  const container = new LoopbackContainer(image)
    .withNetwork(network)
    .withNetworkAliases(addresses.host)
    .withExposedPorts({ container: addresses.clientPort, host: addresses.clientPort })
    .withEnvironment({
      KAFKA_HEAP_OPTS: heapOptions.join(' '),
      KAFKA_JVM_PERFORMANCE_OPTS: jvmOptions.join(' '),
      KAFKA_LOG4J_OPTS: logOptions(containerFolder).join(' '),
    })
    .withCopyContentToContainer(
      Object.entries({ ...logConfigurations, ...options.files }).map(([name, content]) => ({
        content,
        target: `${containerFolder}/${name}`,
        mode: 0o644,
      })),
    )
    .withEntrypoint(['/bin/bash', '-c'])
    .withCommand([`cd /opt/kafka/bin && ${formatted} && exec ./kafka-server-start.sh ${properties}`])
    .withWaitStrategy(Wait.forLogMessage(startedMessage))
    .withStartupTimeout(400_000);

  let started: Awaited<ReturnType<GenericContainer['start']>> | undefined;
  const docker = async () => {
    if (started === undefined) throw new Error(`broker ${addresses.id} was never started`);
    return (await getContainerRuntimeClient()).container.getById(started.getId());
  };
  return {
    id: addresses.id,
    start: async () => {
      if (started === undefined) started = await container.start();
      // restart waits for a new "started" line; of a container that does not run it is a start
      else await started.restart({ timeout: 10 });
    },
    stop: async () => {
      await started?.stop({ timeout: 10_000, remove: false, removeVolumes: false });
    },
    kill: async () => {
      await (await docker()).kill({ signal: 'SIGKILL' });
      await (await docker()).wait();
    },
    pause: async () => (await docker()).pause(),
    unpause: async () => (await docker()).unpause(),
    remove: async () => {
      if (started === undefined) return;
      await (await docker()).remove({ force: true, v: true });
      started = undefined;
    },
  };
};
