import {
  asObject,
  numberField,
  objectField,
  parseJson,
  textField,
} from '../../destinations/snowpipe-streaming/json-reply.ts';
import { systemClock } from '../../util/system-clock.ts';
import type { ScratchTable } from './scratch-table.ts';
import { continuationOf, newChannelName, type WireClient, type WireReply } from './wire-client.ts';

/** Snowflake did something else than what exactly-once rests on. */
export class ProbeFailedError extends Error {
  override readonly name = 'ProbeFailedError';
}

/** `seen`: what was answered, in the words of the answer. */
export function must(holds: boolean, seen: string): asserts holds {
  if (!holds) throw new ProbeFailedError(seen);
}

export interface Probe {
  readonly name: string;
  /** What is relied on. */
  readonly claim: string;
  /** Answers what was seen. @throws ProbeFailedError with the same */
  run(bench: ProbeBench): Promise<string>;
}

export interface ProbeStatus {
  readonly committed: number | null;
  readonly inserted: number;
  readonly errors: number;
  readonly lastError: string | null;
  readonly createdOnMs: string | null;
  readonly code: string | null;
}

const readStatus = (json: ReturnType<typeof asObject>): ProbeStatus => ({
  committed: numberField(json, 'last_committed_offset_token'),
  inserted: numberField(json, 'rows_inserted') ?? 0,
  errors: numberField(json, 'rows_error_count', 'rows_errors') ?? 0,
  lastError: textField(json, 'last_error_message'),
  createdOnMs: textField(json, 'created_on_ms'),
  code: textField(json, 'channel_status_code'),
});

export const said = ({ status, code, text }: WireReply): string =>
  `HTTP ${status}${code === null ? '' : ` ${code}`}${status < 400 ? '' : `: ${text.trim().slice(0, 160)}`}`;

const pollMs = 250;

/** What probes do over and over. */
export class ProbeBench {
  readonly wire: WireClient;
  readonly table: ScratchTable;
  /** Milliseconds from an append's answer until a status had its token. */
  readonly commitLatenciesMs: number[] = [];
  readonly commitTimeoutMs: number;

  constructor(wire: WireClient, table: ScratchTable, commitTimeoutMs: number) {
    this.wire = wire;
    this.table = table;
    this.commitTimeoutMs = commitTimeoutMs;
  }

  /** A channel that nobody had before. */
  async newChannel(): Promise<{ readonly name: string; readonly token: string }> {
    const name = newChannelName();
    const { token } = await this.open(name);
    return { name, token };
  }

  async open(name: string, failOnUncommittedRows = true) {
    const reply = await this.wire.open(name, failOnUncommittedRows);
    const token = continuationOf(reply);
    must(reply.status === 200 && token !== null, `the open was answered ${said(reply)}`);
    return { token, status: readStatus(objectField(asObject(parseJson(reply.text)), 'channel_status')) };
  }

  rows(channel: string, first: number, count: number): readonly object[] {
    return Array.from({ length: count }, (_, index) => ({ CHANNEL: channel, ID: first + index }));
  }

  /** Accepted; answers the continuation token that follows. */
  async append(channel: string, token: string, first: number, rows: readonly object[]): Promise<string> {
    const reply = await this.wire.append(channel, token, first, rows);
    const next = continuationOf(reply);
    must(reply.status === 200 && next !== null, `the append was answered ${said(reply)}`);
    return next;
  }

  /** Null: Snowflake does not know the channel. */
  async status(channel: string): Promise<ProbeStatus | null> {
    const reply = await this.wire.status(channel);
    must(reply.status === 200, `the status was answered ${said(reply)}`);
    const one = objectField(objectField(asObject(parseJson(reply.text)), 'channel_statuses'), channel);
    return one === null ? null : readStatus(one);
  }

  /** The first status that has the token. */
  async committed(channel: string, token: number): Promise<ProbeStatus> {
    const since = systemClock.now();
    for (;;) {
      const status = await this.status(channel);
      const waitedMs = systemClock.now() - since;
      if (status !== null && (status.committed ?? -1) >= token) {
        this.commitLatenciesMs.push(waitedMs);
        return status;
      }
      must(waitedMs < this.commitTimeoutMs, `token ${token} was not committed within ${waitedMs} ms`);
      await systemClock.sleep(pollMs);
    }
  }
}
