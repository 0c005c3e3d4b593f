import { errorMessage } from '../api/index.ts';
import { jsonObjectOf, KafkaBasedLog, type KafkaBasedLogOptions, type LogRecord } from './kafka-based-log.ts';
import {
  type ConnectorStatuses,
  MemoryStatusBackingStore,
  type State,
  type StatusBackingStore,
  states,
  type WorkerStatus,
} from './status-backing-store.ts';

type Json = Readonly<Record<string, unknown>>;
const keys = { connector: 'status-connector-', task: 'status-task-', topic: 'status-topic-' } as const;
const taskKey = /^(?<connector>.*)-(?<task>\d+)$/s;
const topicKey = /^(?<topic>[^:]*):connector-(?<connector>.*)$/s;

/**
 * org.apache.kafka.connect.storage.KafkaStatusBackingStore: statuses and read topics in a compacted topic, in Connect's keys and values.
 * What this worker puts counts here at once and is written behind it, in order.
 */
export class KafkaStatusBackingStore implements StatusBackingStore {
  readonly #options: KafkaBasedLogOptions;
  readonly #log: KafkaBasedLog;
  readonly #known = new MemoryStatusBackingStore();
  /** Written by us and not yet heard: newer things may count here already. */
  readonly #underWay = new Map<string, (string | null)[]>();
  #writing: Promise<void> = Promise.resolve();

  constructor(log: KafkaBasedLogOptions) {
    this.#options = log;
    this.#log = new KafkaBasedLog(log, (record) => this.#hear(record));
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  async stop(): Promise<void> {
    await this.#writing;
    await this.#log.stop();
  }

  get(connector: string): ConnectorStatuses | null {
    return this.#known.get(connector);
  }

  putConnector(connector: string, status: WorkerStatus): void {
    this.#known.putConnector(connector, status);
    this.#write(`${keys.connector}${connector}`, statusJson(status));
  }

  putTask(connector: string, task: number, status: WorkerStatus): void {
    this.#known.putTask(connector, task, status);
    this.#write(`${keys.task}${connector}-${task}`, statusJson(status));
  }

  deleteTask(connector: string, task: number): void {
    if (!this.#known.get(connector)?.tasks.has(task)) return;
    this.#known.deleteTask(connector, task);
    this.#write(`${keys.task}${connector}-${task}`, null);
  }

  delete(connector: string): void {
    this.deleteTopics(connector);
    for (const task of [...(this.#known.get(connector)?.tasks.keys() ?? [])]) this.deleteTask(connector, task);
    this.#known.delete(connector);
    this.#write(`${keys.connector}${connector}`, null);
  }

  topics(connector: string): readonly string[] {
    return this.#known.topics(connector);
  }

  putTopic(connector: string, topic: string, task: number): void {
    this.#known.putTopic(connector, topic);
    const discoverTimestamp = this.#options.clock.now();
    this.#write(`${keys.topic}${topic}:connector-${connector}`, {
      topic: { name: topic, connector, task, discoverTimestamp },
    });
  }

  deleteTopics(connector: string): void {
    for (const topic of this.topics(connector)) this.#write(`${keys.topic}${topic}:connector-${connector}`, null);
    this.#known.deleteTopics(connector);
  }

  #write(key: string, json: object | null): void {
    const value = json === null ? null : JSON.stringify(json);
    this.#underWay.set(key, [...(this.#underWay.get(key) ?? []), value]);
    this.#writing = this.#writing
      .then(() => this.#log.send([{ key, value }]))
      .catch((error: unknown) => {
        this.#isEcho(key, value);
        this.#options.logger.error({ key }, `Status could not be written: ${errorMessage(error)}`);
      });
  }

  /** Our own words come back in the order in which they were written. */
  #isEcho(key: string, value: string | null): boolean {
    const written = this.#underWay.get(key) ?? [];
    const at = written.indexOf(value);
    if (at < 0) return false;
    const left = written.slice(at + 1);
    if (left.length === 0) this.#underWay.delete(key);
    else this.#underWay.set(key, left);
    return true;
  }

  #hear({ key, value }: LogRecord): void {
    if (this.#isEcho(key, value)) return;
    const json = jsonObjectOf(value);
    if (key.startsWith(keys.connector)) this.#hearConnector(key.slice(keys.connector.length), json);
    else if (key.startsWith(keys.task)) this.#hearTask(taskKey.exec(key.slice(keys.task.length))?.groups ?? {}, json);
    else if (key.startsWith(keys.topic))
      this.#hearTopic(topicKey.exec(key.slice(keys.topic.length))?.groups ?? {}, json);
  }

  #hearConnector(connector: string, json: Json | null): void {
    const status = json === null ? null : statusOf(json);
    if (status === null) this.#known.delete(connector);
    else this.#known.putConnector(connector, status);
  }

  #hearTask({ connector, task }: Readonly<Record<string, string>>, json: Json | null): void {
    if (connector === undefined) return;
    const status = json === null ? null : statusOf(json);
    const number = Number(task);
    if (status === null) this.#known.deleteTask(connector, number);
    else this.#known.putTask(connector, number, status);
  }

  #hearTopic({ connector, topic }: Readonly<Record<string, string>>, json: Json | null): void {
    if (connector === undefined || topic === undefined) return;
    if (json === null) this.#known.deleteTopic(connector, topic);
    else this.#known.putTopic(connector, topic);
  }
}

const statusJson = ({ state, trace, workerId, generation }: WorkerStatus) => ({
  state,
  trace,
  worker_id: workerId,
  generation,
});

const isState = (text: unknown): text is State => states.some((state) => state === text);

/** Null for DESTROYED, by which Connect means: gone. */
const statusOf = ({ state, trace, worker_id: workerId, generation }: Json): WorkerStatus | null => {
  if (!isState(state)) return null;
  return {
    state,
    trace: typeof trace === 'string' ? trace : null,
    workerId: String(workerId ?? ''),
    generation: Number(generation ?? 0),
  };
};
