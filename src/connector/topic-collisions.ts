import type { ConnectorConfig } from '../api/index.ts';
import { channelName } from './channel-name.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TopicToTable } from './topic-to-table.ts';

type CollisionSettings = Pick<
  SinkSettings,
  'connectorName' | 'generation' | 'channelNameIncludesConnector' | 'tableFrom' | 'severalTables'
> &
  ConstructorParameters<typeof TopicToTable>[0];

interface Topic {
  readonly topic: string;
  readonly table: string;
  readonly isMapped: boolean;
  /** Snowflake's names of channels know no case. */
  readonly channel: string;
}

const topicsOf = (settings: CollisionSettings, names: readonly string[]): readonly Topic[] => {
  const tables = new TopicToTable(settings);
  return [...new Set(names)].map((topic) => ({
    topic,
    table: tables.tableFor(topic),
    isMapped: tables.mappedTable(topic) !== null,
    channel: channelName(settings, topic, 0).toUpperCase(),
  }));
};

/**
 * Topics of one table whose channels Snowflake cannot tell apart: each would take the other's rows for its own. Names that differ in more
 * than case never give one channel: what follows the last `_` tells partition from lane, and so where the topic's name ends. Records
 * that name their table may meet in any. @throws ConfigError
 */
export const channelCollisions = (settings: CollisionSettings, names: readonly string[]): readonly string[] => {
  const mayMeet = settings.severalTables || settings.tableFrom !== '';
  const place = ({ table, channel }: Topic): string => JSON.stringify([mayMeet ? '' : table, channel]);
  return [...Map.groupBy(topicsOf(settings, names), place).values()]
    .filter(({ length }) => length > 1)
    .map((group) => {
      const topics = `Topics ${group.map(({ topic }) => topic).join(', ')} differ in case only`;
      return mayMeet
        ? `${topics}, and records of both may go to one table (snowsink.table.from, transforms): Snowflake would take their channels for the same. Read them by different connectors, into different tables.`
        : `${topics} and go to one table, ${group[0]?.table}: Snowflake would take their channels for the same. Map them to different tables by snowflake.topic2table.map.`;
    });
};

/** Several topics in one table that the map does not ask for: nobody may have meant it. @throws ConfigError */
export const sharedTables = (settings: CollisionSettings, names: readonly string[]): readonly string[] =>
  [...Map.groupBy(topicsOf(settings, names), ({ table }) => table)]
    .filter(([, group]) => group.length > 1 && group.some(({ isMapped }) => !isMapped))
    .map(
      ([table, group]) =>
        `Topics ${group.map(({ topic }) => topic).join(', ')} all go to table ${table}; snowflake.topic2table.map can tell them apart.`,
    );

/** The property `topics`; what topics.regex will match is not known before. */
export const listedTopics = (config: ConnectorConfig): readonly string[] =>
  (config['topics'] ?? '')
    .split(',')
    .map((topic) => topic.trim())
    .filter((topic) => topic !== '');
