import { errorMessage, silentLogger } from '../../api/index.ts';
import { channelCollisions } from '../../connector/topic-collisions.ts';
import { type ClusterInspector, createKafkaAdmin } from '../../kafka/index.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import { missingTopic, subscribedTopics } from '../subscribed-topics.ts';
import type { Report } from './finding.ts';

const hourMs = 3_600_000;

/** Shorter retention than this and an outage over a weekend loses records. */
const shortRetentionMs = 72 * hourMs;

const hours = (ms: number): string => (ms < hourMs ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / hourMs)} h`);

/** What the connector's own consumer would say of Kafka. Answers the topics that it reads and that are there. */
export const checkKafka = async (setup: ConnectorSetup, report: Report): Promise<readonly string[]> => {
  const servers = setup.properties.consumer['bootstrap.servers'] ?? '';
  let admin: ClusterInspector;
  try {
    const properties = { ...setup.properties.consumer, 'client.id': `snowsink-check-${setup.name}` };
    admin = await createKafkaAdmin({ properties, logger: silentLogger });
  } catch (error) {
    report('fail', 'broker', errorMessage(error));
    return [];
  }
  try {
    const brokers = await admin.brokerCount();
    report('ok', 'broker', `${servers} answers, ${brokers} broker${brokers === 1 ? '' : 's'}`);
    const existing = await admin.listTopics();
    const topics = await checkTopics(admin, setup, existing, report);
    await checkGroup(admin, setup, topics, report);
    await checkDeadLetterQueue(admin, setup, existing, brokers, report);
    return topics;
  } catch (error) {
    report('fail', 'broker', errorMessage(error));
    return [];
  } finally {
    await admin.close();
  }
};

const checkTopics = async (
  admin: ClusterInspector,
  setup: ConnectorSetup,
  existing: readonly string[],
  report: Report,
): Promise<readonly string[]> => {
  const wanted = subscribedTopics(setup, existing);
  if (wanted.length === 0)
    report(
      'warn',
      'topics.regex',
      `${setup.config['topics.regex']} matches no topic yet: nothing is read until one is made`,
    );
  for (const collision of channelCollisions(setup.settings, wanted)) report('fail', 'topics.regex', collision);
  const found: string[] = [];
  let partitions = 0;
  for (const topic of wanted) {
    if (!existing.includes(topic)) {
      report('fail', `topic ${topic}`, missingTopic(topic, existing));
      continue;
    }
    found.push(topic);
    partitions += await checkTopic(admin, setup, topic, report);
  }
  const tasks = Number(setup.config['tasks.max'] ?? 1);
  if (found.length === wanted.length && tasks > partitions && partitions > 0)
    report(
      'warn',
      'tasks.max',
      `is ${tasks}, but there are ${partitions} partitions: ${tasks - partitions} of the tasks stay idle`,
    );
  return found;
};

const checkTopic = async (
  admin: ClusterInspector,
  setup: ConnectorSetup,
  topic: string,
  report: Report,
): Promise<number> => {
  const subject = `topic ${topic}`;
  const offsets = await admin.topicOffsets(topic);
  report('ok', subject, `${offsets.size} partition${offsets.size === 1 ? '' : 's'}`);
  try {
    for (const [level, message] of retentionNotes(await admin.topicConfigs(topic), setup))
      report(level, subject, message);
  } catch (error) {
    report(
      'note',
      subject,
      `its retention is not known: ${errorMessage(error)} (DESCRIBE_CONFIGS on the topic would tell)`,
    );
  }
  return offsets.size;
};

type Note = readonly ['warn' | 'fail' | 'ok', string];

/** Retention against the time that rows wait and that a worker may be down. */
const retentionNotes = (configs: ReadonlyMap<string, string>, { settings }: ConnectorSetup): readonly Note[] => {
  const policy = configs.get('cleanup.policy') ?? 'delete';
  const notes: Note[] = [];
  const retentionMs = Number(configs.get('retention.ms') ?? -1);
  if (policy.includes('delete') && retentionMs >= 0) {
    const advice = `raise it (kafka-configs --alter --add-config retention.ms=${7 * 24 * hourMs})`;
    if (retentionMs <= settings.flush.maxAgeMs + settings.commitTimeoutMs)
      notes.push([
        'fail',
        `retention.ms=${retentionMs} is shorter than rows may wait for Snowflake (${hours(settings.flush.maxAgeMs + settings.commitTimeoutMs)}): records vanish before they are durable; ${advice}`,
      ]);
    else if (retentionMs < shortRetentionMs)
      notes.push([
        'warn',
        `retention.ms is ${hours(retentionMs)}: a worker that is down longer loses records; ${advice}`,
      ]);
    else notes.push(['ok', `kept for ${hours(retentionMs)}`]);
  }
  if (policy.includes('compact')) {
    const deletesMs = Number(configs.get('delete.retention.ms') ?? 24 * hourMs);
    notes.push([
      'warn',
      `is compacted: offsets have gaps, older values of a key vanish, and a worker that is down longer than ${hours(deletesMs)} (delete.retention.ms) misses tombstones`,
    ]);
  }
  return notes;
};

const checkGroup = async (
  admin: ClusterInspector,
  { properties }: ConnectorSetup,
  topics: readonly string[],
  report: Report,
): Promise<void> => {
  const groupId = properties.consumer['group.id'] ?? '';
  const subject = `group ${groupId}`;
  try {
    const { members } = await admin.group(groupId);
    const committed = (await admin.committedOffsets(groupId)).filter(({ topic }) => topics.includes(topic));
    const running =
      members === 0 ? 'no member' : `${members} member${members === 1 ? '' : 's'}: the connector is running`;
    report('ok', subject, `${running}; ${committed.length} partitions have a committed offset`);
    for (const topic of topics) {
      const log = await admin.topicOffsets(topic);
      for (const { partition, offset } of committed.filter((commit) => commit.topic === topic)) {
        const { start = 0n, end = offset } = log.get(partition) ?? {};
        if (offset < start)
          report(
            'fail',
            subject,
            `topic ${topic}, partition ${partition}: offset ${offset} comes next, but the log begins at ${start}: retention took ${start - offset} offsets; snowsink.on.loss=continue goes on without them`,
          );
        if (offset > end)
          report(
            'fail',
            subject,
            `topic ${topic}, partition ${partition}: offset ${offset} comes next, but the log ends at ${end}: the topic was made again or truncated; reset its offsets over REST (docs/rest.md)`,
          );
      }
    }
  } catch (error) {
    report('fail', subject, errorMessage(error));
  }
};

const checkDeadLetterQueue = async (
  admin: ClusterInspector,
  { config }: ConnectorSetup,
  existing: readonly string[],
  brokers: number,
  report: Report,
): Promise<void> => {
  const topic = config['errors.deadletterqueue.topic.name']?.trim() ?? '';
  const subject = `dead letter queue${topic === '' ? '' : ` ${topic}`}`;
  if (topic === '') {
    if (config['errors.tolerance'] === 'all')
      report(
        'warn',
        subject,
        'errors.tolerance=all without errors.deadletterqueue.topic.name: bad records are counted and gone; name a topic',
      );
    return;
  }
  if (existing.includes(topic)) {
    const { size } = await admin.topicOffsets(topic);
    report('ok', subject, `exists, ${size} partition${size === 1 ? '' : 's'}`);
    return;
  }
  const factor = Number(config['errors.deadletterqueue.topic.replication.factor'] ?? 3);
  if (factor > brokers)
    report(
      'fail',
      subject,
      `does not exist, and cannot be created with errors.deadletterqueue.topic.replication.factor=${factor} on ${brokers} broker${brokers === 1 ? '' : 's'}: set it to ${brokers}, or to -1 for the broker’s default`,
    );
  else
    report(
      'note',
      subject,
      'does not exist: the connector creates it at its start (needs CREATE on the topic or cluster)',
    );
};
