/** A table process whose tables lie in its memory: what TableProcess forks in its tests. */
import { DestinationRefusedError } from '../../../src/api/index.ts';
import { runTableProcess } from '../../../src/runtime/run-table-process.ts';
import { noTables } from '../../support/plain-connector.ts';

runTableProcess((config) => {
  const tables = new Set<string>();
  return {
    ...noTables,
    describe: async (table) => {
      if (table === 'DIE') process.exit(3);
      if (table === 'FORBIDDEN') throw new DestinationRefusedError(`${config['name']} may not see it`);
      return tables.has(table)
        ? [{ name: String(process.pid), type: 'VARIANT', nullable: true, hasDefault: false }]
        : null;
    },
    create: async (table) => {
      tables.add(table);
    },
  };
});
