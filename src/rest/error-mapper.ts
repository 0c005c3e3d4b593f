import {
  AlreadyExistsError,
  BadRequestError,
  ConfigError,
  ConnectError,
  errorMessage,
  type Logger,
  NotFoundError,
} from '../api/index.ts';
import { ClientOverrideError } from '../config/index.ts';

/** An answer that Connect's resources give with a status of their own. */
export class RestError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.runtime.rest.errors.ConnectRestException';
  override readonly name: string = 'RestError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ErrorBody {
  readonly error_code: number;
  readonly message: string;
}

/** What the framework itself refuses, in JAX-RS's words. */
const httpTexts: Readonly<Record<number, string>> = {
  400: 'HTTP 400 Bad Request',
  404: 'HTTP 404 Not Found',
  405: 'HTTP 405 Method Not Allowed',
  406: 'HTTP 406 Not Acceptable',
  413: 'HTTP 413 Request Entity Too Large',
  415: 'HTTP 415 Unsupported Media Type',
};

export const httpError = (status: number): RestError => new RestError(status, httpTexts[status] ?? `HTTP ${status}`);

const statusOf = (error: unknown): number => {
  if (error instanceof RestError) return error.status;
  if (error instanceof NotFoundError) return 404;
  if (error instanceof BadRequestError) return 400;
  if (error instanceof AlreadyExistsError) return 409;
  if (error instanceof ClientOverrideError) return 500;
  if (error instanceof ConfigError) return 400;
  return 500;
};

/** org.apache.kafka.connect.runtime.rest.errors.ConnectExceptionMapper: the one place where errors become HTTP. */
export const mapError = (error: unknown, logger: Logger): ErrorBody => {
  const thrownByFramework = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : null;
  if (thrownByFramework !== null && thrownByFramework in httpTexts)
    return mapError(httpError(thrownByFramework), logger);
  const status = statusOf(error);
  if (!(error instanceof ConnectError)) {
    logger.error({ stack: error instanceof Error ? error.stack : undefined }, 'Uncaught exception in REST call');
  }
  return { error_code: status, message: errorMessage(error) };
};
