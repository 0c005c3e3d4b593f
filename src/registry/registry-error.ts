import { ConnectError, RetriableError } from '../api/index.ts';

/** The registry answered, and the answer is no: its status and error code (Schema Registry API reference, "Errors"). */
export class RegistryAnswerError extends ConnectError {
  override readonly javaClass: string = 'io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException';
  override readonly name: string = 'RegistryAnswerError';
  readonly status: number;
  /** 40403 and its like; the HTTP status where the body names none. */
  readonly errorCode: number;

  constructor(status: number, errorCode: number, message: string) {
    super(`${message}; error code: ${errorCode}`);
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** No usable answer (refused connection, time-out, 429, 5xx): the same request may succeed later. */
export class RegistryAwayError extends RetriableError {
  override readonly name: string = 'RegistryAwayError';
}

/** Whether the registry will say the same again for a while: no such schema, a schema that cannot be used; not a refused login. */
export const isDefiniteAnswer = (error: unknown): boolean =>
  !(error instanceof RegistryAwayError) &&
  !(error instanceof RegistryAnswerError && (error.status === 401 || error.status === 403));
