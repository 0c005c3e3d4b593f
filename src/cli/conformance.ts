import { errorMessage } from '../api/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { ProbeBench, ProbeFailedError } from './conformance/probe.ts';
import { probes } from './conformance/probes.ts';
import { ScratchTable } from './conformance/scratch-table.ts';
import { WireClient } from './conformance/wire-client.ts';
import { readGivenFiles, setUpConnector } from './connector-setup.ts';

const usage = `Usage: snowsink conformance [--json] [worker.properties] --config CONNECTOR-FILE

Asks a Snowflake account, or the emulator, whether it behaves as exactly-once needs it: open, append, status, a repeated append,
fencing, rows that are rejected, drop, and how long a commit takes. Prints what was seen for each. It takes a minute or two.

  --config FILE   A connector's config: account, sign-in, database, schema and role are read from it. Nothing is read from Kafka.
  --json          {"ok": …, "probes": [{"name", "claim", "ok", "seen"}]}

It makes a table SNOWSINK_CONFORMANCE_<random> in that schema and drops it at the end: the role needs CREATE TABLE there, the user
a warehouse. Some hundred small rows are written.

Exit codes: 0 all as needed; 1 something is not, or the account cannot be reached; 2 the command line is wrong.`;

interface Outcome {
  readonly name: string;
  readonly claim: string;
  readonly ok: boolean;
  readonly seen: string;
}

const runAll = async (bench: ProbeBench, tell: (outcome: Outcome) => void): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const { name, claim, run } of probes) {
    let outcome: Outcome;
    try {
      outcome = { name, claim, ok: true, seen: await run(bench) };
    } catch (error) {
      const seen = error instanceof ProbeFailedError ? error.message : `no answer: ${errorMessage(error)}`;
      outcome = { name, claim, ok: false, seen };
    }
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
};

const lineOf = ({ name, claim, ok, seen }: Outcome): string =>
  `${ok ? 'pass' : 'FAIL'}  ${name}: ${ok ? '' : `needed is that ${claim}. Seen: `}${seen}`;

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('conformance', args, {
    config: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  if (values.config === undefined)
    throw new UsageError(
      'Which account? --config FILE names a connector config. snowsink conformance --help says more.',
    );
  const given = readGivenFiles([...positionals, values.config], io);
  const [connector] = given.connectors;
  if (connector === undefined) throw new UsageError(`${values.config} is no connector config.`);
  const { account, commitTimeoutMs } = (await setUpConnector(given, connector)).settings;
  const table = new ScratchTable(account);
  try {
    await table.create();
    const wire = new WireClient(account, table.name);
    try {
      const outcomes = await runAll(new ProbeBench(wire, table, commitTimeoutMs), (outcome) => {
        if (!values.json) io.out(lineOf(outcome));
      });
      const failed = outcomes.filter(({ ok }) => !ok).length;
      if (values.json) io.out(JSON.stringify({ ok: failed === 0, probes: outcomes }, null, 2));
      else
        io.out(`${outcomes.length - failed} of ${outcomes.length} probes as exactly-once needs it at ${account.url}`);
      return failed === 0 ? 0 : 1;
    } finally {
      await wire.close();
      await table.drop();
    }
  } finally {
    await table.close();
  }
};

/** The wire probes on which exactly-once rests, for whoever has an account. */
export const conformance: Command = {
  name: 'conformance',
  summary: 'ask a Snowflake account or the emulator whether it behaves as exactly-once needs it',
  usage,
  run,
};
