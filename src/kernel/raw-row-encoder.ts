import type { Clock, FetchedBatch, RecordBatch, RecordView, RowSink } from '../api/index.ts';
import { BatchOpener } from './batch-opener.ts';
import { ColumnPlan, type RowColumns } from './column-plan.ts';
import { corruptBatch, readOrCorrupt } from './corrupt-batch.ts';
import { headerModes, keyModes, stopReasons, timeKinds } from './kernel.ts';
import { defaultMemoryOptions, KernelMemory, type KernelMemoryOptions } from './kernel-memory.ts';
import { hasPrefixFields, metadataPrefix, type RowMetadata } from './metadata-prefix.ts';
import { RecordCursor } from './record-bytes.ts';
import { type RecordRun, RecordRuns } from './record-runs.ts';
import { RowSlots, SlotWriter } from './slot-writer.ts';

/** Decides what bytes alone do not settle. Views passed in hold until the answer. Whatever it throws ends `encode`. */
export interface RawRowHost {
  /** JSON fields of RECORD_METADATA like `,"key":1,"headers":{"a":"b"}`, or ''. null: no row for this record. */
  keyAndHeaders(record: RecordView): string | null | Promise<string | null>;
  /**
   * The whole row, without a line break, of a record that the kernel does not accept: not strict JSON, null or empty, the literal
   * null, a time before 1970, larger than any room, or a row that may not go as it is. null: no row for this record.
   */
  row(record: RecordView, before: RowsBefore): Uint8Array | null | Promise<Uint8Array | null>;
  /** Into which columns rows go now: asked again after each `row`, which may alter the table. Without it into RECORD_CONTENT. */
  columns?(): RowColumns;
  /** Nobody wants the rest: `encode` ends. */
  isAbandoned?(): boolean;
}

/** Rows of earlier records that the sink does not have yet. */
export interface RowsBefore {
  handOver(): Promise<void>;
}

export interface RawRowEncoderOptions {
  /** null: rows are RECORD_CONTENT alone. */
  readonly metadata: RowMetadata | null;
  /** How keys become JSON: as strings (StringConverter), as JSON text (JsonConverter without schemas), or by the host. */
  readonly key: 'string' | 'json' | 'host';
  /**
   * How header values do: as strings (StringConverter), by what they look like (SimpleHeaderConverter), with types or each as text, or by
   * the host. Whatever the way, those that need all of Connect's rules are the host's.
   */
  readonly headers: 'string' | 'simple' | 'simpleText' | 'host';
  /** check.crcs */
  readonly checkCrcs: boolean;
  readonly clock: Clock;
  /** Rows longer than this are the host's. */
  readonly maxRowBytes: number;
  /** Asked of a row that is longer than a slot, without its line break; false: it is the host's too. */
  readonly isSendable?: (row: Uint8Array) => boolean;
  /** Sizes of the memory; the defaults suit fetches of 4 MiB. */
  readonly memory?: Partial<KernelMemoryOptions>;
}

/** What one call of `encode` works with. */
interface Encoding {
  readonly batch: FetchedBatch;
  readonly from: bigint;
  readonly host: RawRowHost;
  readonly writer: SlotWriter;
  prefixLength: number;
}

/** Where the kernel stopped in a run, and why. */
interface Stop {
  /** Records that are done. */
  readonly done: number;
  readonly reason: number;
  /** The record that it stopped at, and the one behind it. */
  readonly at: number;
  readonly next: number;
}

const contradiction = 'the lengths in its records contradict each other';

const isAbandoned = (host: RawRowHost): boolean => host.isAbandoned?.() === true;

/** The most that `maxRow` can say in the kernel's 32-bit numbers. */
const largestRowBytes = 0x7fffffff;

/**
 * The raw path: Kafka's bytes → NDJSON rows `{"RECORD_CONTENT":<value>,"RECORD_METADATA":{…}}`, the value spliced in as it is once it
 * proves to be strict JSON (RFC 8259, UTF-8, at most 1,000 levels; names may repeat); or `{"COLUMN":<member>,…,"RECORD_METADATA":{…}}`.
 * Line breaks between tokens become spaces. Calls of `encode` run one after the other.
 */
