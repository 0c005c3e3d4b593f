import { ConfigError } from '../../src/api/index.ts';
import { connectorObjectName } from '../../src/connector/channel-name.ts';
import type { Generation } from '../../src/connector/sink-settings.ts';
import { TopicToTable } from '../../src/connector/topic-to-table.ts';
import {
  fileName,
  filePrefix,
  pipeName,
  readFileName,
  stageName,
} from '../../src/destinations/file-snowpipe/snowpipe-names.ts';
import { type Case, compare, failed, isObject, type Outcome, passed, type Runner } from './outcome.ts';

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
    case 'objects':
      return compare(out, snowpipeObjects(vector));
    case 'stage-file':
      return expecting(out, () => {
        const { brokenKey: _, partitionOfPrefix: __, ...ours } = out;
        return compare(ours, stagedFile(vector));
      });
    default:
      return failed('a kind that is known', vector['kind']);
  }
};

const snowpipeObjects = ({ connector, table, partition }: Case): unknown => ({
  stage: stageName(String(connector), String(table)),
  pipe: pipeName(String(connector), String(table), Number(partition)),
});

/** Records that cannot be made lines of a file are dead letters here: no files of theirs. */
const stagedFile = ({ connector, table, topic, partition }: Case): unknown => {
  const prefix = filePrefix({
    connector: String(connector),
    table: String(table),
    partition: Number(partition),
    topic: topic === null ? null : String(topic),
  });
  const file = readFileName(fileName(10n, 20n, 1700000000123));
  return {
    prefix,
    file: `${prefix}${file?.name.replace('1700000000123', '<millis>')}`,
    start: Number(file?.first),
    end: Number(file?.last),
  };
};

const failures = ['mapInvalid', 'mapErr', 'err'];

const expecting = (out: Readonly<Record<string, unknown>>, run: () => Outcome): Outcome => {
  const fails = failures.some((name) => name in out);
  try {
    const outcome = run();
    return fails ? failed(out, 'no error') : outcome;
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof RangeError)) throw error;
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
