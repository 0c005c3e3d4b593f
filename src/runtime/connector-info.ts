import type { ConnectorConfig, TaskId } from '../api/index.ts';
import type { State } from '../storage/index.ts';

/** org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo */
export interface ConnectorInfo {
  readonly name: string;
  readonly config: ConnectorConfig;
  readonly tasks: readonly TaskId[];
  readonly type: 'sink';
}

export interface WorkerState {
  readonly state: State;
  readonly worker_id: string;
  /** Left out where there is none. */
  readonly trace?: string;
}

export interface TaskState extends WorkerState {
  readonly id: number;
}

/** org.apache.kafka.connect.runtime.rest.entities.ConnectorStateInfo */
export interface ConnectorStateInfo {
  readonly name: string;
  readonly connector: WorkerState;
  readonly tasks: readonly TaskState[];
  readonly type: 'sink';
}

export interface TaskInfo {
  readonly id: TaskId;
  readonly config: ConnectorConfig;
}

/** org.apache.kafka.connect.runtime.rest.entities.ConnectorOffsets, as a sink's look; REST writes the offset as a number. */
export interface ConnectorOffsets {
  readonly offsets: readonly {
    readonly partition: { readonly kafka_partition: number; readonly kafka_topic: string };
    readonly offset: { readonly kafka_offset: bigint };
  }[];
}

/** org.apache.kafka.connect.runtime.rest.entities.PluginInfo */
export interface PluginInfo {
  readonly class: string;
  readonly type: 'sink' | 'transformation' | 'predicate' | 'converter' | 'header_converter';
  readonly version: string;
}

export interface ServerInfo {
  readonly version: string;
  readonly commit: string;
  readonly kafka_cluster_id: string;
}

/** What a probe or a person wants at one glance: Connect's /health says healthy while every task has FAILED. */
export interface WorkerHealth {
  readonly connectors: number;
  readonly tasks: Readonly<Partial<Record<State, number>>>;
  /** `orders`, `orders-0`: see their status for the trace. */
  readonly failed: readonly string[];
  /** `orders-0 ingest`: partitions wait until the endpoint answers again. */
  readonly openBreakers: readonly string[];
}
