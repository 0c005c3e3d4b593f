import { randomUUID } from 'node:crypto';

/** What a statement came to: the reply that every asker gets, be it the first or a later one. */
export interface QueryOutcome<Reply> {
  readonly reply: Reply;
  /** Null: it succeeded. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface TrackedQuery<Reply> {
  readonly id: string;
  readonly requestId: string | null;
  readonly sqlText: string;
  readonly sessionId: number;
  readonly startedAtMs: number;
  readonly outcome: Promise<QueryOutcome<Reply>>;
  /** Null: still running. */
  done: QueryOutcome<Reply> | null;
}

const keptQueries = 1000;

/**
 * The last thousand queries by id. A request that comes twice with one `requestId` runs once [observed]; results stay for
 * `/queries/{id}/result`, which drivers ask for asynchronous queries and for each of several statements.
 */
export class QueryResults<Reply> {
  readonly #byId = new Map<string, TrackedQuery<Reply>>();
  readonly #byRequest = new Map<string, TrackedQuery<Reply>>();

  start(
    query: { readonly requestId: string | null; readonly sqlText: string; readonly sessionId: number; nowMs: number },
    run: (id: string) => Promise<QueryOutcome<Reply>>,
  ): TrackedQuery<Reply> {
    const { requestId, sqlText, sessionId, nowMs } = query;
    const known = requestId === null ? undefined : this.#byRequest.get(requestId);
    if (known !== undefined) return known;
    const id = randomUUID();
    const outcome = run(id);
    const tracked = { id, requestId, sqlText, sessionId, startedAtMs: nowMs, outcome, done: null };
    this.#keep(tracked);
    return tracked;
  }

  find(id: string): TrackedQuery<Reply> | null {
    return this.#byId.get(id) ?? null;
  }

  findRequest(requestId: string): TrackedQuery<Reply> | null {
    return this.#byRequest.get(requestId) ?? null;
  }

  #keep(query: TrackedQuery<Reply>): void {
    this.#byId.set(query.id, query);
    if (query.requestId !== null) this.#byRequest.set(query.requestId, query);
    query.outcome.then(
      (done) => {
        query.done = done;
      },
      // Whoever waits for the query gets the error; nobody else needs it.
      () => this.#forget(query),
    );
    const [oldest] = this.#byId.values();
    if (this.#byId.size > keptQueries && oldest !== undefined && oldest.done !== null) this.#forget(oldest);
  }

  #forget(query: TrackedQuery<Reply>): void {
    this.#byId.delete(query.id);
    if (query.requestId !== null) this.#byRequest.delete(query.requestId);
  }
}
