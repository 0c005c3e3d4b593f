import { ConfigError, ConnectError, silentLogger } from '../api/index.ts';
import { createDeadLetterLog } from '../kafka/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command, CommandLine } from './command.ts';
import { type ConnectorSetup, setUpOneConnector } from './connector-setup.ts';
import { belongsToConnector, type Letter, LetterReader } from './dlq/letter.ts';
import { loadLetterTransform } from './dlq/letter-transform.ts';
import { countLetters, letterJson, letterLine, letterText } from './dlq/print-letters.ts';
import { listRejectedRows } from './dlq/rejected-rows.ts';
import { type ReplayCounts, replayLetters } from './dlq/replay.ts';

const usage = `Usage: snowsink dlq list   [--limit N] [--values] [--json] [worker.properties] CONNECTOR-FILE
       snowsink dlq show   PARTITION:OFFSET [--values] [--json] [worker.properties] CONNECTOR-FILE
       snowsink dlq stats  [--json] [worker.properties] CONNECTOR-FILE
       snowsink dlq rejected [--limit N] [--values] [--json] [worker.properties] CONNECTOR-FILE
       snowsink dlq replay [--transform FILE] [--to TOPIC] [--dry-run] [--json] [worker.properties] CONNECTOR-FILE

Looks into the dead letter queue that a connector's config names, and writes letters back to the topics they came from.
rejected prints what Snowflake keeps in the tables' error tables (ERROR_LOGGING = TRUE): rows that it accepted and dropped, each
with its own reason. The worker makes dead letters of such rows by itself; these are Snowflake's words for them.

  --values          Prints keys, values and exception messages too, which may quote them. Without it no record's content is
                    printed.
  --limit N         The newest N of each partition, or of each error table (default 50).
  --transform FILE  An ES module whose default export mends a letter: ({topic, key, value, headers, context}) =>
                    ({key, value}), or null to leave it out for good.
  --to TOPIC        Instead of the topic that each letter names.
  --dry-run         Says what a replay would do, and writes nothing.

A replay writes nothing twice: how far the queue was replayed is committed by a group of its own
(GROUP.replay.dead-letters) in the same Kafka transaction as the records, so a second replay, or one after a crash, goes on
behind it. Records carry their first coordinates in header snowsink.replayed.from.

Exit codes: 0 done; 1 the queue cannot be read or written; 2 the command line is wrong.`;

interface Queue {
  readonly setup: ConnectorSetup;
  readonly topic: string;
  readonly reader: LetterReader;
  readonly values: boolean;
  readonly json: boolean;
}

const openQueue = async (setup: ConnectorSetup, values: boolean, json: boolean): Promise<Queue> => {
  const key = 'errors.deadletterqueue.topic.name';
  const topic = setup.config[key]?.trim() ?? '';
  if (topic === '') throw new ConfigError([{ key, message: `${setup.path} names no dead letter queue (${key}).` }]);
  const { consumer } = setup.properties;
  const properties = { ...consumer, 'client.id': `snowsink-dlq-${setup.name}` };
  return {
    setup,
    topic,
    values,
    json,
    reader: await LetterReader.open({ properties, clock: systemClock, logger: silentLogger }),
  };
};

/** Of one partition. Offsets are no count of letters: each transaction takes one for its end, and other connectors may share the queue. */
const newestLetters = async (
  { topic, reader, setup }: Queue,
  partition: number,
  { start, end }: { readonly start: bigint; readonly end: bigint },
  limit: number,
): Promise<readonly Letter[]> => {
  for (let span = BigInt(limit) * 2n; ; span *= 4n) {
    const from = end - span > start ? end - span : start;
    const letters = await Array.fromAsync(ofConnector(reader.read({ topic, partition }, from, end), setup.name));
    if (letters.length >= limit || from === start) return letters.slice(-limit);
  }
};

const list = async (queue: Queue, limit: number, io: CommandLine): Promise<void> => {
  const { topic, reader, values, json } = queue;
  for (const [partition, ends] of await reader.ends(topic))
    for (const letter of await newestLetters(queue, partition, ends, limit))
      io.out(json ? JSON.stringify(letterJson(letter, { values })) : letterLine(letter, { values }));
};

interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

const placeOf = (given: string): Place => {
  const [, partition, offset] = /^(\d+):(\d+)$/.exec(given) ?? [];
  if (partition === undefined || offset === undefined)
    throw new UsageError(`'${given}' is no place in a queue: write PARTITION:OFFSET, as snowsink dlq list prints it.`);
  return { partition: Number(partition), offset: BigInt(offset) };
};

