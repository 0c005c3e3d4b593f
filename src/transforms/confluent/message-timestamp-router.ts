import { DataError, Struct } from '../../api/index.ts';
import { ConfigDef, list, nonEmptyList, string } from '../../config/index.ts';
import { javaClassName } from '../connect-value.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { compileFormat } from '../simple-date-format/index.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder's own spelling
const [topicPlaceholder, timestampPlaceholder] = ['${topic}', '${timestamp}'];
export const messageTimestampRouterConfig = new ConfigDef({
  'topic.format': string({
    default: `${topicPlaceholder}-${timestampPlaceholder}`,
    documentation: 'The new topic, with placeholders for topic and timestamp.',
  }),
  'message.timestamp.format': string({
    default: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    documentation: 'Pattern of java.text.SimpleDateFormat that the field is read with.',
  }),
  'message.timestamp.keys': list({
    validator: nonEmptyList,
    documentation: 'Fields of the value; the first that is there holds the timestamp.',
  }),
  'topic.timestamp.format': string({
    default: 'yyyyMMdd',
    documentation: 'Pattern of java.text.SimpleDateFormat, in UTC, for the timestamp in the topic.',
  }),
});

/** io.confluent.connect.transforms.MessageTimestampRouter, after its documentation; values with a schema are taken too. */
export const messageTimestampRouter: CreateApply = (config) => {
  const settings = parseConfig(messageTimestampRouterConfig, config);
  const keys = settings['message.timestamp.keys'];
  const input = compileFormat('message.timestamp.format', settings['message.timestamp.format']);
  const output = compileFormat('topic.timestamp.format', settings['topic.timestamp.format']);
  return (record) => {
    const { topic, value } = record;
    const fields = value instanceof Struct ? value.values : value;
    if (!(fields instanceof Map)) {
      throw new DataError(`Only Map objects supported, found: ${javaClassName(record.valueSchema, value)}`);
    }
    const key = keys.find((name) => (fields.get(name) ?? null) !== null);
    if (key === undefined) throw new DataError(`The value has none of the fields ${keys.join(', ')}`);
    const text = fields.get(key);
    const millis = typeof text === 'string' ? input.parse(text) : null;
    if (millis === null) throw new DataError(`Field ${key} is no text of the pattern ${input.pattern}`);
    const routed = settings['topic.format']
      .replaceAll(topicPlaceholder, () => topic)
      .replaceAll(timestampPlaceholder, () => output.format(millis));
    return { ...record, topic: routed };
  };
};
