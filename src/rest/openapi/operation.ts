import type { SchemaName } from './schemas.ts';

export interface QueryParameter {
  readonly description: string;
  readonly values?: readonly string[];
  /** Given more than once: all of them count. */
  readonly isRepeatable?: boolean;
}

/** What a route is to its callers: where it is registered, it is described. */
export interface Operation {
  readonly summary: string;
  /** Status to what the body is; null: there is none. */
  readonly answers: Readonly<Record<number, SchemaName | null>>;
  /** Statuses with Connect's error body, beside those that any call may bring. */
  readonly errors?: readonly number[];
  readonly body?: SchemaName;
  readonly query?: Readonly<Record<string, QueryParameter>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

export interface DescribedRoute {
  readonly method: Method;
  /** `/connectors/:connector` */
  readonly path: string;
  readonly operation: Operation;
}
