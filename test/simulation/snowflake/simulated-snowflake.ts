import {
  type Commit,
  type CommitOutcome,
  type PipeName,
  StreamingService,
} from '../../../emulator/src/streaming/index.ts';
import type { Column, OffsetQuery, OffsetRun, TableService } from '../../../src/api/index.ts';
import type { HttpReply, HttpRequest, Transport } from '../../../src/destinations/snowpipe-streaming/transport.ts';
import { TransportError } from '../../../src/destinations/snowpipe-streaming/transport.ts';
import type { HostProcess } from '../world/host-process.ts';
import type { Network } from '../world/network.ts';
import { type Scheduler, world } from '../world/scheduler.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import { json, operationOf, refusal, reply, tokenThatLives } from './http-replies.ts';

/** One row as a reader of the table sees it. */
export interface TableRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly id: number | null;
  /** Fields in its RECORD_CONTENT; missing: it has none. */
  readonly fields?: number;
}

export interface AppendedBatch {
  readonly rowCount: number;
  readonly rows: readonly TableRow[];
}

/** What one request meets on its way. */
export interface RequestFault {
  readonly operation: string;
  /** Only requests whose path ends so. */
  readonly path?: string;
  readonly kind:
    | { readonly reply: number; readonly text: string }
    /** The request does not arrive. */
    | 'lost'
    /** It is carried out, its answer does not arrive. */
    | 'answer-lost'
    /** It arrives long after the client has given it up and asked again. */
    | 'late'
    /** It arrives twice. */
    | 'twice'
    /** Answered only when the client has given up. */
    | 'hangs'
    /** A bulk status that is older than one that was given before. */
    | 'stale'
    /** 200 with the same continuation token, and the rows are not taken. */
    | 'swallowed'
    /** 200 with the next one, and the rows are lost: no counter knows of them. */
    | 'discarded';
  times: number;
}

export interface SimulatedSnowflakeOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: SeededRandom;
  readonly commitDelayMs: number;
  readonly tables: readonly string[];
  /** RECORD_CONTENT is a structured OBJECT instead of a VARIANT. */
  readonly isStructured: boolean;
  /** `outgrown`: rejected for want of a field that the structured column has got meanwhile. */
  onCommitted(
    tableId: string,
    rows: readonly TableRow[],
    rejected: readonly TableRow[],
    outgrown: readonly TableRow[],
  ): void;
  /** Rows were taken and never come to the table. */
  onLost(rows: readonly TableRow[]): void;
  /** The same continuation token with other bytes, and the like. */
  onBreach(what: string): void;
  onFault(what: string): void;
}

const accountHost = 'org-acct.snowflakecomputing.com';
const latestMs = 90_000;

/** Snowflake's streaming endpoints: the emulator's state machine behind the client's transport port, on virtual time. */
export class SimulatedSnowflake {
  readonly service: StreamingService<AppendedBatch>;
  readonly faults: RequestFault[] = [];
  /** Table name → id; another id after a replace. */
  readonly tables = new Map<string, string>();
  /** Requests under way, by operation. */
  readonly underWay = new Map<string, number>();
  requests = 0;
  isFrozen = false;
  /** Share of rows that a commit rejects. */
  rejectShare = 0;
  /** Until then every request to the ingest host is answered 503. */
  outageUntilMs = 0;
  #ingest = 0;
  #tokens = new Set<string>();
  readonly #options: SimulatedSnowflakeOptions;
  readonly #bodies = new Map<string, string>();
  readonly #hanging: (() => void)[] = [];
  readonly #offsets = new Map<string, Set<bigint>>();
  /** Fields of the tables' structured column. */
  readonly #fields = new Map<string, readonly string[]>();
  #oldStatuses: HttpReply[] = [];

  constructor(options: SimulatedSnowflakeOptions) {
    this.#options = options;
    for (const table of options.tables) this.tables.set(table, `${table}-0`);
    this.service = new StreamingService<AppendedBatch>(
      {
        resolvePipe: ({ database, schema, pipe }) => {
          const table = pipe.replace(/-STREAMING$/, '');
          const tableId = this.tables.get(table);
          return tableId === undefined ? { missing: 'pipe' } : { table: { database, schema, table }, tableId };
        },
      },
      { commitDelayMs: options.commitDelayMs, channelsPerPipe: 2_000, appendsPerSecond: 10 },
    );
  }

  /** Rows that were accepted and are not in a table yet. */
  get pendingRows(): number {
    let rows = 0;
    for (const { pendingRows } of this.service.channels()) rows += pendingRows;
    return rows;
  }

