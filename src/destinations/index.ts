export { parsePrivateKey } from './private-key.ts';
export type { SnowpipeStreamingOptions } from './snowpipe-streaming/config.ts';
export { createSnowpipeStreaming } from './snowpipe-streaming/snowpipe-streaming.ts';
export { loadSqlDriver } from './sql/snowflake-session.ts';
export { createTableService, type TableServiceOptions } from './sql/table-service.ts';
