import { qualifiedName, textLiteral } from '../../destinations/index.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import type { MigrationPlan } from './migration.ts';
import type { PartitionPlan } from './plan-partition.ts';

const channelsText = ({ channels }: PartitionPlan): string =>
  channels.length === 0
    ? 'no channel'
    : channels.map(({ name, token }) => `channel ${name} token ${token ?? 'none'}`).join(', ');

const partitionText = (plan: PartitionPlan): string => {
  const where = `${plan.topic}-${plan.partition} → ${plan.table}`;
  const seen = `committed ${plan.committed ?? 'none'}, ${channelsText(plan)}, newest row ${plan.highestRow === undefined ? 'unknown' : (plan.highestRow ?? 'none')}`;
  if (plan.kind === 'stop') return `stop  ${where}: ${plan.because}  [${seen}]`;
  if (plan.kind === 'new') return `new   ${where}: ${plan.because}  [${seen}]`;
  const doubts = plan.doubts.map((doubt) => `\n      doubt: ${doubt}`).join('');
  return `take  ${where}: begins at ${plan.start}, ${plan.because}  [${seen}]${doubts}`;
};

const mark = (holds: boolean): string => (holds ? 'holds ' : 'OPEN  ');

/** What must be true for a take-over without gap and without duplicate, and whether it is. */
const obligations = ({ source, members, missingTables, partitions }: MigrationPlan): readonly string[] => {
  const stops = partitions.filter(({ kind }) => kind === 'stop');
  const doubts = partitions.filter((plan) => plan.kind === 'take-over' && plan.doubts.length > 0);
  return [
    `${mark(members === 0)}the old connector has stopped: group ${source.group} has ${members} members${members === 0 ? '' : ` (curl -X PUT http://OLD-WORKER:8083/connectors/${source.connector}/stop)`}`,
    `${mark(missingTables.length === 0)}the tables are the old ones${missingTables.length === 0 ? '' : `: ${missingTables.join(', ')} not there, ours would be new`}`,
    `${mark(stops.length === 0)}each partition has one place to begin, within its log, with no row of the table at or above it${stops.length === 0 ? '' : `: not so for ${stops.length}`}`,
    `${mark(doubts.length === 0)}that could be seen everywhere${doubts.length === 0 ? '' : `: doubts about ${doubts.length}`}`,
  ];
};

/** What brings the old connector back, from before or after the take-over. */
const rollback = (
  { source, group, partitions }: MigrationPlan,
  { name, settings }: ConnectorSetup,
): readonly string[] => {
  const classic = partitions.filter(
    (plan) =>
      plan.kind === 'take-over' &&
      plan.channels.some((channel) => channel.name.toUpperCase() === `${plan.topic}_${plan.partition}`.toUpperCase()),
  );
  const [first] = classic;
  const offsets = partitions
    .map(({ topic, partition, committed }) => `${topic}-${partition} ${committed ?? 'none'}`)
    .join(', ');
  return [
    `1. Stop ours and let it drain: curl -X PUT http://WORKER:8083/connectors/${name}/stop`,
    `2. Nothing was written by ours yet? Group ${group} had: ${offsets}. Start the old connector: its tokens are as they were.`,
    '3. Ours has written: the old connector must go on behind it. v4 with the same name opens the same channels and does so by itself.',
    ...(first === undefined
      ? []
      : [
          `   A classic (v3) channel still has its old token, and would write again what ours wrote: set each to the last offset that ours committed, as in SELECT SYSTEM$SNOWPIPE_STREAMING_UPDATE_CHANNEL_OFFSET_TOKEN(${textLiteral(qualifiedName(settings.account, first.table))}, ${textLiteral(first.channels[0]?.name ?? '')}, '<last offset>');`,
        ]),
    `   With another group: kafka-consumer-groups --group ${source.group} --reset-offsets --to-offset … to what group ${group} has committed.`,
    '4. snowsink audit says whether each record is there once.',
  ];
};

export const planText = (plan: MigrationPlan, setup: ConnectorSetup): string =>
  [
    `Plan: ${setup.name} takes over from ${plan.source.connector} (group ${plan.source.group})`,
    ...plan.partitions.map(partitionText),
    '',
    'What must hold so that nothing is left out and nothing written twice:',
    ...obligations(plan),
    '',
    'The way back:',
    ...rollback(plan, setup),
  ].join('\n');

/** bigints as text. */
export const planJson = (plan: MigrationPlan): string =>
  JSON.stringify(plan, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);
