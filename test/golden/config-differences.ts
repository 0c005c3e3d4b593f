// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as users write them
import type { ConnectorConfig } from '../../src/api/index.ts';

/** Where a config is judged otherwise than by the Snowflake connector, on purpose. */
export interface ConfigDifference {
  readonly area: 'Configuration';
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  /** Is that the reason why this key is refused by one of the two only? `message`: of the one that refuses. */
  matches(key: string, config: ConnectorConfig, message: string): boolean;
}

const difference = (
  theirs: string,
  ours: string,
  why: string,
  matches: ConfigDifference['matches'],
): ConfigDifference => ({ area: 'Configuration', theirs, ours, why, matches });

const given = (config: ConnectorConfig, key: string): string => config[key]?.trim() ?? '';

/** What no configuration's verdict shows. */
const toldOnly: ConfigDifference['matches'] = () => false;

export const configDifferences: readonly ConfigDifference[] = [
  difference(
    'v3: without snowflake.ingestion.method rows go by files that Snowpipe loads.',
    'They are streamed. SNOWPIPE means files where the config says it.',
    'Exactly once and within seconds; who wants files has them for one line.',
    toldOnly,
  ),
  difference(
    'v3, SNOWPIPE: Kafka’s offset passes a file once insertFiles has taken its name; records that cannot be made lines of a file go to the table’s stage.',
    'It passes the file once the load is reported; such records are bad ones (errors.tolerance, dead letter queue), as are those of a file that does not load.',
    'Nothing is lost where nobody looks.',
    toldOnly,
  ),
  difference(
    'v3: properties of one ingestion method, and its own converters, are refused with the other.',
    'They are taken; those that mean nothing have no effect.',
    'A leftover of the other method harms nobody.',
    (_key, _config, message) =>
      /is only available with|are not allowed|supported only for Snowpipe Streaming/.test(message),
  ),
  difference(
    'snowflake.role.name must be there for streaming.',
    "Without it the user's default role is taken.",
    'Snowflake knows it.',
    (key) => key === 'snowflake.role.name',
  ),
  difference(
    'v4: a config without its five migration settings does not start.',
    'It starts, by the rules of the class that it names.',
    'Nothing has to be migrated to begin.',
    (_key, _config, message) => message.includes('validate.compatibility.with.classic is enabled'),
  ),
  difference(
    'buffer.flush.time and snowflake.streaming.max.client.lag are whole seconds.',
    'They may have a fraction.',
    'Half a second is a sensible wait.',
    (key, config) => /\.flush\.time$|\.client\.lag$/.test(key) && /^\d*\.\d+$/.test(given(config, key)),
  ),
  difference(
    'v3: a buffer.flush.time below 10 s is refused at start.',
    'It is taken.',
    'How small files may be is the user’s to weigh.',
    (key, _config, message) => key === 'buffer.flush.time' && /greater than 10/.test(message),
  ),
  difference(
    'v3: an empty snowflake.topic2table.map fails at start.',
    'It is none.',
    'Forms and templates send empty fields.',
    (key, config) => key === 'snowflake.topic2table.map' && given(config, key) === '',
  ),
  difference(
    'A broken pattern in snowflake.topic2table.map fails at the first record.',
    'It is refused at once.',
    'The sooner the better.',
    (key, _config, message) => key === 'snowflake.topic2table.map' && message.includes('regular expression'),
  ),
  difference(
    'A `${provider:…}` that nobody replaced is taken as it is, and signing in fails.',
    'It is told of, by the name of its key.',
    'A missing variable is the most frequent reason for a key that is none.',
    (_key, _config, message) => message.includes('was not replaced'),
  ),
  difference(
    'v4: PKCS#1 keys, and line breaks written as \\n, are refused.',
    'They are read.',
    'Both hold the key in full.',
    (key, _config, message) => key === 'snowflake.private.key' && message.includes('must be a valid PEM'),
  ),
  difference(
    'A host without two dots is no URL, not even behind http://.',
    'With a scheme any host will do.',
    'Emulators, proxies and private links have such names.',
    (key, config) => key === 'snowflake.url.name' && /^https?:\/\/[^.]+$/i.test(given(config, key)),
  ),
  difference(
    'v3: a wrong boolean is told of under snowflake.ingestion.method.',
    'Under its own name.',
    'A form marks the field that is wrong.',
    (_key, _config, message) => message.startsWith('Kafka config:snowflake.ingestion.method error'),
  ),
  difference(
    'v3: an authenticator in another case passes at start, though not in validation.',
    'It is refused, as in validation.',
    'One answer for both.',
    (key, config) => key.startsWith('snowflake.oauth.') && /^oauth$/i.test(given(config, 'snowflake.authenticator')),
  ),
  difference(
    'v4: validation fetches an OAuth token.',
    'Validation asks nobody; checking with the network is a command of its own.',
    'A form that is validated at each key stroke must not sign in.',
    (_key, _config, message) => message.includes('Could not fetch OAuth access token'),
  ),
  difference(
    'A jvm.proxy.port that is no number is taken.',
    'It is refused.',
    'Nothing could be reached by it.',
    (key) => key === 'jvm.proxy.port',
  ),
];
