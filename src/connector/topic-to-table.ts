import { ReplacementError } from '../util/java-pattern.ts';
import { javaHashCode, sanitizedName } from './object-name.ts';
import type { SinkSettings } from './sink-settings.ts';
import { mapError, parseV3Map, parseV4Map, type TopicToTableEntry } from './topic-to-table-map.ts';

type NamingSettings = Pick<
  SinkSettings,
  'generation' | 'topicToTableMap' | 'topicToTableRegexReplacement' | 'sanitizeTableNames'
> & { readonly account: Pick<SinkSettings['account'], 'database' | 'schema'> };

/**
 * Which table a topic's rows go to. snowflake.topic2table.map first (the name itself, then patterns), else the topic's name.
 * The v3 class reads v3's grammar, the others v4's. Names come as Snowflake stores them: in upper case unless they were quoted
 * (or, without sanitizing, the topic verbatim).
 */
export class TopicToTable {
  readonly #settings: NamingSettings;
  readonly #entries: readonly TopicToTableEntry[];
  readonly #replace: boolean;

  /** @throws ConfigError where the map is not well formed */
  constructor(settings: NamingSettings) {
    const { generation, topicToTableMap } = settings;
    this.#settings = settings;
    this.#replace = generation !== 'v3' && settings.topicToTableRegexReplacement;
    if (topicToTableMap === '') this.#entries = [];
    else if (generation === 'v3') this.#entries = inHashOrder(parseV3Map(topicToTableMap));
    else this.#entries = parseV4Map(topicToTableMap);
    if (!this.#replace) for (const entry of this.#entries) this.#storedName(entry.table, entry.quoted);
  }

  /** @throws ConfigError where the topic's name or the map's replacement gives no table name */
  tableFor(topic: string): string {
    return this.mappedTable(topic) ?? this.#tableOfTopic(topic);
  }

  /** The map's table; null where it says nothing of this topic. */
  mappedTable(topic: string): string | null {
    const exact = this.#replace ? undefined : this.#entries.find((entry) => entry.topic === topic);
    const entry = exact ?? this.#entries.find(({ pattern }) => pattern.matches(topic));
    if (entry === undefined) return null;
    return this.#storedName(this.#replace ? this.#filled(entry, topic) : entry.table, entry.quoted);
  }

  /** Matcher.replaceFirst: `$1`, `${name}`, `\\` escapes. */
  #filled({ topic: pattern, table, pattern: compiled }: TopicToTableEntry, topic: string): string {
    try {
      return compiled.replaceFirst(topic, table);
    } catch (error) {
      if (!(error instanceof ReplacementError)) throw error;
      throw mapError(`table '${table}' of '${pattern}' cannot be filled in: ${error.message}`);
    }
  }

  #tableOfTopic(topic: string): string {
    return this.#settings.sanitizeTableNames ? sanitizedName(topic).toUpperCase() : topic;
  }

  #storedName(table: string, quoted: boolean): string {
    if (quoted) return table;
    const name = table.toUpperCase();
    return this.#settings.generation === 'v3' ? this.#unqualified(name) : name;
  }

  /** v3 takes `db.schema.table`; channels live in the connector's own database and schema. */
  #unqualified(name: string): string {
    const parts = name.split('.');
    const { database, schema } = this.#settings.account;
    const expected = [database, schema].slice(3 - parts.length).map((part) => part.toUpperCase());
    if (parts.slice(0, -1).some((part, index) => part !== expected[index])) {
      throw mapError(
        `table ${name} is not in ${database}.${schema}: rows go to snowflake.database.name and snowflake.schema.name; use another connector for another schema`,
      );
    }
    return parts.at(-1) ?? name;
  }
}

/** v3 asks its patterns in the order of a Java HashMap. Where several match, that decides. */
const inHashOrder = (entries: readonly TopicToTableEntry[]): readonly TopicToTableEntry[] => {
  let buckets = 16;
  while (entries.length > buckets * 0.75) buckets *= 2;
  const bucketOf = ({ topic }: TopicToTableEntry): number => {
    const hash = javaHashCode(topic);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return entries.toSorted((a, b) => bucketOf(a) - bucketOf(b));
};
