import { parentPort, workerData } from 'node:worker_threads';
import { ConfigDef } from '../../../src/config/index.ts';
import type { Plugins } from '../../../src/runtime/plugins.ts';
import { runTaskThread } from '../../../src/runtime/run-task-thread.ts';
import { InMemoryKafka } from './in-memory-kafka.ts';
import { plainPlugins, portsOn } from './in-memory-ports.ts';
import { RecordingSinkTask } from './recording-sink-task.ts';

/**
 * A real task thread with a connector of the test's: at start it asks its table service about the table that `test.table` names and fails
 * with what that answers; `test.die` ends the thread.
 */
const plugins: Plugins = {
  ...plainPlugins,
  connector: (javaClass) => ({
    javaClass,
    version: '1',
    configDef: new ConfigDef({}),
    validate: () => [],
    createConnector: () => ({ start: async () => {}, taskConfigs: () => [], stop: async () => {} }),
    createTask: (context, { tables }) => {
      const task = new RecordingSinkTask(context);
      const { connector, task: number } = context.id;
      context.metrics.set('snowsink_breaker_open', { connector, task: String(number), endpoint: 'ingest' }, 1);
      task.start = async (config) => {
        if (config['test.die'] === 'true') process.exit(7);
        if (config['test.block'] === 'true') for (;;);
        const columns = await tables.describe(config['test.table'] ?? 'T');
        if (columns !== null) throw new Error(`columns: ${columns.map(({ name }) => name).join()}`);
      };
      return task;
    },
    createTableService: () => {
      throw new Error('table services live in the main thread');
    },
  }),
  connectors: () => [],
};

const ports = portsOn(new InMemoryKafka(), { snapshot: async () => ['a snapshot'] });
if (parentPort !== null) runTaskThread({ port: parentPort, worker: workerData.worker, plugins, ports });
