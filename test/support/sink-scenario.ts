import { randomUUID } from 'node:crypto';
import type { Verdict } from './oracle.ts';
import { askOracle, countRows, describeVerdict } from './oracle.ts';
import type { OrderStream } from './order-stream.ts';
import { startOrderStream } from './order-stream.ts';
import type { SnowflakeLogin, SnowflakeSession } from './snowflake.ts';
import { connectSnowflake, emulatorLogin } from './snowflake.ts';
import { createTopic, readTopic, withAdmin } from './topics.ts';
import { waitFor } from './wait-for.ts';
import type { Properties, WorkerOptions } from './worker-process.ts';
import { sinkConfig } from './worker-process.ts';

export interface ScenarioOptions {
  readonly bootstrapServers: string;
  /** Of the emulator. */
  readonly url: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Of the checks' own session, and of the connector unless `overrides` names another. */
  readonly role?: string;
  /** Of the connector. */
  readonly overrides?: Properties;
  /** Of the worker. */
  readonly workerProperties?: Properties;
}

/** One connector from a topic of its own to a table of its own, and the means to look at both ends. */
export interface SinkScenario {
  /** Of the connector; its group is `connect-<name>`. */
  readonly name: string;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly table: string;
  readonly login: SnowflakeLogin;
  readonly session: SnowflakeSession;
  readonly connector: Properties;
  /** For startWorker: as often as a test likes. */
  readonly worker: WorkerOptions;
  stream(options: {
    readonly perSecond: number;
    readonly total?: number;
    readonly seed?: number;
  }): Promise<OrderStream>;
  /** Rows in the table now. */
  rows(): Promise<number>;
  /** What the oracle says now about all that the topic holds. */
  verdict(): Promise<Verdict>;
  /** Waits until nothing is missing; the verdict then. Fails with the last verdict at the deadline. */
  settled(deadlineMs?: number): Promise<Verdict>;
  close(): Promise<void>;
}

/** Short sessions: a group waits for a killed member until its session ends (45 s by Kafka's default). */
export const quickWorker: Properties = {
  'offset.flush.interval.ms': '1000',
  'task.shutdown.graceful.timeout.ms': '20000',
  'consumer.session.timeout.ms': '6000',
  'consumer.heartbeat.interval.ms': '1000',
};

const recordCount = async (bootstrapServers: string, topic: string): Promise<number> => {
  const ends = await withAdmin(bootstrapServers, (admin) => admin.fetchTopicOffsets(topic));
  return ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
};

export const createScenario = async (options: ScenarioOptions): Promise<SinkScenario> => {
  const { bootstrapServers, url, partitions = 4, replicationFactor = 1, role } = options;
  // no dashes: then the table's name is the topic's in capitals
  const name = `orders_${randomUUID().slice(0, 8)}`;
  const topic = await createTopic(bootstrapServers, { exactName: name, partitions, replicationFactor });
  const deadLetterTopic = await createTopic(bootstrapServers, { exactName: `${name}_dlq`, replicationFactor });
  const login = emulatorLogin(url, 'SNOWSINK_TEST', role);
  const session = await connectSnowflake(login);
  const table = name.toUpperCase();
  const rows = (): Promise<number> => countRows(session, table);
  const verdict = async (): Promise<Verdict> =>
    askOracle({
      produced: await readTopic(bootstrapServers, topic),
      session,
      tables: [table],
      bootstrapServers,
      deadLetterTopic,
    });
  const connector = sinkConfig({ name, topics: topic, login, deadLetterTopic, overrides: options.overrides ?? {} });
  return {
    name,
    topic,
    deadLetterTopic,
    table,
    login,
    session,
    connector,
    worker: {
      properties: { 'bootstrap.servers': bootstrapServers, ...quickWorker, ...options.workerProperties },
      connectors: [connector],
    },
    stream: (options) => startOrderStream({ bootstrapServers, topic, partitions, seed: 1, ...options }),
    rows,
    verdict,
    settled: async (deadlineMs = 90_000) => {
      let last: Verdict | undefined;
      const look = async (): Promise<Verdict | false> => {
        const accounted = (await rows()) + (await recordCount(bootstrapServers, deadLetterTopic));
        if (accounted < (await recordCount(bootstrapServers, topic))) return false;
        last = await verdict();
        return last.missing.length === 0 && last;
      };
      try {
        return await waitFor(look, { deadlineMs, what: `every record of ${topic}`, everyMs: 250 });
      } catch (error) {
        last ??= await verdict();
        throw new Error(`not all arrived: ${describeVerdict(last)}`, { cause: error });
      }
    },
    close: () => session.close(),
  };
};
