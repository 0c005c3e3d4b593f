import { ConfigError, type ConfigProblem, silentLogger } from '../api/index.ts';
import {
  connectorFilesIn,
  createConfigProviders,
  parseWorkerConfig,
  readPropertiesFile,
  readTextFile,
  resolveProviders,
  workerPropertiesFromEnvironment,
} from '../config/index.ts';
import { createPlugins } from '../plugins.ts';
import type { Plugins } from '../runtime/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import { checkConnectorFile, problemFindings } from './check/check-files.ts';
import { checkOnline } from './check/check-online.ts';
import { type Finding, findingsJson, findingsText } from './check/finding.ts';
import type { Command, CommandLine } from './command.ts';
import { settingsOf, unknownWorkerKeyNotes, workerProblems } from './run-worker.ts';
import { isWorkerFile } from './standalone-arguments.ts';

const usage = `Usage: snowsink check [--online] [--json] [worker.properties] FILE… [--connectors DIR]

Says everything that is wrong with connector configs: file and line, property, what, why and the fix, each on one line;
and how the rest is read (names of other tools, keys without effect). Asks neither Kafka nor Snowflake for anything unless
--online is given.

  --online            Of configs that are sound: do brokers, topics, schema registry and Snowflake answer, and let the
                      connector in? Topics with retention, group, dead letter queue, the newest records through converters and
                      transforms, key, role, schema, tables, columns, and a channel of its own that is opened and dropped.
                      Nothing is written that stays; no record's value is printed.

  worker.properties   The worker that the connectors are meant for: its converters and variables hold. Without it
                      CONNECT_* environment variables are the worker's config.
  FILE                A connector's config: JSON, YAML or Java properties.
  --connectors DIR    Every .json, .yaml and .properties file of DIR.
  --json              {"ok": …, "findings": [{"level", "source", "subject", "message"}]}

Exit codes: 0 nothing is wrong (there may be warnings); 1 something is; 2 the command line is wrong.`;

/** A worker's config that is wrong is told of like a connector's; its connectors are then checked as if it were empty. */
const checkWorker = (path: string | null, plugins: Plugins, io: CommandLine) => {
  const findings: Finding[] = [];
  const given = path === null ? workerPropertiesFromEnvironment(io.environment) : readPropertiesFile(path);
  const source = path ?? 'CONNECT_* environment';
  for (const { key, message } of unknownWorkerKeyNotes(given))
    findings.push({ level: 'warn', source, subject: key, message });
  const tell = (problems: readonly ConfigProblem[]): void => {
    findings.push(...problemFindings(problems, source, path === null ? '' : readTextFile(path)));
  };
  try {
    const resolved = resolveProviders(given, createConfigProviders(given, io.environment, silentLogger));
    const config = parseWorkerConfig(resolved);
    tell(workerProblems(config, plugins, io.environment));
    return { findings, config };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tell(error.problems);
    return { findings, config: parseWorkerConfig({}) };
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('check', args, {
    connectors: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    online: { type: 'boolean', default: false },
  });
  const [first] = positionals;
  const workerFile = isWorkerFile(first) ? first : null;
  const files = [
    ...(workerFile === null ? positionals : positionals.slice(1)),
    ...(values.connectors ?? []).flatMap(connectorFilesIn),
  ];
  if (files.length === 0 && workerFile === null)
    throw new UsageError('There is nothing to check: name a connector file. snowsink check --help says more.');
  const plugins = createPlugins();
  const { findings, config } = checkWorker(workerFile, plugins, io);
  const worker = settingsOf(config);
  for (const path of files) {
    const checked = await checkConnectorFile(worker, plugins, path);
    findings.push(...checked.findings);
    if (checked.file === null || checked.findings.some(({ level }) => level === 'fail')) continue;
    findings.push({ level: 'ok', source: path, subject: '', message: 'nothing is wrong in the file' });
    if (values.online) findings.push(...(await checkOnline({ worker, plugins }, checked.file)));
  }
  io.out(values.json ? findingsJson(findings) : findingsText(findings));
  return findings.some(({ level }) => level === 'fail') ? 1 : 0;
};

/** What is wrong with configs, before anything runs. */
export const check: Command = {
  name: 'check',
  summary: 'say everything that is wrong with connector configs, with the fix, before anything runs',
  usage,
  run,
};
