export type { TargetState } from '../storage/index.ts';
export type { TaskSpec } from './build-worker-sink-task.ts';
export { ConfigReloads } from './config-reloads.ts';
export type {
  ConnectorInfo,
  ConnectorOffsets,
  ConnectorStateInfo,
  PluginInfo,
  ServerInfo,
  TaskInfo,
  TaskState,
  WorkerHealth,
  WorkerState,
} from './connector-info.ts';
export { ConnectorPluginsView } from './connector-plugins-view.ts';
export { ConsumerWorkerGroup } from './consumer-worker-group.ts';
export { Herder, type HerderOptions } from './herder.ts';
export type { SinkOffsetEntry } from './parse-sink-offsets.ts';
export * from './plugins.ts';
export { problemsOf } from './problems-of.ts';
export { type Judgement, RecordPipeline } from './record-pipeline.ts';
export { runTaskThread, type TaskThreadSurroundings } from './run-task-thread.ts';
export { TableProcess } from './table-process.ts';
export type { TaskThreadData } from './task-thread-protocol.ts';
export { createTransformationStages } from './transformation-chain.ts';
export { unknownPluginKeys } from './unknown-plugin-keys.ts';
export type { GivenConfig } from './validated-config.ts';
export type { TaskThreadFactory } from './worker.ts';
export { soleWorker, type WorkerGroup } from './worker-group.ts';
