import type { ConnectorSetup } from '../connector-setup.ts';
import type { MigrationPlan, ReturnPlan } from './migration.ts';
import type { BackPlan } from './plan-back.ts';
import type { FoundChannel, PartitionPlan } from './plan-partition.ts';
import { updateTokenStatement } from './snowflake-account.ts';

const channelsText = (channels: readonly FoundChannel[]): string =>
  channels.length === 0
    ? 'no channel'
    : channels.map(({ name, token }) => `channel ${name} token ${token ?? 'none'}`).join(', ');

const partitionText = (plan: PartitionPlan): string => {
  const where = `${plan.topic}-${plan.partition} → ${plan.table}`;
  const seen = `committed ${plan.committed ?? 'none'}, ${channelsText(plan.channels)}, newest row ${plan.highestRow === undefined ? 'unknown' : (plan.highestRow ?? 'none')}`;
  if (plan.kind === 'stop') return `stop  ${where}: ${plan.because}  [${seen}]`;
  if (plan.kind === 'new') return `new   ${where}: ${plan.because}  [${seen}]`;
  const doubts = plan.doubts.map((doubt) => `\n      doubt: ${doubt}`).join('');
  return `take  ${where}: begins at ${plan.start}, ${plan.because}  [${seen}]${doubts}`;
};

const mark = (holds: boolean): string => (holds ? 'holds ' : 'OPEN  ');

const stopFirst = ({ source, group, members, isGroupKnown }: MigrationPlan): string => {
  const groups = source.group === group ? `group ${group} has` : `groups ${source.group} and ${group} have`;
  if (members > 0)
    return `the old connector has stopped, and ours does not run: ${groups} ${members} member${members === 1 ? '' : 's'} (curl -X PUT http://OLD-WORKER:8083/connectors/${source.connector}/stop)`;
  return isGroupKnown
    ? `the old connector has stopped, and ours does not run: ${groups} no members`
    : `the old connector has stopped: group ${source.group} has no offsets of these topics, so it may not be the old connector's, and that one may still run: mend --from-group`;
};

/** Where a transform or header chooses the table, tokens of other tables are not looked at. */
const oneTable = ({ settings }: ConnectorSetup): string => {
  const holds = !settings.severalTables && settings.tableFrom === '';
  return `${mark(holds)}each topic has one table${holds ? '' : ': a transform or snowsink.table.from may send records to others, whose channels and rows were not looked at'}`;
};

/** What must be true for a take-over without gap and without duplicate, and whether it is. */
const obligations = (plan: MigrationPlan, setup: ConnectorSetup): readonly string[] => {
  const { members, isGroupKnown, missingTables, partitions } = plan;
  const stops = partitions.filter(({ kind }) => kind === 'stop');
  const doubts = partitions.filter((one) => one.kind === 'take-over' && one.doubts.length > 0);
  return [
    `${mark(members === 0 && isGroupKnown)}${stopFirst(plan)}`,
    `${mark(missingTables.length === 0)}the tables are the old ones${missingTables.length === 0 ? '' : `: ${missingTables.join(', ')} not there (or the role may not see them), ours would be new`}`,
    oneTable(setup),
    `${mark(stops.length === 0)}each partition has one place to begin, within its log, with no row of the table at or above it${stops.length === 0 ? '' : `: not so for ${stops.length}`}`,
    `${mark(doubts.length === 0)}that could be seen everywhere${doubts.length === 0 ? '' : `: doubts about ${doubts.length}`}`,
  ];
};

/** What brings the old connector back, from before or after the take-over. */
const wayBack = ({ source, partitions }: MigrationPlan, { name, path }: ConnectorSetup): readonly string[] => [
  `Before ours has written: group ${source.group} has ${partitions.map(({ topic, partition, committed }) => `${topic}-${partition} ${committed ?? 'none'}`).join(', ')}; start the old connector, its tokens are as they were.`,
  `Later: 1. stop ours and let it drain: curl -X PUT http://WORKER:8083/connectors/${name}/stop`,
  `       2. snowsink migrate --back --from-group ${source.group} --from-connector ${source.connector} … ${path}`,
  '          sets the old tokens and the old group’s offsets to where ours ended, so that the old connector writes nothing again',
  '       3. start the old connector; snowsink audit says whether each record is there once.',
];

export const planText = (plan: MigrationPlan, setup: ConnectorSetup): string =>
  [
    `Plan: ${setup.name} takes over from ${plan.source.connector} (group ${plan.source.group})`,
    ...plan.partitions.map(partitionText),
    '',
    'What must hold so that nothing is left out and nothing written twice:',
    ...obligations(plan, setup),
    '',
    'The way back:',
    ...wayBack(plan, setup),
  ].join('\n');

const backText = (plan: BackPlan, { settings }: ConnectorSetup): string => {
  const where = `${plan.topic}-${plan.partition} → ${plan.table}`;
  const seen = `committed ${plan.committed ?? 'none'}, ${channelsText(plan.own === null ? plan.others : [plan.own, ...plan.others])}, newest row ${plan.highestRow === undefined ? 'unknown' : (plan.highestRow ?? 'none')}`;
  if (plan.kind !== 'hand-back')
    return `${plan.kind === 'stop' ? 'stop' : 'keep'}  ${where}: ${plan.because}  [${seen}]`;
  const { next, behind, table } = plan;
  const changes = behind.map(({ name, token, isClassic }) =>
    isClassic
      ? `\n      ${updateTokenStatement(settings.account, table, name, next - 1n)};`
      : `\n      channel ${name} has token ${token}: it is dropped, so that the group's offset holds`,
  );
  return `back  ${where}: goes on at ${next}  [${seen}]${changes.join('')}`;
};

export const returnPlanText = (plan: ReturnPlan, setup: ConnectorSetup): string => {
  const { source, members, partitions } = plan;
  const stops = partitions.filter(({ kind }) => kind === 'stop');
  return [
    `Plan: ${source.connector} (group ${source.group}) goes on behind ${setup.name} (group ${plan.group})`,
    ...partitions.map((one) => backText(one, setup)),
    '',
    'What must hold so that nothing is left out and nothing written twice:',
    `${mark(members === 0)}both connectors have stopped: their groups have ${members} members${members === 0 ? '' : ` (curl -X PUT http://WORKER:8083/connectors/${setup.name}/stop)`}`,
    oneTable(setup),
    `${mark(stops.length === 0)}no row of a table lies at or above where the old connector goes on${stops.length === 0 ? '' : `: not so for ${stops.length} partitions`}`,
    'Records that ours left out behind the last row (filters, dead letters) may be read again where both connectors share a channel: they make no row, but a dead letter may come twice. Before ours starts again, run snowsink migrate again.',
  ].join('\n');
};

/** bigints as text. */
export const planJson = (plan: MigrationPlan | ReturnPlan): string =>
  JSON.stringify(plan, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);
