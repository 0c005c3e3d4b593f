import { silentLogger } from '../api/index.ts';
import { createTableService } from '../destinations/index.ts';
import { createKafkaAdmin } from '../kafka/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { type ConnectorSetup, setUpOneConnector } from './connector-setup.ts';
import { TablePlanner } from './plan/plan-tables.ts';
import { PlannedTables } from './plan/planned-tables.ts';
import { fits, planJson, planText } from './plan/print-plan.ts';
import { RecordSample } from './record-sample.ts';
import { existingTopics } from './subscribed-topics.ts';

const usage = `Usage: snowsink plan [--records N] [--json] [worker.properties] CONNECTOR-FILE

Prints the DDL that a connector would run, and runs none of it: tables made, columns added with their types and comments, NOT NULL
dropped, columns made wider. Tables are looked at as they are; the newest records of each topic go through converters, transforms and
the sink's own rules. What is printed is SQL, the rest are comments: it can be run as it is by a role that may, before the connector
starts with snowsink.schema.evolution=freeze. Where a column's type follows the value that came first, it is the sample's first.

  CONNECTOR-FILE  A connector's config: JSON, YAML or Java properties.
  --records N     Records of each partition that are looked at, its newest (default: 100; 0: none, only tables).
  --json          {"ok": …, "tables": [{"table", "topics", "records", "statements", "unfit", "refusals"}]}

Exit codes: 0 all fits, once the statements have run; 1 a table or some records do not, with the reason; 2 the command line is wrong.`;

const limits = { connectTimeoutMs: 20_000, statementTimeoutMs: 60_000 };

const topicsOf = async (setup: ConnectorSetup): Promise<readonly string[]> => {
  const properties = { ...setup.properties.consumer, 'client.id': `snowsink-plan-${setup.name}` };
  const admin = await createKafkaAdmin({ properties, logger: silentLogger });
  try {
    return existingTopics(setup, await admin.listTopics());
  } finally {
    await admin.close();
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('plan', args, {
    records: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  });
  if (!/^\d{1,9}$/.test(values.records)) throw new UsageError(`--records ${values.records} is no number.`);
  const { given, setup } = await setUpOneConnector('plan', positionals, io);
  const { settings } = setup;
  const topics = await topicsOf(setup);
  const { account } = settings;
  const tables = new PlannedTables(
    (planned) => createTableService({ account, logger: silentLogger, planned, ...limits }),
    settings.evolution.policy !== 'evolve',
  );
  const planner = new TablePlanner(settings, tables);
  const sample = await RecordSample.open(setup, given.plugins);
  try {
    for (const topic of topics) {
      await planner.openTopic(topic);
      for await (const judgement of sample.newest(topic, BigInt(values.records)))
        if (judgement.kind === 'passes') await planner.add(judgement.record);
        else if (judgement.kind === 'fails') planner.refuse(topic, judgement.error);
    }
  } finally {
    await sample.close();
    await tables.close();
  }
  const plans = [...planner.plans.values()];
  io.out(values.json ? planJson(plans) : planText(plans, settings));
  return plans.every(fits) ? 0 : 1;
};

/** The DDL of a connector, before anything runs. */
export const plan: Command = {
  name: 'plan',
  summary: 'print the DDL that a connector would run: tables, columns, types, comments, NOT NULL; runs none of it',
  usage,
  run,
};
