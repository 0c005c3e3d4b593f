import {
  AlreadyExistsError,
  BatchTooLargeError,
  ConfigError,
  type ConfigProblem,
  ConnectError,
  DataError,
  DestinationRefusedError,
  errorMessage,
  NotFoundError,
  RetriableError,
} from '../api/index.ts';

/** An error on its way between threads: structured cloning would keep neither its class nor its Java name. */
export interface TransferredError {
  readonly name: string;
  readonly message: string;
  readonly problems?: readonly ConfigProblem[];
  readonly cause?: TransferredError;
}

/** The classes that callers tell apart. */
const classes = {
  ConnectError,
  RetriableError,
  DataError,
  NotFoundError,
  AlreadyExistsError,
  DestinationRefusedError,
  BatchTooLargeError,
} as const satisfies Record<string, new (message: string, options?: ErrorOptions) => ConnectError>;

export const transferError = (error: unknown): TransferredError => ({
  name: error instanceof Error ? error.name : 'Error',
  message: errorMessage(error),
  ...(error instanceof ConfigError ? { problems: error.problems } : {}),
  ...(error instanceof Error && error.cause instanceof Error ? { cause: transferError(error.cause) } : {}),
});

export const receiveError = ({ name, message, problems, cause }: TransferredError): Error => {
  const options = cause === undefined ? {} : { cause: receiveError(cause) };
  if (problems !== undefined) return new ConfigError(problems, options);
  const known = Object.entries(classes).find(([className]) => className === name)?.[1];
  return known === undefined ? new Error(message, options) : new known(message, options);
};
