import type { ConnectorConfig } from '../api/index.ts';
import type { TransferredError } from './error-transfer.ts';
import type { TableCall } from './task-thread-protocol.ts';

/** Worker to table process. `open` comes before a service's first call; `config` is resolved. */
export type TableProcessCommand =
  | { readonly type: 'open'; readonly service: number; readonly config: ConnectorConfig }
  | { readonly type: 'call'; readonly service: number; readonly call: number; readonly request: TableCall }
  | { readonly type: 'close'; readonly service: number };

export type TableProcessEvent =
  | { readonly type: 'reply'; readonly call: number; readonly value: unknown }
  | { readonly type: 'error'; readonly call: number; readonly error: TransferredError };
