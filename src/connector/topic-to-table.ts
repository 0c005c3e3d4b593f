import { ReplacementError } from '../util/java-pattern.ts';
import { storedName } from '../util/stored-name.ts';
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

  /** Whether the map may send other topics to this one's table as well. */
  mayShare(topic: string): boolean {
    const table = this.mappedTable(topic);
    if (table === null) return false;
    const entries = this.#entries.filter(
      (entry) => this.#replace || this.#storedName(entry.table, entry.quoted) === table,
    );
    return entries.length > 1 || entries.some((entry) => entry.topic !== topic);
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

  /** v3 and our own class read dots outside of quotes as `db.schema.table`; for v4 they belong to the table's name. */
  #storedName(table: string, quoted: boolean): string {
    if (quoted) return table;
    const name = table.toUpperCase();
    return this.#settings.generation === 'v4' ? name : this.#qualified(name);
  }

  /** Alone where it is in the connector's own database and schema, else each part in quotes (api/destination.ts, ChannelSpec). */
  #qualified(name: string): string {
    const parts = name.split('.');
    if (parts.length > 3 || parts.includes(''))
      throw mapError(`table '${name}' is neither a name nor schema.table nor database.schema.table`);
    const { database, schema } = this.#settings.account;
    const own = [database, schema].slice(3 - parts.length).map(storedName);
    const [table = name] = parts.slice(-1);
    const elsewhere = parts.slice(0, -1).some((part, index) => part !== own[index]);
    return elsewhere ? parts.map((part) => `"${part}"`).join('.') : table;
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
