import type { ConnectorConfig, TaskId } from '../api/index.ts';
import type {
  ConfigBackingStore,
  ConfigListener,
  RestartRequest,
  StoredConnector,
  TargetState,
} from './config-backing-store.ts';
import { jsonObjectOf, KafkaBasedLog, type KafkaBasedLogOptions, type LogRecord } from './kafka-based-log.ts';

type Json = Readonly<Record<string, unknown>>;
/** Two answers with the same config object mean: nothing changed. */
interface Known {
  config: ConnectorConfig | null;
  targetState: TargetState;
  taskConfigs: readonly ConnectorConfig[];
  /** Written, but not yet all of them: Connect's commit record makes them count. */
  readonly pending: Map<number, ConnectorConfig>;
}

const nobody: ConfigListener = {
  onConnector: () => {},
  onRestart: () => {},
  onTaskRestart: () => {},
  onLoggerLevel: () => {},
};

const keys = {
  connector: 'connector-',
  targetState: 'target-state-',
  task: 'task-',
  commit: 'commit-',
  restart: 'restart-connector-',
  /** Ours: Connect asks the worker that runs the task over REST instead. Its workers pass over keys that they do not know. */
  restartTask: 'restart-task-',
  logger: 'logger-cluster-',
} as const;

/**
 * org.apache.kafka.connect.storage.KafkaConfigBackingStore: one compacted topic of one partition holds what there is, in Connect's keys
 * and values, so that a Java cluster's topic can be taken over and given back.
 */
export class KafkaConfigBackingStore implements ConfigBackingStore {
  readonly #log: KafkaBasedLog;
  readonly #connectors = new Map<string, Known>();
  /** Until everything old is read nobody is told: a restart that was asked for yesterday is done. */
  #listener = nobody;

  constructor(log: KafkaBasedLogOptions) {
    this.#log = new KafkaBasedLog(log, (record) => this.#hear(record));
  }

  async start(listener: ConfigListener): Promise<void> {
    await this.#log.start();
    this.#listener = listener;
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  names(): readonly string[] {
    return [...this.#connectors].flatMap(([name, { config }]) => (config === null ? [] : [name])).sort();
  }

  get(name: string): StoredConnector | null {
    const known = this.#connectors.get(name);
    if (known === undefined || known.config === null) return null;
    const { config, targetState, taskConfigs } = known;
    return { config, targetState, taskConfigs };
  }

  putConnector(name: string, config: ConnectorConfig, targetState: TargetState): Promise<void> {
    const known = this.#connectors.get(name);
    const state = (known?.targetState ?? 'STARTED') === targetState ? [] : [targetStateRecord(name, targetState)];
    return this.#write([...state, jsonRecord(`${keys.connector}${name}`, { properties: config })]);
  }

  putTargetState(name: string, targetState: TargetState): Promise<void> {
    return this.#write([targetStateRecord(name, targetState)]);
  }

  putTaskConfigs(name: string, taskConfigs: readonly ConnectorConfig[]): Promise<void> {
    return this.#write([
      ...taskConfigs.map((properties, task) => jsonRecord(`${keys.task}${name}-${task}`, { properties })),
      jsonRecord(`${keys.commit}${name}`, { tasks: taskConfigs.length }),
    ]);
  }