  /** The same over channels for rows that are sent again; null: there is none. */
  get pendingAgain(): number | null {
    let rows: number | null = null;
    for (const { record, pendingRows } of this.service.channels()) {
      if (record.channel.endsWith('_again')) rows = (rows ?? 0) + pendingRows;
    }
    return rows;
  }

  freeze(isFrozen: boolean): void {
    this.isFrozen = isFrozen;
    if (!isFrozen) this.#commitDue();
  }

  /** Every token is refused from now on. */
  forgetTokens(): void {
    this.#tokens = new Set();
  }

  /** Connections that answer no more are cut. */
  endHanging(): void {
    for (const end of this.#hanging.splice(0)) end();
  }

  failOver(): void {
    this.#ingest++;
  }

  /** CREATE OR REPLACE TABLE. */
  replaceTable(table: string): void {
    const [, count = '0'] = /-(\d+)$/.exec(this.tables.get(table) ?? '') ?? [];
    this.tables.set(table, `${table}-${Number(count) + 1}`);
  }

  /** Somebody gives the structured column one more field, which rows without it do not fit, not even those that are on their way. */
  growColumn(table: string): void {
    const fields = this.#fieldsOf(table);
    this.#fields.set(table, [...fields, `f${fields.length}`]);
  }

  #fieldsOf(table: string): readonly string[] {
    return this.#fields.get(table) ?? contentFields;
  }

  pipeOf(table: string): PipeName {
    return { database: 'DB', schema: 'PUBLIC', pipe: `${table}-STREAMING` };
  }

  /** Rows that another connector has written, durable with its channel's token. */
  storeBefore(table: string, channel: string, rows: readonly TableRow[]): void {
    const { nowMs } = this.#options.scheduler;
    const pipe = this.pipeOf(table);
    const opened = this.service.open(pipe, channel, { offsetToken: null, failOnUncommittedRows: false }, nowMs);
    this.service.append(
      pipe,
      channel,
      {
        continuationToken: opened.ok?.nextContinuationToken ?? '',
        startOffsetToken: String(rows[0]?.offset),
        endOffsetToken: String(rows.at(-1)?.offset),
        rows: { rowCount: rows.length, rows },
      },
      nowMs,
    );
    for (const commit of this.service.takeDue(nowMs, 0)) this.service.settle(commit, this.#write(commit), nowMs);
  }

  /** Highest offset of a row, by partition. */
  highestRows(table: string, topic: string): ReadonlyMap<number, bigint> {
    const highest = new Map<number, bigint>();
    for (const [key, offsets] of this.#offsets) {
      const [tableId, ofTopic, partition] = key.split(' ');
      if (tableId !== this.tables.get(table) || ofTopic !== topic || offsets.size === 0) continue;
      highest.set(
        Number(partition),
        [...offsets].reduce((a, b) => (a > b ? a : b)),
      );
    }
    return highest;
  }

  transport(process: HostProcess): Transport {
    return { request: (request) => this.#request(process, request), close: async () => {} };
  }

  tableService(process: HostProcess): TableService {
    const { network, isStructured } = this.#options;
    const column = (name: string, type: string): Column => ({ name, type, nullable: true, hasDefault: false });
    const contentType = (table: string): string =>
      isStructured ? `OBJECT(${this.#fieldsOf(table).map(fieldType).join(', ')})` : 'VARIANT';
    return {
      describe: (table) =>
        network.call(process, 'describe', () =>
          this.tables.has(table)
            ? [column('RECORD_METADATA', 'VARIANT'), column('RECORD_CONTENT', contentType(table))]
            : null,
        ),
      create: (table) => network.call(process, 'create', () => void this.tables.set(table, `${table}-0`)),
      evolution: async () => 'disabled',
      isIceberg: async () => false,
      alter: async () => {},
      plan: async () => [],
      offsets: (table, query) => {
        let isCounted = false;
        const runs = network.call(process, 'select', () => {
          if (isCounted) this.#count('select', -1);
          return this.#runsOf(table, query);
        });
        isCounted = process.state !== 'dead';
        if (isCounted) this.#count('select', 1);
        return runs;
      },
      close: async () => {},
    };
  }

  #request(process: HostProcess, request: HttpRequest): Promise<HttpReply> {
    const { network, scheduler } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
    const operation = operationOf(request);
    this.requests++;
    if (!process.enter(operation)) return promise;
    const fault = this.#faultFor(operation, request.url);
    const body = request.body === null ? '' : Buffer.concat(request.body).toString();
    this.#count(operation, 1);
    let isOver = false;
    const over = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      this.#count(operation, -1);
      request.signal.removeEventListener('abort', gaveUp);
      settle();
    };
    const gaveUp = (): void => over(() => reject(request.signal.reason));
    request.signal.addEventListener('abort', gaveUp, { once: true });
    const answer = (settle: () => void): void => void scheduler.after(network.latencyMs(), process, () => over(settle));
    const arrive = (afterMs: number, isAnswered: boolean): void => {
      scheduler.after(afterMs, world, () => {
        const kind = fault?.kind;
        const answered =
          typeof kind === 'object' ? reply(kind.reply, kind.text) : this.#handle(request, operation, body, kind);
        if (isAnswered) answer(() => resolve(answered));
      });
    };
    const latencyMs = network.latencyMs();
    const broken = (code: string): void => answer(() => reject(new TransportError(code, 'the simulated network')));
    switch (fault?.kind) {
      case 'lost':
        broken('ECONNREFUSED');
        break;
      case 'answer-lost':
        arrive(latencyMs, false);
        scheduler.after(latencyMs + 1, world, () => broken('ECONNRESET'));
        break;
      case 'late':
        arrive(this.#options.random.between(500, latestMs), false);
        broken('ECONNRESET');
        break;
      case 'twice':
        arrive(latencyMs, true);
        arrive(latencyMs + this.#options.random.between(1, 5000), false);
        break;
      case 'hangs':
        arrive(latencyMs, false);
        this.#hanging.push(() => broken('ECONNRESET'));
        break;
      default:
        arrive(latencyMs, true);
    }
    return promise;
  }

  #faultFor(operation: string, url: string): RequestFault | null {
    const isMeant = (one: RequestFault): boolean =>
      (one.operation === operation || one.operation === 'any') && (one.path === undefined || url.includes(one.path));
    const fault = this.faults.find(isMeant);
    if (fault === undefined) return null;
    if (--fault.times === 0) this.faults.splice(this.faults.indexOf(fault), 1);
    const { kind } = fault;
    this.#options.onFault(`${operation} ${typeof kind === 'object' ? `answered ${kind.reply}` : kind}`);
    return fault;
  }

  #count(operation: string, by: number): void {
    this.underWay.set(operation, (this.underWay.get(operation) ?? 0) + by);
  }

