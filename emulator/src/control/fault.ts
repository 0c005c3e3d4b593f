export type Operation = 'hostname' | 'token' | 'open' | 'append' | 'status' | 'drop' | 'login' | 'query' | 'any';

/** The body forms in which Snowflake and the proxies before it write errors. [observed] */
export type ErrorBodyForm = 'code' | 'error_code' | 'status_code' | 'string' | 'text';

export type FaultAction =
  /** Answer an error; `after`: the request was carried out all the same. */
  | {
      readonly type: 'respond';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly form?: ErrorBodyForm;
      readonly when?: 'before' | 'after';
    }
  /** Cut the connection; `after`: the request was carried out, its acknowledgement is lost. */
  | { readonly type: 'reset'; readonly when: 'before' | 'after' }
  /** Carry the request out, send half of the reply, cut the connection. */
  | { readonly type: 'half-reply' }
  /** Answer late: `before` delays the work, `after` only the reply. */
  | { readonly type: 'delay'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** Somebody else opens the channel just before this request. */
  | { readonly type: 'reopen' }
  /** The channel becomes invalid just before this request. */
  | { readonly type: 'invalidate'; readonly code?: string }
  /** Rows of this append are rejected: those whose bytes hold `contains`, or a share of all. */
  | { readonly type: 'row-errors'; readonly contains?: string; readonly share?: number }
  /** A statement that somebody else runs just before this request: the table is dropped, replaced, altered. */
  | { readonly type: 'sql'; readonly statement: string }
  /** 200 and a good next token, but the rows vanish and the committed token stays (an invalid pipe). [observed] */
  | { readonly type: 'accept-and-discard' };

export interface FaultDefinition {
  readonly operation: Operation;
  /** Regular expressions on the path's names; a missing one matches everything. */
  readonly match?: { readonly pipe?: string; readonly channel?: string; readonly sql?: string };
  /** Leave the first so many matching requests alone. */
  readonly skip?: number;
  /** Strike so often, then rest. Default: for ever. */
  readonly count?: number;
  /** Strike with this probability, 0 to 1. Default 1. */
  readonly probability?: number;
  readonly action: FaultAction;
}

export interface FaultSubject {
  readonly operation: Operation;
  readonly pipe?: string;
  readonly channel?: string;
  readonly sql?: string;
}