  delete(name: string): Promise<void> {
    return this.#write([
      { key: `${keys.connector}${name}`, value: null },
      { key: `${keys.targetState}${name}`, value: null },
    ]);
  }

  requestRestart({ connector, includeTasks, onlyFailed }: RestartRequest): Promise<void> {
    const request = { 'include-tasks': includeTasks, 'only-failed': onlyFailed };
    return this.#write([jsonRecord(`${keys.restart}${connector}`, request)]);
  }

  requestTaskRestart({ connector, task }: TaskId): Promise<void> {
    return this.#write([jsonRecord(`${keys.restartTask}${connector}-${task}`, {})]);
  }

  putLoggerLevel(logger: string, level: string): Promise<void> {
    return this.#write([jsonRecord(`${keys.logger}${logger}`, { level })]);
  }

  async #write(records: readonly LogRecord[]): Promise<void> {
    await this.#log.send(records);
    await this.#log.readToEnd();
  }

  #hear({ key, value }: LogRecord): void {
    const json = jsonObjectOf(value);
    const after = (prefix: string): string => key.slice(prefix.length);
    if (key.startsWith(keys.connector)) this.#hearConnector(after(keys.connector), json);
    else if (key.startsWith(keys.targetState)) this.#hearTargetState(after(keys.targetState), json);
    else if (key.startsWith(keys.commit)) this.#hearCommit(after(keys.commit), json);
    else if (key.startsWith(keys.task)) this.#hearTask(taskIdOf(after(keys.task)), json);
    else if (json === null) return;
    else if (key.startsWith(keys.restartTask)) {
      const id = taskIdOf(after(keys.restartTask));
      if (id !== null) this.#listener.onTaskRestart(id);
    } else if (key.startsWith(keys.restart)) {
      const flags = { includeTasks: json['include-tasks'] === true, onlyFailed: json['only-failed'] === true };
      this.#listener.onRestart({ connector: after(keys.restart), ...flags });
    } else if (key.startsWith(keys.logger) && typeof json['level'] === 'string') {
      this.#listener.onLoggerLevel(after(keys.logger), json['level']);
    }
  }

  #hearConnector(name: string, json: Json | null): void {
    if (json === null) {
      const known = this.#connectors.get(name);
      if (known?.config === null || known === undefined) return;
      Object.assign(known, { config: null, taskConfigs: [] });
      known.pending.clear();
    } else {
      const config = propertiesOf(json);
      if (config === null) return;
      this.#known(name).config = config;
    }
    this.#listener.onConnector(name);
  }

  #hearTargetState(name: string, json: Json | null): void {
    const known = this.#known(name);
    known.targetState = json === null ? 'STARTED' : targetStateOf(json);
    if (known.config !== null) this.#listener.onConnector(name);
  }

  #hearTask(id: TaskId | null, json: Json | null): void {
    const config = json === null ? null : propertiesOf(json);
    if (id !== null && config !== null) this.#known(id.connector).pending.set(id.task, config);
  }

  /** What compaction has left incomplete does not count: the owner makes the tasks anew. */
  #hearCommit(name: string, json: Json | null): void {
    const count = json?.['tasks'];
    if (typeof count !== 'number') return;
    const known = this.#known(name);
    const taskConfigs = Array.from({ length: count }, (_, task) => known.pending.get(task) ?? known.taskConfigs[task]);
    known.pending.clear();
    known.taskConfigs = taskConfigs.includes(undefined) ? [] : taskConfigs.filter((config) => config !== undefined);
    if (known.config !== null) this.#listener.onConnector(name);
  }

  #known(name: string): Known {
    const known = this.#connectors.get(name) ?? {
      config: null,
      targetState: 'STARTED',
      taskConfigs: [],
      pending: new Map<number, ConnectorConfig>(),
    };
    this.#connectors.set(name, known);
    return known;
  }
}

const jsonRecord = (key: string, value: object): LogRecord => ({ key, value: JSON.stringify(value) });

/** `state` is for workers before KIP-875, which know no STOPPED. */
const targetStateRecord = (name: string, targetState: TargetState): LogRecord =>
  jsonRecord(`${keys.targetState}${name}`, {
    state: targetState === 'STOPPED' ? 'PAUSED' : targetState,
    'state.v2': targetState,
  });

const isTargetState = (text: unknown): text is TargetState =>
  text === 'STARTED' || text === 'PAUSED' || text === 'STOPPED';

const targetStateOf = (json: Json): TargetState => {
  const state = json['state.v2'] ?? json['state'];
  return isTargetState(state) ? state : 'STARTED';
};

const propertiesOf = ({ properties }: Json): ConnectorConfig | null => {
  if (typeof properties !== 'object' || properties === null) return null;
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, String(value)]));
};

/** `orders-eu-3`: the name may hold dashes, the number none. */
const taskIdOf = (text: string): TaskId | null => {
  const match = /^(?<connector>.*)-(?<task>\d+)$/s.exec(text);
  const { connector, task } = match?.groups ?? {};
  return connector === undefined || task === undefined ? null : { connector, task: Number(task) };
};