  #handle(request: HttpRequest, operation: string, body: string, fault: unknown): HttpReply {
    const { nowMs } = this.#options.scheduler;
    const url = new URL(request.url);
    if (operation === 'hostname') return reply(200, this.#ingestHost);
    if (operation === 'token') {
      const token = tokenThatLives(nowMs, 3600, this.requests);
      this.#tokens.add(token);
      return reply(200, token);
    }
    if (nowMs < this.outageUntilMs) return reply(503, 'Service Unavailable');
    if (url.hostname !== this.#ingestHost) return reply(410, 'Gone');
    const token = request.headers['authorization']?.replace('Bearer ', '') ?? '';
    if (!this.#tokens.has(token)) return reply(401, '{"code":"390303"}');
    const { name, channel } = addressOf(url);
    switch (operation) {
      case 'status':
        return this.#status(name, body, fault === 'stale');
      case 'drop': {
        const dropped = this.service.drop(name, channel, false);
        return dropped.error === undefined ? json(200, {}) : refusal(dropped.error);
      }
      case 'open':
        return this.#open(name, channel, body);
      default:
        return this.#append(name, channel, url, body, fault);
    }
  }

  get #ingestHost(): string {
    return `ingest${this.#ingest}.${accountHost}`;
  }

  #status(name: PipeName, body: string, isStale: boolean): HttpReply {
    const old = this.#oldStatuses[this.#options.random.between(0, 3)];
    if (isStale && old !== undefined) return old;
    const status = this.service.status(name, JSON.parse(body).channel_names);
    const answer = status.error === undefined ? json(200, { channel_statuses: status.ok }) : refusal(status.error);
    this.#oldStatuses = [...this.#oldStatuses, answer].slice(-4);
    return answer;
  }

  #open(name: PipeName, channel: string, body: string): HttpReply {
    const failOnUncommittedRows = JSON.parse(body).fail_on_uncommitted_rows === true;
    const request = { offsetToken: null, failOnUncommittedRows };
    const opened = this.service.open(name, channel, request, this.#options.scheduler.nowMs);
    if (opened.error !== undefined) return refusal(opened.error);
    const { nextContinuationToken, status } = opened.ok;
    return json(200, { next_continuation_token: nextContinuationToken, channel_status: status });
  }

