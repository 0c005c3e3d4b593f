import CircuitBreaker from 'opossum';
import { type Endpoint, type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

export interface BreakerPolicy {
  /** Requests in the window below which it never opens: opossum's default of 0 would open it at the first failure. */
  readonly volumeThreshold: number;
  /** Share of failed requests (percent) above which it opens. */
  readonly errorThresholdPercentage: number;
  readonly windowMs: number;
  /** How long it stays open before one request may probe. */
  readonly resetMs: number;
}

export const defaultBreakerPolicy: BreakerPolicy = {
  volumeThreshold: 5,
  errorThresholdPercentage: 50,
  windowMs: 10_000,
  resetMs: 5_000,
};

export type BreakerListener = (endpoint: Endpoint, state: 'open' | 'closed', reason: string) => void;

/** A reply that speaks of the server's health. 4xx speaks of the request (row, token, rate) and must never open a breaker. */
class UnhealthyReply extends Error {
  readonly reply: HttpReply;
  constructor(reply: HttpReply) {
    super(`HTTP ${reply.status}`);
    this.reply = reply;
  }
}

/** Ended by whoever asked, not by the time limit for a reply. */
const wasGivenUp = (request: HttpRequest | undefined): boolean =>
  request?.signal.aborted === true && !(request.signal.reason instanceof TransportError);

/**
 * A circuit breaker (opossum) around each endpoint that the inner transport talks to.
 * While one is open, requests to it fail at once with TransportError BREAKER_OPEN; then one probes, and its success closes it.
 *
 * opossum's own timeout stays off: it frees the caller while the request goes on, and its shared AbortController aborts healthy
 * siblings. An aborted request says nothing about the server and counts as neither.
 */
export class BreakerTransport implements Transport {
  readonly #inner: Transport;
  readonly #policy: BreakerPolicy;
  readonly #listener: BreakerListener;
  readonly #breakers = new Map<Endpoint, CircuitBreaker<[HttpRequest], HttpReply>>();

  constructor(inner: Transport, policy: BreakerPolicy, listener: BreakerListener) {
    this.#inner = inner;
    this.#policy = policy;
    this.#listener = listener;
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.#breakerOf(request.endpoint).fire(request);
    } catch (error) {
      if (error instanceof UnhealthyReply) return error.reply;
      if (error instanceof Error && CircuitBreaker.isOurError(error)) {
        throw new TransportError('BREAKER_OPEN', 'the circuit breaker of this endpoint is open', { cause: error });
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
    await this.#inner.close();
  }

  #breakerOf(endpoint: Endpoint): CircuitBreaker<[HttpRequest], HttpReply> {
    const existing = this.#breakers.get(endpoint);
    if (existing !== undefined) return existing;
    const breaker = new CircuitBreaker((request: HttpRequest) => this.#send(request), {
      name: endpoint,
      timeout: false,
      volumeThreshold: this.#policy.volumeThreshold,
      errorThresholdPercentage: this.#policy.errorThresholdPercentage,
      rollingCountTimeout: this.#policy.windowMs,
      resetTimeout: this.#policy.resetMs,
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
      errorFilter: (_error: Error, request?: HttpRequest) => wasGivenUp(request),
    });
    let lastFailure = '';
    breaker.on('failure', (error) => {
      lastFailure = error instanceof TransportError ? `${error.code}: ${error.message}` : error.message;
    });
    breaker.on('open', () => this.#listener(endpoint, 'open', lastFailure));
    breaker.on('close', () => this.#listener(endpoint, 'closed', 'a request succeeded again'));
    this.#breakers.set(endpoint, breaker);
    return breaker;
  }

  async #send(request: HttpRequest): Promise<HttpReply> {
    const reply = await this.#inner.request(request);
    if (reply.status >= 500) throw new UnhealthyReply(reply);
    return reply;
  }
}
