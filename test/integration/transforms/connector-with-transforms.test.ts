import { expect, inject, onTestFinished, test } from 'vitest';
import { startEmulatorProcess } from '../../support/emulator-process.ts';
import { createScenario } from '../../support/sink-scenario.ts';
import { committedOffsets, produceRecords } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWorker } from '../../support/worker-process.ts';

const apache = 'org.apache.kafka.connect.transforms';
const transforms = {
  transforms: 'drop,insert,replace,route',
  'transforms.drop.type': `${apache}.Filter`,
  'transforms.drop.predicate': 'keeps',
  'transforms.drop.negate': 'true',
  'transforms.route.type': `${apache}.RegexRouter`,
  'transforms.route.regex': '(.*)',
  'transforms.route.replacement': '$1_archive',
  'transforms.route.predicate': 'archived',
  predicates: 'keeps,archived',
  'predicates.archived.type': `${apache}.predicates.HasHeaderKey`,
  'predicates.archived.name': 'archive',
  'predicates.keeps.type': `${apache}.predicates.HasHeaderKey`,
  'predicates.keeps.name': 'keep',
  'transforms.insert.type': `${apache}.InsertField$Value`,
  'transforms.insert.offset.field': 'at',
  'transforms.insert.static.field': 'source',
  'transforms.insert.static.value': 'shop',
  'transforms.replace.type': `${apache}.ReplaceField$Value`,
  'transforms.replace.exclude': 'secret',
  'transforms.replace.renames': 'amount:price',
};

/** Integers beyond 2^53 as their digits. */
const parseDigits = (json: string): unknown => JSON.parse(json.replace(/:(\d{17,})/g, ':"$1"'));

test('filter by predicate, insert, replace, route: rows as Connect makes them, in two tables, offsets past what was filtered', async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const emulator = await startEmulatorProcess();
  onTestFinished(() => emulator.stop());
  const made = await createScenario({ bootstrapServers, url: emulator.url, partitions: 1, overrides: transforms });
  onTestFinished(() => made.close());
  // Odd offsets are filtered, the last ones included; a tombstone passes all transforms.
  const record = (id: number) => ({
    key: `k${id}`,
    value: id === 2 ? null : `{"id":${id},"amount":1.50,"big":12345678901234567890,"secret":"s"}`,
    headers: id % 2 === 0 ? { keep: 'yes', ...(id === 4 && { archive: 'yes' }) } : { other: 'x' },
  });
  await produceRecords(bootstrapServers, made.topic, [0, 1, 2, 3, 4, 5, 7, 9].map(record));

  const worker = await startWorker(made.worker);
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(worker.process.output().slice(-6000));
  });
  await waitFor(
    async () => (await committedOffsets(bootstrapServers, `connect-${made.name}`, made.topic)).get(0) === 8n,
    {
      deadlineMs: 30_000,
      what: 'the commit of all eight offsets, the filtered ones included',
      everyMs: 100,
    },
  );

  const rowsOf = async (table: string) => {
    const rows = await made.session.query(
      `SELECT RECORD_METADATA:offset::INT AS O, TO_JSON(RECORD_CONTENT) AS C FROM "${table}" ORDER BY O`,
    );
    return rows.map(({ O, C }) => [O, parseDigits(String(C))]);
  };
  const content = (id: number) => ({ id, price: 1.5, big: '12345678901234567890', at: id, source: 'shop' });
  expect(await rowsOf(made.table)).toEqual([
    [0, content(0)],
    [2, {}],
  ]);
  expect(await rowsOf(`${made.table}_ARCHIVE`)).toEqual([[4, content(4)]]);
  const counted = new RegExp(`snowsink_records_filtered_total\\{[^}]*topic="${made.topic}"[^}]*\\} 5`);
  await waitFor(async () => counted.test(await worker.metrics()), {
    deadlineMs: 10_000,
    what: 'five filtered records',
  });
});
