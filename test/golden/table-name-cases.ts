import { ConfigError } from '../../src/api/index.ts';
import { connectorObjectName } from '../../src/connector/channel-name.ts';
import type { Generation } from '../../src/connector/sink-settings.ts';
import { TopicToTable } from '../../src/connector/topic-to-table.ts';
import { type Case, compare, failed, isObject, type Outcome, passed, type Runner, skipped } from './outcome.ts';

/** v3's names stand unquoted in DDL; ours are as Snowflake stores them, so v3's answers are compared in upper case. */
export const tableName: Runner = (vector) => {
  const out = isObject(vector['out']) ? vector['out'] : {};
  const generation: Generation = String(vector['v']).startsWith('v3') ? 'v3' : 'v4';
  switch (vector['kind']) {
    case 'connector-name':
      return expecting(out, () =>
        compare(out['name'], connectorObjectName({ connectorName: String(vector['name']), generation })),
      );
    case 'topic':
    case 'map':
      return expecting(out, () => tableOutcome(vector, out, generation));
    default:
      return skipped(`table-name ${vector['kind']}: stages, pipes and files of file Snowpipe`);
  }
};

const failures = ['mapInvalid', 'mapErr', 'err'];

const expecting = (out: Readonly<Record<string, unknown>>, run: () => Outcome): Outcome => {
  const fails = failures.some((name) => name in out);
  try {
    const outcome = run();
    return fails ? failed(out, 'no error') : outcome;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return fails ? passed : failed(out, error.message);
  }
};

/** v3's `db.schema.table`, as our channels name tables elsewhere. */
const storedV3 = (name: string): string => {
  const parts = name.toUpperCase().split('.');
  return parts.length === 1 ? name.toUpperCase() : parts.map((part) => `"${part}"`).join('.');
};

const tableOutcome = (vector: Case, out: Readonly<Record<string, unknown>>, generation: Generation): Outcome => {
  const expected = String(out['table']);
  const topics = new TopicToTable({
    generation,
    topicToTableMap: typeof vector['map'] === 'string' ? vector['map'] : '',
    topicToTableRegexReplacement: vector['regexReplacement'] === true,
    sanitizeTableNames: generation === 'v3' || vector['sanitization'] === true,
    account: { database: 'DB', schema: 'SC' },
  });
  const topic = String(vector['topic']);
  const got = { table: topics.tableFor(topic), fromMap: topics.mappedTable(topic) !== null };
  return compare({ table: generation === 'v3' ? storedV3(expected) : expected, fromMap: out['fromMap'] ?? false }, got);
};
