import { ConnectError } from '../api/index.ts';
import { readArguments, UsageError, wantsHelp } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { readGivenFiles, setUpConnector } from './connector-setup.ts';
import { Migration, type MigrationPlan } from './migrate/migration.ts';
import { planJson, planText } from './migrate/print-plan.ts';

const usage = `Usage: snowsink migrate [--from-group GROUP] [--from-connector NAME] [--yes | --dry-run] [--json]
                        [worker.properties] CONNECTOR-FILE

Takes a running Snowflake connector over (v3, v4, Confluent Cloud): reads its group's offsets, the tokens of its channels under
both forms of their names, the tables and the logs; prints where each partition begins and what must hold for that, asks, and
writes the offsets of our group, all in one request. Rows and tokens become visible together in Snowflake, so what is in the table
ends at the token: beginning right behind it leaves no gap and writes nothing twice.

  CONNECTOR-FILE         The config that ours will run: the old one as it is, or what snowsink import made of it.
  --from-group GROUP     The old connector's group (default: the new one's, connect-NAME). Confluent Cloud: connect-lcc-….
  --from-connector NAME  The old connector's name, if it is another: its channels may carry it.
  --yes                  Does not ask. --dry-run: prints the plan and changes nothing.

Stop the old connector first; nothing is changed while its group has members. If this ends at any moment before the one request, nothing
has changed; after it, all has. Run again, it sees that and begins at the same places.

Exit codes: 0 taken over (or a plan that can be); 1 something stands against it, or the answer was no; 2 the command line is
wrong.`;

const obstacles = ({ members, partitions }: MigrationPlan): readonly string[] => [
  ...(members === 0 ? [] : ['the old connector is still running']),
  ...(partitions.some(({ kind }) => kind === 'stop') ? ['some partitions have no sure place to begin'] : []),
  ...(partitions.length === 0 ? ['there is no topic'] : []),
];

const startsOf = ({ partitions }: MigrationPlan): string =>
  JSON.stringify(
    partitions.map((plan) => [plan.topic, plan.partition, plan.kind === 'take-over' ? String(plan.start) : plan.kind]),
  );

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  if (wantsHelp(args)) {
    io.out(usage);
    return 0;
  }
  const { values, positionals } = readArguments('migrate', args, {
    'from-group': { type: 'string' },
    'from-connector': { type: 'string' },
    yes: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const given = readGivenFiles(positionals, io);
  const [file] = given.connectors;
  if (file === undefined || given.connectors.length > 1)
    throw new UsageError('Name one connector file. snowsink migrate --help says more.');
  const setup = await setUpConnector(given, file);
  const migration = await Migration.open(setup, {
    group: values['from-group'] ?? setup.properties.consumer['group.id'] ?? '',
    connector: values['from-connector'] ?? setup.name,
  });
  try {
    const plan = await migration.plan();
    io.out(values.json ? planJson(plan) : planText(plan, setup));
    const against = obstacles(plan);
    if (against.length > 0) {
      io.err(`Nothing was changed: ${against.join('; ')}.`);
      return 1;
    }
    if (values['dry-run']) return 0;
    if (!values.yes && !/^y(es)?$/i.test((await io.ask('Take over as planned? (yes/no) ')).trim())) {
      io.err('Nothing was changed.');
      return 1;
    }
    // while a person was reading, the old connector may have written on
    const now = await migration.plan();
    if (now.members > 0 || startsOf(now) !== startsOf(plan))
      throw new ConnectError(
        'Nothing was changed: channels or offsets moved since the plan was made. Is the old connector stopped? Run snowsink migrate again.',
      );
    await migration.takeOver(now);
    io.err(`Taken over: group ${now.group} begins where the plan says. Start ${setup.name} now.`);
    return 0;
  } finally {
    await migration.close();
  }
};

/** From another connector to ours. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'take a v3, v4 or Confluent Cloud connector over without gap or duplicate; prints plan and way back first',
  usage,
  run,
};
