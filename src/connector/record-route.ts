import { ConfigError, DataError, type SinkRecord } from '../api/index.ts';
import { type Source, sourceOf } from './extra-columns.ts';

export const routeKey = 'snowsink.table.from';

/** Names a topic in place of the record's own, by which its table is found. Longer ones cannot be topics, nor tables. */
const maxLength = 249;

/** snowsink.table.from: which of a record's parts (`$header.NAME`, `$.path`, `$key`) names its table, as a topic would. */
export class RecordRoute {
  readonly #from: string;
  readonly #source: Source;

  /** @throws ConfigError */
  constructor(from: string) {
    const source = from === '$now' || from === '$offset' ? null : sourceOf(from);
    if (source === null)
      throw new ConfigError([
        { key: routeKey, message: `'${from}' is none of $header.NAME, $.path, $key, $topic and $partition` },
      ]);
    this.#from = from;
    this.#source = source;
  }

  /** The record's own topic where it has nothing there. @throws DataError where it has no text there */
  topicOf(record: SinkRecord): string {
    const { value } = this.#source(record, 0);
    if (value === null || value === undefined || value === '') return record.topic;
    if ((typeof value === 'string' && value.length <= maxLength) || typeof value === 'number') return String(value);
    throw new DataError(`${routeKey}=${this.#from}: the record has no text there, or one too long for a name`);
  }
}
