import { silentLogger } from './api/index.ts';
import { parseSinkSettings } from './connector/snowflake-sink-config.ts';
import { createTableService, loadSqlDriver } from './destinations/index.ts';
import { runTableProcess } from './runtime/run-table-process.ts';

/** What the table process runs. Started by the worker (runtime/table-process.ts) with a channel; lives until that closes. */
if (process.send === undefined) throw new Error('table-process is started by the worker, not by hand');
runTableProcess((config) => createTableService({ account: parseSinkSettings(config).account, logger: silentLogger }));
await loadSqlDriver();
