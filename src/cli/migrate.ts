import { ConnectError, silentLogger } from '../api/index.ts';
import { createKafkaAdmin } from '../kafka/index.ts';
import { readArguments } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { type ConnectorSetup, setUpOneConnector } from './connector-setup.ts';
import { Migration, type MigrationPlan, type MigrationSource, type ReturnPlan } from './migrate/migration.ts';
import { planJson, planText, returnPlanText } from './migrate/print-plan.ts';
import { openSnowflakeAccount } from './migrate/snowflake-account.ts';

const usage = `Usage: snowsink migrate [--back] [--from-group GROUP] [--from-connector NAME] [--yes | --dry-run] [--json]
                        [worker.properties] CONNECTOR-FILE

Takes a running Snowflake connector over (v3, v4, Confluent Cloud): reads its group's offsets, the tokens of its channels under
both forms of their names, the tables and the logs; prints where each partition begins and what must hold for that, asks, and
writes the offsets of our group, all in one request. Rows and tokens become visible together in Snowflake, so what is in the table
ends at the token: beginning right behind it leaves no gap and writes nothing twice.

  CONNECTOR-FILE         The config that ours will run: the old one as it is, or what snowsink import made of it.
  --from-group GROUP     The old connector's group (default: the new one's, connect-NAME). Confluent Cloud: connect-lcc-….
  --from-connector NAME  The old connector's name, if it is another: its channels may carry it.
  --back                 The way back: once ours has stopped, sets the old connector's tokens and its group's offsets to where
                         ours ended. A classic (v3) channel's token is set, a pipe's old channel is dropped.
  --yes                  Does not ask. --dry-run: prints the plan and changes nothing.

Stop the old connector first; nothing is changed while its group has members. If this ends at any moment before the one request, nothing
has changed; after it, all has. Run again, it sees that and begins at the same places. With --back it ends as well when run again:
each change may be repeated.

Exit codes: 0 taken over or given back (or a plan that can be); 1 something stands against it, or the answer was no; 2 the command line is
wrong.`;

/** One direction of a migration. */
interface Way<Plan> {
  plan(): Promise<Plan>;
  text(plan: Plan): string;
  against(plan: Plan): readonly string[];
  /** What a plan must still say when it is carried out. */
  substance(plan: Plan): string;
  readonly question: string;
  carryOut(plan: Plan): Promise<void>;
  readonly done: string;
}

const commonObstacles = ({ partitions }: MigrationPlan | ReturnPlan): readonly string[] => [
  ...(partitions.some(({ kind }) => kind === 'stop') ? ['some partitions have no sure place to begin'] : []),
  ...(partitions.length === 0 ? ['there is no topic'] : []),
];

const nothingFound = ({ source }: MigrationPlan): string =>
  `nothing was found of connector ${source.connector}: neither offsets of group ${source.group} nor channels of its names. Mend --from-group and --from-connector; a connector that takes nothing over is just started`;

const forth = (migration: Migration, setup: ConnectorSetup): Way<MigrationPlan> => ({
  plan: () => migration.plan(),
  text: (plan) => planText(plan, setup),
  against: (plan) => [
    ...(plan.members === 0 ? [] : ['the old connector or ours is still running']),
    ...commonObstacles(plan),
    ...(plan.partitions.every(({ kind }) => kind === 'new') ? [nothingFound(plan)] : []),
  ],
  substance: ({ partitions }) =>
    JSON.stringify(
      partitions.map((plan) => [
        plan.topic,
        plan.partition,
        plan.kind === 'take-over' ? String(plan.start) : plan.kind,
      ]),
    ),
  question: 'Take over as planned? (yes/no) ',
  carryOut: (plan) => migration.takeOver(plan),
  done: `Taken over: our group begins where the plan says. Start ${setup.name} now.`,
});

const back = (migration: Migration, setup: ConnectorSetup, { connector }: MigrationSource): Way<ReturnPlan> => ({
  plan: () => migration.planBack(),
  text: (plan) => returnPlanText(plan, setup),
  against: (plan) => [...(plan.members === 0 ? [] : ['a connector is still running']), ...commonObstacles(plan)],
  substance: ({ partitions }) =>
    JSON.stringify(
      partitions.map((plan) => [plan.topic, plan.partition, plan.kind === 'hand-back' ? String(plan.next) : plan.kind]),
    ),
  question: 'Give back as planned? (yes/no) ',
  carryOut: (plan) => migration.handBack(plan),
  done: `Given back: ${connector} goes on where the plan says. Start it now, and ${setup.name} no more.`,
});

const carryOut = async <Plan extends MigrationPlan | ReturnPlan>(
  way: Way<Plan>,
  values: { readonly json: boolean; readonly yes: boolean; readonly 'dry-run': boolean },
  io: CommandLine,
): Promise<number> => {
  const plan = await way.plan();
  io.out(values.json ? planJson(plan) : way.text(plan));
  const against = way.against(plan);
  if (against.length > 0) {
    io.err(`Nothing was changed: ${against.join('; ')}.`);
    return 1;
  }
  if (values['dry-run']) return 0;
  const answer = values.yes ? 'yes' : (await io.ask(way.question)).trim();
  if (!/^y(es)?$/i.test(answer)) {
    io.err(`Nothing was changed${answer === '' ? ': nobody answered (without a terminal: --yes)' : ''}.`);
    return 1;
  }
  // while a person was reading, somebody may have written on
  const now = await way.plan();
  if (now.members > 0 || way.substance(now) !== way.substance(plan))
    throw new ConnectError(
      'Nothing was changed: channels or offsets moved since the plan was made. Have both connectors stopped? Run snowsink migrate again.',
    );
  await way.carryOut(now);
  io.err(way.done);
  return 0;
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('migrate', args, {
    back: { type: 'boolean', default: false },
    'from-group': { type: 'string' },
    'from-connector': { type: 'string' },
    yes: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const { setup } = await setUpOneConnector('migrate', positionals, io);
  const { settings, config, properties } = setup;
  const group = properties.consumer['group.id'] ?? '';
  const source = { group: values['from-group'] ?? group, connector: values['from-connector'] ?? setup.name };
  const client = { ...properties.consumer, 'client.id': `snowsink-migrate-${setup.name}` };
  const account = openSnowflakeAccount(settings.account);
  const cluster = await createKafkaAdmin({ properties: client, logger: silentLogger });
  const migration = new Migration({ source, group, config, settings, cluster, account });
  try {
    return values.back
      ? await carryOut(back(migration, setup, source), values, io)
      : await carryOut(forth(migration, setup), values, io);
  } finally {
    await migration.close();
  }
};

/** From another connector to ours. */
export const migrate: Command = {
  name: 'migrate',
  summary:
    'take a v3, v4 or Confluent Cloud connector over, or give back, without gap or duplicate; prints the plan first',
  usage,
  run,
};
