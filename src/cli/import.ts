import { writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { ConfigError, ConnectError, errorMessage } from '../api/index.ts';
import { readConnectorFile, readTextFile } from '../config/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { importConnectConfig } from './import/import-connect.ts';
import { importRedpandaConnect, isRedpandaConnect, type Tree } from './import/import-redpanda.ts';
import { importTerraform } from './import/import-terraform.ts';
import { changesText, type ImportedConfig } from './import/imported-config.ts';

const usage = `Usage: snowsink import [--keep-class] [--report FILE] FILE

Turns a config of another way into Snowflake into a connector config of ours, printed on stdout as JSON; what became of each
key (old, new, effect) is told on stderr. Nothing is asked of Kafka or Snowflake.

  FILE            One of: a config of the Snowflake connector v3 or v4, or of Confluent Cloud's SnowflakeSink (JSON, YAML, Java
                  properties; Strimzi's KafkaConnector, too); Terraform with connector resources (.tf); a Redpanda Connect
                  pipeline that ends in snowflake_streaming (YAML).
  --keep-class    Of v3 and v4: connector.class stays, and with it every row to the letter.
  --report FILE   Writes the table there instead of to stderr.

Check the result with snowsink check; snowsink migrate takes a running connector over.

Exit codes: 0 done; 1 the file cannot be read as any of these; 2 the command line is wrong.`;

/** Lists and all; null where it is no YAML (a connector file's reader says why). JSON is YAML. */
const treeOf = async (text: string): Promise<Tree> => {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length > 0 ? null : (document.toJS() as Tree);
};

const nameOf = (path: string): string => basename(path, extname(path));

/** What each kind of file holds. */
const importFile = async (path: string, keepClass: boolean): Promise<readonly ImportedConfig[]> => {
  const text = readTextFile(path);
  if (extname(path) === '.tf' || /^\s*resource\s+"/m.test(text)) return importTerraform(text, path, { keepClass });
  if (['.yaml', '.yml', '.json'].includes(extname(path))) {
    const tree = await treeOf(text);
    if (isRedpandaConnect(tree)) return [importRedpandaConnect(tree, nameOf(path), path)];
  }
  const { name, config } = readConnectorFile(path);
  if (config['connector.class'] === undefined)
    throw new ConfigError([
      {
        key: 'connector.class',
        message: `connector.class is missing in ${path}: it says what connector's config this is.`,
      },
    ]);
  return [importConnectConfig(name, config, { keepClass })];
};

const writeReport = (path: string, text: string): void => {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new ConnectError(`--report ${path} cannot be written: ${errorMessage(error)}. Nothing was printed.`, {
      cause: error,
    });
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('import', args, {
    'keep-class': { type: 'boolean', default: false },
    report: { type: 'string' },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1)
    throw new UsageError('Name one file. snowsink import --help says more.');
  const imported = await importFile(path, values['keep-class']);
  const table = imported.map(changesText).join('\n\n');
  if (values.report === undefined) io.err(table);
  else writeReport(values.report, `${table}\n`);
  const [only] = imported;
  const printed = imported.length === 1 && only !== undefined ? only.config : imported.map(({ config }) => config);
  io.out(JSON.stringify(printed, null, 2));
  return 0;
};

/** Configs of others → ours. */
export const importCommand: Command = {
  name: 'import',
  summary:
    'turn a v3, v4, Confluent Cloud, Terraform or Redpanda Connect config into ours, with a table of what became of each key',
  usage,
  run,
};
