export type { ChannelStatus } from './channel.ts';
export { success } from './channel.ts';
export { formatContinuationToken, parseContinuationToken } from './continuation-token.ts';
export type {
  AppendedRows,
  Batch,
  Catalog,
  ChannelRecord,
  Commit,
  CommitOutcome,
  MissingObject,
  PipeName,
  PipeTarget,
  RowError,
  RowStore,
  TableName,
} from './ports.ts';
export { objectNotFound, type Result, type StreamingError } from './streaming-error.ts';
export {
  type Appended,
  type AppendRequest,
  type Opened,
  type OpenRequest,
  type StreamingLimits,
  StreamingService,
} from './streaming-service.ts';