  #append(name: PipeName, channel: string, url: URL, body: string, fault: unknown): HttpReply {
    const { scheduler } = this.#options;
    const given = url.searchParams.get('continuationToken') ?? '';
    if (fault === 'swallowed') return json(200, { next_continuation_token: given, status_code: 0 });
    const appended = this.service.append(
      name,
      channel,
      {
        continuationToken: given,
        startOffsetToken: url.searchParams.get('startOffsetToken'),
        endOffsetToken: fault === 'discarded' ? null : url.searchParams.get('endOffsetToken'),
        rows: fault === 'discarded' ? batchOf('') : batchOf(body),
      },
      scheduler.nowMs,
    );
    if (appended.error !== undefined) return refusal(appended.error);
    this.#checkIdentical(`${name.pipe} ${channel} ${given}`, body);
    if (fault === 'discarded' && appended.ok.taken) this.#options.onLost(batchOf(body).rows);
    const { commitDelayMs } = this.#options;
    if (appended.ok.taken) scheduler.after(commitDelayMs, world, () => this.#commitDue());
    return json(200, { next_continuation_token: appended.ok.nextContinuationToken, status_code: 0 });
  }

  /** What is sent under a continuation token again must be what was sent under it before. */
  #checkIdentical(key: string, body: string): void {
    const before = this.#bodies.get(key);
    if (before === undefined) this.#bodies.set(key, body);
    else if (before !== body) this.#options.onBreach(`another body was sent under continuation token ${key}`);
  }

  #commitDue(): void {
    if (this.isFrozen) return;
    const { nowMs } = this.#options.scheduler;
    for (const commit of this.service.takeDue(nowMs)) {
      this.service.settle(commit, this.#write(commit), nowMs);
    }
  }

  #stored(tableId: string, topic: string, partition: number): Set<bigint> {
    const key = `${tableId} ${topic} ${partition}`;
    const offsets = this.#offsets.get(key) ?? new Set();
    this.#offsets.set(key, offsets);
    return offsets;
  }

  #runsOf(table: string, { topic, partition, from, to }: OffsetQuery): OffsetRun[] {
    const stored = this.#stored(this.tables.get(table) ?? '', topic ?? '', partition);
    const runs: { first: string; last: string }[] = [];
    for (const offset of [...stored].sort((a, b) => (a < b ? -1 : 1))) {
      if (offset < BigInt(from) || offset > BigInt(to)) continue;
      const run = runs.at(-1);
      if (run !== undefined && BigInt(run.last) + 1n === offset) run.last = String(offset);
      else runs.push({ first: String(offset), last: String(offset) });
    }
    return runs;
  }

  #write({ batches, target }: Commit<AppendedBatch>): CommitOutcome {
    const { random, onCommitted, isStructured } = this.#options;
    const kept: TableRow[] = [];
    const rejected: TableRow[] = [];
    const outgrown: TableRow[] = [];
    const wanted = isStructured ? this.#fieldsOf(target.table.table).length : 0;
    let upperBound: string | null = null;
    for (const { rows, endOffsetToken } of batches) {
      for (const row of rows.rows) {
        if (this.rejectShare > 0 && random.chance(this.rejectShare)) {
          rejected.push(row);
          upperBound = endOffsetToken;
        } else if (row.fields !== undefined && row.fields < wanted) {
          outgrown.push(row);
          upperBound = endOffsetToken;
        } else kept.push(row);
      }
    }
    for (const { topic, partition, offset } of kept) this.#stored(target.tableId, topic, partition).add(offset);
    onCommitted(target.tableId, kept, rejected, outgrown);
    const rowsErrorCount = rejected.length + outgrown.length;
    const lastError = rowsErrorCount === 0 ? null : { message: 'simulated rejection', offsetUpperBound: upperBound };
    return { rowsInserted: kept.length, rowsErrorCount, lastError };
  }
}

/** Of the records that the load generator makes. */
const contentFields: readonly string[] = ['id', 'p', 'a'];

const fieldType = (name: string): string =>
  `${name} ${name === 'id' || name === 'a' ? 'NUMBER(38,0)' : 'VARCHAR(16777216)'}`;

const addressOf = ({ pathname }: URL): { readonly name: PipeName; readonly channel: string } => {
  const [, pipe = '', rest = ''] = /pipes\/([^/:]*)(.*)$/.exec(pathname) ?? [];
  const name = { database: 'DB', schema: 'PUBLIC', pipe: decodeURIComponent(pipe) };
  return { name, channel: decodeURIComponent(rest.split('/')[2] ?? '') };
};

const batchOf = (body: string): AppendedBatch => {
  const lines = body.split('\n').filter((line) => line !== '');
  const rows = lines.map((line) => {
    const { RECORD_METADATA: at, RECORD_CONTENT: content } = JSON.parse(line);
    return {
      ...{ topic: at.topic, partition: at.partition, offset: BigInt(at.offset), id: Number(at.key) },
      ...(content && { fields: Object.keys(content).length }),
    };
  });
  return { rowCount: rows.length, rows };
};
