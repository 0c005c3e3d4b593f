import {
  type Availability,
  type Channel,
  type ChannelSpec,
  ConnectError,
  type Destination,
  type DestinationLimits,
  errorMessage,
} from '../../api/index.ts';
import { CurrentSignIn } from '../sign-in/current-sign-in.ts';
import { tableAddress } from '../snowflake-identifier.ts';
import { StreamingChannel } from './channel.ts';
import { BreakerTransport, defaultBreakerPolicy } from './circuit-breaker.ts';
import { defaultTiming, type SnowpipeStreamingOptions, type StreamingTiming, streamingLimits } from './config.ts';
import { HttpTransport } from './http-transport.ts';
import { openChannel } from './open-channel.ts';
import { Refusals } from './refusals.ts';
import { dropCall, type PipeName, statusCall } from './request-builder.ts';
import { RequestSender } from './request-sender.ts';
import { Session } from './session.ts';
import { StatusPoller } from './status-poller.ts';
import { type Endpoint, endpoints, type Transport } from './transport.ts';

/** Beside the appends: opens, statuses and tokens must not queue behind full-size bodies. */
const spareConnections = 2;

/** Snowpipe Streaming, high-performance architecture, over its REST API (v2): named channels in each table's default pipe. */
class SnowpipeStreaming implements Destination {
  readonly limits: DestinationLimits = streamingLimits;
  readonly #options: SnowpipeStreamingOptions;
  readonly #timing: StreamingTiming;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #closing = new AbortController();
  readonly #pollers = new Map<string, StatusPoller>();
  readonly #channels = new Set<StreamingChannel>();
  /** Endpoints whose breaker is open, with the reason that was told. */
  readonly #open = new Map<Endpoint, string>();
  readonly #listeners: ((availability: Availability, reason: string) => void)[] = [];
  #isProbing = false;

  constructor(options: SnowpipeStreamingOptions) {
    const { account, clock, random, logger } = options;
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    const http = options.transport ?? this.#makeHttp();
    this.#transport = this.#withBreaker(http);
    const { reread } = options;
    const signIn = new CurrentSignIn({ account, clock, transport: http, logger, reread });
    const refusals = new Refusals(account, () => signIn.get().advice);
    const { firstContactMs } = this.#timing;
    const sender = new RequestSender({ transport: this.#transport, clock, random, logger, refusals, firstContactMs });
    this.#session = new Session({
      account,
      signIn,
      sender,
      clock,
      logger,
      closing: this.#closing.signal,
      onFailedOver: () => this.#failedOver(),
    });
  }

  async open(spec: ChannelSpec, signal: AbortSignal): Promise<Channel> {
    const { clock, random, logger, metrics, taskId } = this.#options;
    const pipe = this.#pipeOf(spec);
    const session = this.#session;
    const reply = await openChannel({
      session,
      pipe,
      channel: spec.channelName,
      uncommittedRowsMs: this.#timing.uncommittedRowsMs,
      clock,
      random,
      logger,
      signal: AbortSignal.any([signal, this.#closing.signal]),
    });
    const poller = this.#pollerOf(pipe);
    const closing = this.#closing.signal;
    const onClosed = (closed: StreamingChannel): void => void this.#channels.delete(closed);
    const channel = new StreamingChannel({
      spec,
      pipe,
      reply,
      session,
      poller,
      clock,
      metrics,
      taskId,
      closing,
      onClosed,
    });
    poller.watch(channel);
    this.#channels.add(channel);
    return channel;
  }

  async drop(spec: ChannelSpec, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#session.send(dropCall(this.#pipeOf(spec), spec.channelName), either);
  }

  availability(): Availability {
    return this.#open.size === 0 ? 'available' : 'unavailable';
  }

  onAvailability(listener: (availability: Availability, reason: string) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ConnectError('the connection to Snowflake was closed'));
    for (const channel of this.#channels) channel.close();
    await this.#transport.close();
  }

  #makeHttp(): Transport {
    const { account, maxConcurrentAppends } = this.#options;
    const connections = maxConcurrentAppends + spareConnections;
    return new HttpTransport({ connections, connectTimeoutMs: 10_000, proxy: account.proxy ?? null });
  }

  #withBreaker(inner: Transport): Transport {
    const { breaker = defaultBreakerPolicy } = this.#options;
    if (breaker === null) return inner;
    for (const endpoint of endpoints) this.#showBreaker(endpoint, false);
    return new BreakerTransport(inner, breaker, (endpoint, state, reason) =>
      this.#breakerChanged(endpoint, state, reason),
    );
  }

  #pipeOf({ table }: ChannelSpec): PipeName {
    return tableAddress(this.#options.account, table);
  }

  #pollerOf(pipe: PipeName): StatusPoller {
    const key = JSON.stringify(pipe);
    const existing = this.#pollers.get(key);
    if (existing !== undefined) return existing;
    const { clock, logger } = this.#options;
    const { statusIntervalMs: intervalMs } = this.#timing;
    const session = this.#session;
    const poller = new StatusPoller({ pipe, session, clock, logger, intervalMs, closing: this.#closing.signal });
    this.#pollers.set(key, poller);
    return poller;
  }

  #failedOver(): void {
    for (const channel of this.#channels) {
      channel.invalidate('PIPE_FAILED_OVER', 'the pipe moved to another host (HTTP 410)');
    }
  }

  #breakerChanged(endpoint: Endpoint, state: 'open' | 'closed', reason: string): void {
    const { logger } = this.#options;
    const before = this.availability();
    const isNews = this.#open.get(endpoint) !== reason; // each probe that fails opens it anew
    if (state === 'open') this.#open.set(endpoint, reason);
    else this.#open.delete(endpoint);
    this.#showBreaker(endpoint, state === 'open');
    if (state === 'open') {
      const message = `Snowflake's ${endpoint} endpoint keeps failing: its circuit breaker is open, partitions pause`;
      if (isNews) logger.warn({ endpoint, reason }, message);
      this.#probe();
    } else {
      logger.info({ endpoint }, `Snowflake's ${endpoint} endpoint answers again: its circuit breaker is closed`);
    }
    const now = this.availability();
    if (now !== before) for (const listener of this.#listeners) listener(now, `${endpoint} endpoint: ${reason}`);
  }

  #showBreaker(endpoint: Endpoint, isOpen: boolean): void {
    const { connector, task } = this.#options.taskId;
    this.#options.metrics.set('snowsink_breaker_open', { connector, task: String(task), endpoint }, isOpen ? 1 : 0);
  }

  /**
   * A breaker closes only when somebody asks; with every partition paused and nothing buffered, nobody would. The status call
   * needs host, token and ingest endpoint, so that it probes whichever is open.
   */
  #probe(): void {
    const [channel] = this.#channels;
    if (this.#isProbing || channel === undefined) return;
    this.#isProbing = true;
    this.#session
      .send(statusCall(this.#pipeOf(channel.spec), [channel.statusName]), this.#closing.signal)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#options.logger.debug({}, `The probe was answered with a refusal: ${errorMessage(error)}`);
      })
      .finally(() => {
        this.#isProbing = false;
      });
  }
}

/** Throws a ConfigError where the private key cannot be used; connects at the first `open`. */
export const createSnowpipeStreaming = (options: SnowpipeStreamingOptions): Destination =>
  new SnowpipeStreaming(options);
