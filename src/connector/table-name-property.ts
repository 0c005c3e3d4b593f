import type { ConnectorConfig } from '../api/index.ts';
import { findConnectorClass } from './connector-class.ts';
import type { ConfigNote, UnderstoodConfig } from './property-aliases.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: what users write
const topic = '${topic}';
const property = 'snowflake.table.name';
const mapKey = 'snowflake.topic2table.map';

/** snowflake.table.name, which no Snowflake connector has: one table for all topics, or a template with the topic in it. */
export const understandTableName = (given: ConnectorConfig): UnderstoodConfig => {
  const name = given[property]?.trim() ?? '';
  const told = (level: ConfigNote['level'], what: string): readonly ConfigNote[] => [
    { level, text: `${property}=${name} ${what}` },
  ];
  if (name === '') return { config: {}, notes: [] };
  if (name === topic) return { config: {}, notes: told('info', "is what a topic's table is called anyway.") };
  if (given[mapKey] !== undefined) return { config: {}, notes: told('warn', `has no effect beside ${mapKey}.`) };
  const isTemplate = name.includes(topic);
  if (isTemplate && findConnectorClass(given['connector.class'] ?? '')?.generation === 'v3') {
    const instead = `has no effect with v3's class, whose map has no templates: write ${mapKey}=topic:table.`;
    return { config: {}, notes: told('warn', instead) };
  }
  const map = `(.+):${name.replaceAll(topic, '$1')}`;
  const replacement: ConnectorConfig = isTemplate ? { [`${mapKey}.regex.replacement`]: 'true' } : {};
  return { config: { [mapKey]: map, ...replacement }, notes: told('info', `is read as ${mapKey}=${map}.`) };
};
