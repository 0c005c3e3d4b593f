export {
  type ConfigBackingStore,
  type ConfigListener,
  MemoryConfigBackingStore,
  type RestartRequest,
  type StoredConnector,
  type TargetState,
} from './config-backing-store.ts';
export type { KafkaBasedLogOptions } from './kafka-based-log.ts';
export { KafkaConfigBackingStore } from './kafka-config-backing-store.ts';
export { KafkaStatusBackingStore } from './kafka-status-backing-store.ts';
export {
  type ConnectorStatuses,
  MemoryStatusBackingStore,
  type State,
  type Status,
  type StatusBackingStore,
  states,
  type WorkerStatus,
} from './status-backing-store.ts';
