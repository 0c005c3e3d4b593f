import { ConfigError, logicalNames, type Schema, type SinkRecord, Struct } from '../api/index.ts';
import type { RecordColumn } from './record-columns.ts';

export const columnsKey = 'snowsink.columns';

export type Source = (record: SinkRecord, nowMs: number) => Pick<RecordColumn, 'schema' | 'value'>;

interface ExtraColumn {
  /** Null: of every topic. */
  readonly topic: string | null;
  /** As stored. */
  readonly column: string;
  readonly source: Source;
  /** The top-level field that goes here instead of its own column; null: none. */
  readonly renames: string | null;
}

const schemaOf = (type: Schema['type'], name?: string): Schema => ({
  type,
  optional: true,
  ...(name === undefined ? {} : { name }),
});
const text = schemaOf('STRING');
const int32 = schemaOf('INT32');
const int64 = schemaOf('INT64');
const timestamp = schemaOf('INT64', logicalNames.timestamp);

const sources: Readonly<Record<string, Source>> = {
  $topic: ({ topic }) => ({ schema: text, value: topic }),
  $partition: ({ original }) => ({ schema: int32, value: original.partition }),
  $offset: ({ original }) => ({ schema: int64, value: original.record.offset }),
  $timestamp: (record) => ({
    schema: timestamp,
    value: record.timestamp === null ? null : new Date(Number(record.timestamp)),
  }),
  $now: (_record, nowMs) => ({ schema: timestamp, value: new Date(nowMs) }),
  $key: ({ keySchema, key }) => ({ schema: keySchema, value: key }),
};

/**
 * snowsink.columns: `COLUMN=source,…`, a topic before the column limits an entry to it (`orders:COLUMN=source`). Sources: `$topic`,
 * `$partition`, `$offset`, `$timestamp`, `$now`, `$key`, `$header.NAME`, and `$.path` into the record's value; a path of one name gives
 * that field another column.
 */
export class ExtraColumns {
  readonly #all: readonly ExtraColumn[];
  readonly #byTopic = new Map<string, readonly ExtraColumn[]>();

  /** @throws ConfigError where an entry is not well formed */
  constructor(entries: string) {
    this.#all = entries.trim() === '' ? [] : entries.split(',').map(entry);
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** The columns of this record beside those of its fields. */
  fields(record: SinkRecord, nowMs: number): readonly RecordColumn[] {
    return this.#of(record.topic).map(({ column, source }) => ({ name: column, ...source(record, nowMs) }));
  }

  /** Whether a top-level field goes to one of these columns instead of its own. */
  takesOver(topic: string, field: string): boolean {
    return this.#of(topic).some(({ renames }) => renames === field);
  }

  /** A topic's own entry comes before the one of all topics for the same column. */
  #of(topic: string): readonly ExtraColumn[] {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) return known;
    const meant = new Map<string, ExtraColumn>();
    for (const one of this.#all) if (one.topic === null) meant.set(one.column, one);
    for (const one of this.#all) if (one.topic === topic) meant.set(one.column, one);
    const columns = [...meant.values()];
    this.#byTopic.set(topic, columns);
    return columns;
  }
}

const pattern = /^\s*(?:([\w.-]+)\s*:)?\s*("(?:[^"]|"")+"|[A-Za-z_][\w$]*)\s*=\s*(\$\S+)\s*$/;

const entry = (given: string): ExtraColumn => {
  const match = pattern.exec(given);
  const [, topic, column = '', from = ''] = match ?? [];
  const source = match === null ? null : sourceOf(from);
  if (source === null) {
    throw new ConfigError([
      {
        key: columnsKey,
        message: `'${given.trim()}' is not of the form COLUMN=source or topic:COLUMN=source, with $topic, $partition, $offset, $timestamp, $now, $key, $header.NAME or $.path for the source`,
      },
    ]);
  }
  const path = pathOf(from);
  const stored = column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column.toUpperCase();
  return { topic: topic ?? null, column: stored, source, renames: path?.length === 1 ? (path[0] ?? null) : null };
};

const pathOf = (from: string): readonly string[] | null => {
  const names = from.startsWith('$.') ? from.slice(2).split('.') : [];
  return names.length === 0 || names.includes('') ? null : names;
};

/** `$topic`, `$header.NAME`, `$.path`, …; null for what is no source. */
export const sourceOf = (from: string): Source | null => {
  const path = pathOf(from);
  if (path !== null) return (record) => atPath(path, record.valueSchema, record.value);
  const header = /^\$header\.(.+)$/.exec(from)?.[1];
  if (header !== undefined) return (record) => record.headers.findLast(({ name }) => name === header) ?? nothing;
  return sources[from] ?? null;
};

const nothing = { schema: null, value: null };

const atPath = (path: readonly string[], schema: Schema | null, value: unknown): ReturnType<Source> => {
  let at: { schema: Schema | null; value: unknown } = { schema, value };
  for (const name of path) {
    const { value: inside } = at;
    if (inside instanceof Struct) {
      const field = inside.schema.fields?.find((one) => one.name === name);
      if (field === undefined) return nothing;
      at = { schema: field.schema, value: inside.get(name) };
    } else if (inside instanceof Map) at = { schema: at.schema?.valueSchema ?? null, value: inside.get(name) ?? null };
    else return nothing;
  }
  return at;
};
