export { parsePrivateKey } from './private-key.ts';
export { identifier, quoteIdentifier, storedName, tableAddress } from './snowflake-identifier.ts';
export type { SnowpipeStreamingOptions } from './snowpipe-streaming/config.ts';
export { createSnowpipeStreaming } from './snowpipe-streaming/snowpipe-streaming.ts';
export { loadSqlDriver, SnowflakeSession, type SqlRow } from './sql/snowflake-session.ts';
export { explainSqlError, isMissing } from './sql/sql-refusals.ts';
export { createTableService, type TableServiceOptions } from './sql/table-service.ts';
export { qualifiedName, textLiteral } from './sql/table-statements.ts';
export { createStagedCopy, type StagedCopyOptions } from './staged-copy/staged-copy.ts';
