export {
  type ConfigBackingStore,
  MemoryConfigBackingStore,
  type StoredConnector,
  type TargetState,
} from './config-backing-store.ts';
export {
  type ConnectorStatuses,
  MemoryStatusBackingStore,
  type State,
  type Status,
  type StatusBackingStore,
  states,
} from './status-backing-store.ts';
