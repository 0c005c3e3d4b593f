import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { containerEngineAnswers, imageIsAvailable } from './kafka-broker/container-engine.ts';
import { cacheFolder, hasCommand, run } from './kafka-broker/kafka-jars.ts';
import { waitFor } from './wait-for.ts';

/** A real registry that speaks Confluent's API: Apicurio Registry, in memory, on a port of 127.0.0.1 of its own. */
export interface RunningSchemaRegistry {
  /** For schema.registry.url. */
  readonly url: string;
  /** Registers a schema and returns its id. */
  register(subject: string, schema: string, schemaType?: 'AVRO' | 'JSON' | 'PROTOBUF'): Promise<number>;
  /** Freezes it: connections are taken, nothing answers. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  stop(): Promise<void>;
}

const version = '3.0.9';
const image = `apicurio/apicurio-registry:${version}`;
const compatibilityPath = '/apis/ccompat/v7';

const hasJava = (): boolean => hasCommand('java', '-version') && hasCommand('mvn', '-version');

/** TEST_KAFKA=processes holds for the registry too. */
const runsInContainer = async (): Promise<boolean> =>
  process.env['TEST_KAFKA'] !== 'processes' && (await containerEngineAnswers()) && (await imageIsAvailable(image));

/** Why none can be had here; null where one can. */
export const noSchemaRegistry = async (): Promise<string | null> => {
  if (hasJava() || (await runsInContainer())) return null;
  return `no schema registry to test with: start Docker with the image ${image}, or install a JDK 17+ and Maven`;
};

/** In a container where an engine answers and has (or gets) the image; else from its own archive (110 MB from Maven Central, once). */
export const startSchemaRegistry = async (): Promise<RunningSchemaRegistry> => {
  const port = await freePort();
  const server = (await runsInContainer()) ? await startContainer(port) : await startProcess(port);
  const url = `http://127.0.0.1:${port}${compatibilityPath}`;
  try {
    await waitFor(async () => server.isRunning() && (await fetch(`${url}/subjects`)).ok, {
      deadlineMs: 120_000,
      what: 'the schema registry to answer',
    });
  } catch (error) {
    await server.stop();
    throw new Error(`${String(error)}; the end of its output:\n${server.output()}`);
  }
  return {
    url,
    register: async (subject, schema, schemaType = 'AVRO') => {
      const response = await fetch(`${url}/subjects/${subject}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema, schemaType }),
      });
      const answer = (await response.json()) as { readonly id?: number };
      if (answer.id === undefined) throw new Error(`${subject} was not registered: ${JSON.stringify(answer)}`);
      return answer.id;
    },
    pause: server.pause,
    unpause: server.unpause,
    stop: server.stop,
  };
};

interface Server {
  isRunning(): boolean;
  output(): string;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const jvmOptions = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

const startProcess = async (port: number): Promise<Server> => {
  const folder = await registryFolder();
  const jar = readdirSync(folder).find((name) => name.endsWith('-runner.jar')) ?? 'apicurio-registry-app-runner.jar';
  const properties = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`];
  const child = spawn('java', [...jvmOptions, ...properties, '-jar', join(folder, jar)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    });
  }
  child.once('close', () => running.delete(child));
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    output: () => output,
    pause: async () => void child.kill('SIGSTOP'),
    unpause: async () => void child.kill('SIGCONT'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
};

const registryFolder = async (): Promise<string> => {
  const cache = cacheFolder();
  const folder = join(cache, `apicurio-registry-${version}`);
  if (existsSync(folder)) return folder;
  console.log(`Apicurio Registry ${version}: fetching it by Maven (about 110 MB, once) …`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetching-'));
  try {
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    const output = join(work, 'registry');
    // Maven leaves a marker in a folder below the current one
    await run('mvn', ['-q', '-B', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${output}`], work);
    // another process may have been faster: its folder is as good
    if (!existsSync(folder)) renameSync(output, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
};

const startContainer = async (port: number): Promise<Server> => {
  const { getContainerRuntimeClient, Wait } = await import('testcontainers');
  const { LoopbackContainer } = await import('./kafka-broker/container-node.ts');
  const started = await new LoopbackContainer(image)
    .withExposedPorts({ container: 8080, host: port })
    .withEnvironment({ JAVA_OPTS_APPEND: jvmOptions.join(' ') })
    // who starts it waits for its answer; Testcontainers would ask the bridge's address, which a port of 127.0.0.1 does not have
    .withWaitStrategy(Wait.forAll([]))
    .start();
  const container = async () => (await getContainerRuntimeClient()).container.getById(started.getId());
  return {
    isRunning: () => true,
    output: () => `see the log of container ${started.getId()}`,
    pause: async () => (await container()).pause(),
    unpause: async () => (await container()).unpause(),
    stop: async () => void (await started.stop()),
  };
};