const show = async (
  { topic, reader, values, json }: Queue,
  { partition, offset: at }: Place,
  io: CommandLine,
): Promise<void> => {
  const where = { topic, partition };
  const ends = (await reader.ends(topic)).get(partition);
  const isThere = ends !== undefined && at >= ends.start && at < ends.end;
  const [letter] = isThere ? await Array.fromAsync(reader.read(where, at, at + 1n)) : [];
  if (letter === undefined)
    throw new ConnectError(
      `${topic} has no letter at ${partition}:${at}${ends === undefined ? '' : `: partition ${partition} goes from ${ends.start} to ${ends.end - 1n}, ends of transactions among them`}.`,
    );
  io.out(json ? JSON.stringify(letterJson(letter, { values }), null, 2) : letterText(letter, { values }));
};

async function* ofConnector(letters: AsyncIterable<Letter>, name: string): AsyncIterable<Letter> {
  for await (const letter of letters) if (belongsToConnector(letter, name)) yield letter;
}

const stats = async ({ topic, reader, setup, json }: Queue, io: CommandLine): Promise<void> => {
  const counts = await countLetters(ofConnector(reader.all(topic), setup.name));
  const total = counts.reduce((sum, { letters }) => sum + letters, 0);
  if (json) return io.out(JSON.stringify({ queue: topic, letters: total, counts }, null, 2));
  for (const { letters, topic: from, reason, first, last } of counts)
    io.out(`${String(letters).padStart(8)}  from ${from}  ${reason}  ${first} to ${last}`);
  io.out(`${String(total).padStart(8)}  in all`);
};

const replayText = ({ replayed, leftOut, foreign, repeated, byTopic }: ReplayCounts, dryRun: boolean): string => {
  const topics = [...byTopic].map(([topic, count]) => `${count} to ${topic}`).join(', ');
  const parts = [
    `${replayed} letter${replayed === 1 ? '' : 's'} ${dryRun ? 'would be' : replayed === 1 ? 'was' : 'were'} replayed${topics === '' ? '' : ` (${topics})`}`,
    ...(leftOut > 0 ? [`${leftOut} left out by the transform`] : []),
    ...(repeated > 0 ? [`${repeated} left out because the same record was replayed already`] : []),
    ...(foreign > 0 ? [`${foreign} belong to other connectors`] : []),
  ];
  return parts.join('; ');
};

interface ReplayWishes {
  readonly transform: string | undefined;
  readonly to: string | undefined;
  readonly dryRun: boolean;
}

const replay = async ({ topic, reader, setup, json }: Queue, wishes: ReplayWishes, io: CommandLine): Promise<void> => {
  const transform = wishes.transform === undefined ? null : await loadLetterTransform(wishes.transform);
  const groupId = `${setup.properties.consumer['group.id'] ?? ''}.replay`;
  const options = { properties: setup.properties.producer, clock: systemClock, logger: silentLogger };
  const log = await createDeadLetterLog({ ...options, groupId });
  try {
    const { dryRun, to = null } = wishes;
    const counts = await replayLetters({ queue: topic, connector: setup.name, reader, log, transform, to, dryRun });
    const { byTopic, ...rest } = counts;
    io.out(
      json ? JSON.stringify({ ...rest, byTopic: Object.fromEntries(byTopic), dryRun }) : replayText(counts, dryRun),
    );
  } finally {
    await log.close();
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('dlq', args, {
    limit: { type: 'string', default: '50' },
    values: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    transform: { type: 'string' },
    to: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  });
  const [action = '', ...rest] = positionals;
  if (!['list', 'show', 'stats', 'rejected', 'replay'].includes(action))
    throw new UsageError(`Say what to do: list, show, stats, rejected or replay. snowsink dlq --help says more.`);
  const place = action === 'show' ? placeOf(rest.shift() ?? '') : null;
  if (!/^[1-9]\d{0,5}$/.test(values.limit))
    throw new UsageError(`--limit ${values.limit} is no number from 1 to 999999.`);
  const { setup } = await setUpOneConnector('dlq', rest, io);
  if (action === 'rejected') {
    const { values: showsValues, json } = values;
    await listRejectedRows(setup, { values: showsValues, json, limit: Number(values.limit) }, io);
    return 0;
  }
  const queue = await openQueue(setup, values.values, values.json);
  try {
    if (action === 'list') await list(queue, Number(values.limit), io);
    else if (place !== null) await show(queue, place, io);
    else if (action === 'stats') await stats(queue, io);
    else await replay(queue, { transform: values.transform, to: values.to, dryRun: values['dry-run'] }, io);
  } finally {
    await queue.reader.close();
  }
  return 0;
};

/** The dead letter queue's tools. */
export const dlq: Command = {
  name: 'dlq',
  summary: 'list, show and count dead letters; replay them, each once, with a mending transform',
  usage,
  run,
};