export class RawRowEncoder {
  readonly #metadata: RowMetadata | null;
  readonly #clock: Clock;
  readonly #memory: KernelMemory;
  readonly #slots: { readonly usual: RowSlots; readonly large: RowSlots };
  readonly #isSendable: (row: Uint8Array) => boolean;
  readonly #runs: RecordRuns;
  readonly #plan: ColumnPlan;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: RawRowEncoderOptions) {
    const { metadata, key, headers, checkCrcs, clock, maxRowBytes, isSendable, memory } = options;
    this.#metadata = metadata;
    this.#clock = clock;
    this.#memory = new KernelMemory({ ...defaultMemoryOptions, ...memory });
    this.#slots = { usual: new RowSlots(this.#memory.slots), large: new RowSlots([this.#memory.largeRow]) };
    this.#isSendable = isSendable ?? (() => true);
    this.#runs = new RecordRuns(this.#memory, new BatchOpener(), checkCrcs);
    this.#plan = new ColumnPlan(this.#memory);
    this.#memory.kernel.configure(
      keyModes[key],
      headerModes[headers],
      metadata !== null,
      metadata?.offsetAndPartition ?? false,
      metadata !== null && !hasPrefixFields(metadata),
      Math.min(maxRowBytes, largestRowBytes),
    );
  }

  /**
   * Room for a fetched answer in the kernel's memory, which spares a copy; null: too large for it. It is the same room each time:
   * whoever asks must be through with the answer before.
   */
  place(bytes: number): Uint8Array | null {
    const { heap, place } = this.#memory;
    return bytes <= place.bytes ? heap.subarray(place.at, place.at + bytes) : null;
  }

  /**
   * Rows of all records at offset `from` and above go to the sink, in offset order; it has taken them all when the promise
   * resolves. Rejects with a ConnectError for a damaged batch, and with whatever sink or host throw: rows that the sink has
   * taken by then stay taken.
   */
  encode(batch: FetchedBatch, from: bigint, sink: RowSink, host: RawRowHost): Promise<void> {
    const turn = this.#turn.then(() => this.#encode(batch, from, sink, host));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #encode(batch: FetchedBatch, from: bigint, sink: RowSink, host: RawRowHost): Promise<void> {
    const untilPushTime = this.#writePrefix(batch);
    const writer = new SlotWriter(this.#memory.heap, this.#slots, sink, () => {
      encoding.prefixLength = untilPushTime + this.#writePushTime(untilPushTime);
    });
    const encoding: Encoding = { batch, from, host, writer, prefixLength: 0 };
    try {
      for (const recordBatch of batch.batches) {
        if (recordBatch.lastOffset < from) continue;
        for (const run of this.#runs.of(recordBatch, batch)) {
          if ('large' in run) await this.#hostRow(encoding, run.large);
          else {
            const rest = this.#fillSlot(encoding, recordBatch, run);
            if (rest !== null) await this.#encodeRun(encoding, recordBatch, rest);
          }
          if (isAbandoned(host)) return await writer.finish();
        }
      }
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  /** What is left of the run when the kernel needs a new slot or the host; null: nothing, as mostly, and nobody has waited. */
  #fillSlot(encoding: Encoding, batch: RecordBatch, run: RecordRun): RecordRun | null {
    const { writer } = encoding;
    if (!writer.isOpen || writer.isLarge || writer.rowRoom < run.count) return run;
    const { done, reason, at } = this.#rows(encoding, batch, run, -1);
    if (reason === stopReasons.done && at === run.to) return null;
    return { from: at, to: run.to, count: run.count - done };
  }

  async #encodeRun(encoding: Encoding, batch: RecordBatch, run: RecordRun): Promise<void> {
    const { heap } = this.#memory;
    const { writer } = encoding;
    let at = run.from;
    let left = run.count;
    let fragmentLength = -1;
    while (left > 0) {
      if (isAbandoned(encoding.host)) return;
      if (writer.rowRoom === 0) await writer.handOver();
      if (!writer.isOpen) await writer.open();
      const count = Math.min(left, writer.rowRoom);
      const stop = this.#rows(encoding, batch, { from: at, to: run.to, count }, fragmentLength);
      const { done, reason, next } = stop;
      left -= done;
      at = stop.at;
      if (done > 0) fragmentLength = -1;
      if (reason === stopReasons.done) continue;
      if (reason === stopReasons.corrupt) throw corruptBatch(encoding.batch, batch, contradiction);
      if (reason === stopReasons.noRoom && !(writer.isLarge && writer.rowCount === 0)) {
        const isForLarge = writer.rowCount === 0;
        await writer.handOver();
        if (isForLarge) await writer.open(true);
        continue;
      }
      if (reason === stopReasons.asked && this.#plan.answer()) continue;
      const record = readOrCorrupt(batch, encoding.batch, () => new RecordCursor(heap, at, next).next(batch));
      if (reason === stopReasons.fragment) {
        fragmentLength = await this.#writeFragment(encoding, record);
        if (fragmentLength >= 0) continue;
      } else await this.#hostRow(encoding, record);
      this.#plan.forgetAnswers();
      fragmentLength = -1;
      at = next;
      left--;
    }
    if (at === run.to) return;
    const what = at > run.to ? contradiction : `${run.to - at} bytes are left behind its records`;
    throw corruptBatch(encoding.batch, batch, what);
  }

  /** One call of the kernel: rows into the open slot until it stops. */
  #rows(
    { writer, from, prefixLength, host }: Encoding,
    batch: RecordBatch,
    run: RecordRun,
    fragmentLength: number,
  ): Stop {
    const { heap, kernel, prefix, fragment } = this.#memory;
    const timeKind = this.#metadata?.createTime ? timeKinds[batch.timestampType] : timeKinds.NoTimestampType;
    const time = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : batch.baseTimestamp;
    this.#plan.use(host.columns?.() ?? null);
    const done = kernel.rows(
      run.from,
      run.to,
      run.count,
      batch.baseOffset,
      time,
      timeKind,
      from,
      writer.target,
      writer.limit,
      prefix.at,
      prefixLength,
      fragment.at,
      fragmentLength,
    );
    if (done > 0) this.#plan.forgetAnswers();
    const [end, written] = [kernel.out.value, kernel.written.value];
    if (writer.isLarge && written > 0 && !this.#isSendable(heap.subarray(writer.target, end - 1)))
      return { done: 0, reason: stopReasons.hostRow, at: run.from, next: kernel.at.value };
    writer.wrote(written, end, kernel.firstOffset.value, kernel.lastOffset.value);
    return { done, reason: kernel.status.value, at: kernel.at.value, next: kernel.next.value };
  }

  async #hostRow({ host, writer, from }: Encoding, record: RecordView): Promise<void> {
    if (record.offset < from) return;
    const row = await host.row(record, writer);
    if (row !== null) await writer.append(row, record.offset);
  }

  /** Length of the fragment that the host made; -1 where the record is settled without one. */
  async #writeFragment(encoding: Encoding, record: RecordView): Promise<number> {
    const made = encoding.host.keyAndHeaders(record);
    const text = typeof made === 'object' && made !== null ? await made : made;
    if (text === null) return -1;
    const { heap, fragment } = this.#memory;
    if (text.length * 3 <= fragment.bytes || Buffer.byteLength(text) <= fragment.bytes)
      return heap.write(text, fragment.at, 'utf8');
    await this.#hostRow(encoding, record);
    return -1;
  }

  /** Both answer how many bytes they wrote. */
  #writePrefix(batch: FetchedBatch): number {
    if (this.#metadata === null) return 0;
    return this.#memory.heap.write(metadataPrefix(this.#metadata, batch), this.#memory.prefix.at, 'utf8');
  }

  #writePushTime(behind: number): number {
    if (this.#metadata?.pushTime !== true) return 0;
    return this.#memory.heap.write(String(Math.floor(this.#clock.now())), this.#memory.prefix.at + behind, 'latin1');
  }
}
