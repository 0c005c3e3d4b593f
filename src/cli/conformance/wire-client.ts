import { randomUUID } from 'node:crypto';
import { type SnowflakeAccount, silentLogger } from '../../api/index.ts';
import { CurrentSignIn } from '../../destinations/sign-in/current-sign-in.ts';
import { HttpTransport } from '../../destinations/snowpipe-streaming/http-transport.ts';
import { asObject, parseJson, readErrorBody, textField } from '../../destinations/snowpipe-streaming/json-reply.ts';
import { Refusals } from '../../destinations/snowpipe-streaming/refusals.ts';
import {
  appendCall,
  type Call,
  dropCall,
  openCall,
  type PipeName,
  statusCall,
} from '../../destinations/snowpipe-streaming/request-builder.ts';
import { RequestSender } from '../../destinations/snowpipe-streaming/request-sender.ts';
import { Session } from '../../destinations/snowpipe-streaming/session.ts';
import type { HttpReply, HttpRequest, Transport } from '../../destinations/snowpipe-streaming/transport.ts';
import { systemClock } from '../../util/system-clock.ts';

/** What Snowflake itself said: nothing is read into it. */
export interface WireReply {
  readonly status: number;
  /** Of an error body; null: none. */
  readonly code: string | null;
  readonly text: string;
}

/** Remembers the last answer of the ingest host, refusals too. */
class Recorder implements Transport {
  readonly #http: Transport;
  last: WireReply | null = null;

  constructor(http: Transport) {
    this.#http = http;
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    const { status, headers, text: read } = await this.#read(request);
    if (request.endpoint === 'ingest')
      this.last = { status, code: status < 400 ? null : readErrorBody(read).code, text: read };
    return { status, headers, text: async () => read };
  }

  async #read(request: HttpRequest) {
    const reply = await this.#http.request(request);
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

const callLimitMs = 120_000;

/** The requests of the streaming client one at a time, answered as they come over the wire. */
export class WireClient {
  readonly #recorder: Recorder;
  readonly #session: Session;
  readonly #closing = new AbortController();
  readonly #pipe: PipeName;

  constructor(account: SnowflakeAccount, table: string) {
    const { database, schema, proxy = null } = account;
    this.#pipe = { database, schema, table };
    const http = new HttpTransport({ connections: 2, connectTimeoutMs: 20_000, proxy });
    this.#recorder = new Recorder(http);
    const clock = systemClock;
    const logger = silentLogger;
    const signIn = new CurrentSignIn({ account, clock, transport: http, logger });
    const refusals = new Refusals(account, () => signIn.get().advice);
    const transport = this.#recorder;
    const sender = new RequestSender({
      transport,
      clock,
      random: Math.random,
      logger,
      refusals,
      firstContactMs: 30_000,
    });
    const closing = this.#closing.signal;
    this.#session = new Session({ account, signIn, sender, clock, logger, closing, onFailedOver: () => {} });
  }

  open(channel: string, failOnUncommittedRows = true): Promise<WireReply> {
    return this.#ask(openCall(this.#pipe, channel, failOnUncommittedRows));
  }

  /** Each row is one line; offsets `first` to `first + rows.length - 1`. */
  append(channel: string, continuationToken: string, first: number, rows: readonly object[]): Promise<WireReply> {
    const body = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const batch = {
      firstOffset: BigInt(first),
      lastOffset: BigInt(first + rows.length - 1),
      rowCount: rows.length,
      encoding: 'identity',
      chunks: [body],
      wireBytes: body.length,
      rawBytes: body.length,
      firstBufferedAtMs: systemClock.now(),
    };
    return this.#ask(
      appendCall(this.#pipe, channel, batch as unknown as Parameters<typeof appendCall>[2], continuationToken, null),
    );
  }

  status(channel: string): Promise<WireReply> {
    return this.#ask(statusCall(this.#pipe, [channel]));
  }

  drop(channel: string): Promise<WireReply> {
    return this.#ask(dropCall(this.#pipe, channel));
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('done'));
    await this.#recorder.close();
  }

  /** A refusal is an answer. @throws what kept Snowflake from answering */
  async #ask(call: Call): Promise<WireReply> {
    this.#recorder.last = null;
    try {
      await this.#session.send(call, AbortSignal.timeout(callLimitMs));
    } catch (error) {
      if (this.#recorder.last === null) throw error;
    }
    if (this.#recorder.last === null) throw new Error('no answer');
    return this.#recorder.last;
  }
}

export const newChannelName = (): string => `PROBE_${randomUUID().slice(0, 8)}`;

/** Of an open's or append's answer. */
export const continuationOf = ({ text }: WireReply): string | null =>
  textField(asObject(parseJson(text)), 'next_continuation_token');
