import { ConfigError, type ConfigProblem, errorMessage, problemText } from '../../api/index.ts';
import { type ConnectorFile, readConnectorFile, readTextFile } from '../../config/index.ts';
import { connectorNotes } from '../../plugins.ts';
import type { Plugins, WorkerSettings } from '../../runtime/index.ts';
import { validatedConfig } from '../../runtime/validated-config.ts';
import { withoutRepeats } from '../without-repeats.ts';
import type { Finding } from './finding.ts';

/** What the files say, without asking Kafka or Snowflake for anything. */
export interface CheckedFile {
  readonly path: string;
  /** Null where it cannot be read as a connector's config. */
  readonly file: ConnectorFile | null;
  readonly findings: readonly Finding[];
}

/** Where a key stands: `orders.json:12`. */
const placeOf = (path: string, text: string, key: string): string => {
  if (key === '') return path;
  const literal = key.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  const named = new RegExp(`^\\s*["']?${literal}["']?\\s*[:=]|["']${literal}["']\\s*:`);
  const line = text.split(/\r?\n/).findIndex((each) => named.test(each));
  return line < 0 ? path : `${path}:${line + 1}`;
};

const problemsOf = async (
  worker: WorkerSettings,
  plugins: Plugins,
  { config }: ConnectorFile,
): Promise<readonly ConfigProblem[]> => {
  try {
    return (await validatedConfig(worker, plugins, config)).problems;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

/** As lines of a check, each where its key stands. */
export const problemFindings = (problems: readonly ConfigProblem[], path: string, text: string): readonly Finding[] =>
  withoutRepeats(problems).map((problem) => ({
    level: 'fail',
    source: placeOf(path, text, problem.key),
    subject: problem.key,
    message: problemText(problem),
  }));

/** Everything that is wrong with one connector file, and how the rest of it is read. */
export const checkConnectorFile = async (
  worker: WorkerSettings,
  plugins: Plugins,
  path: string,
): Promise<CheckedFile> => {
  let file: ConnectorFile;
  let text: string;
  try {
    text = readTextFile(path);
    file = readConnectorFile(path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [problem] = error.problems;
    const message = problem === undefined ? errorMessage(error) : problemText(problem);
    return { path, file: null, findings: [{ level: 'fail', source: path, subject: '', message }] };
  }
  const findings = [...problemFindings(await problemsOf(worker, plugins, file), path, text)];
  const config = await plugins.resolve(worker, file.config);
  for (const { level, text: message } of connectorNotes(config)) {
    const key = Object.keys(config).find((name) => message.startsWith(name)) ?? '';
    findings.push({
      level: level === 'warn' ? 'warn' : 'note',
      source: placeOf(path, text, key),
      subject: '',
      message,
    });
  }
  return { path, file, findings };
};
