import { DataError } from '../api/index.ts';
import { ConfigDef, string } from '../config/index.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';
import { compileFormat } from './simple-date-format/index.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder's own spelling
const [topicPlaceholder, timestampPlaceholder] = ['${topic}', '${timestamp}'];
export const timestampRouterConfig = new ConfigDef({
  'topic.format': string({
    importance: 'HIGH',
    default: `${topicPlaceholder}-${timestampPlaceholder}`,
    documentation: 'The new topic, with placeholders for topic and timestamp.',
  }),
  'timestamp.format': string({
    importance: 'HIGH',
    default: 'yyyyMMdd',
    documentation: 'Pattern of java.text.SimpleDateFormat, in UTC.',
  }),
});

/** Routes a record by its timestamp. */
export const timestampRouter: CreateApply = (config) => {
  const settings = parseConfig(timestampRouterConfig, config);
  const format = compileFormat('timestamp.format', settings['timestamp.format']);
  return (record) => {
    const { timestamp, topic, partition, offset } = record;
    if (timestamp === null) {
      throw new DataError(`Timestamp missing on record: topic ${topic}, partition ${partition}, offset ${offset}`);
    }
    const routed = settings['topic.format']
      .replaceAll(topicPlaceholder, () => topic)
      .replaceAll(timestampPlaceholder, () => format.format(timestamp));
    return { ...record, topic: routed };
  };
};
