import type { ErrorBodyForm } from '../control/fault.ts';
import type { StreamingError } from '../streaming/index.ts';
import { jsonReply, type Reply, textReply } from './exchange.ts';

/** The same error in each body form that clients have met. [observed] */
export const errorReply = (error: StreamingError, form: ErrorBodyForm): Reply => {
  const { httpStatus, code, message } = error;
  switch (form) {
    case 'code':
      return jsonReply(httpStatus, { code, message });
    case 'error_code':
      return jsonReply(httpStatus, { error_code: code, message });
    case 'status_code':
      return jsonReply(httpStatus, { status_code: Number(code) || 0, message });
    case 'string':
      return jsonReply(httpStatus, code);
    case 'text':
      return textReply(httpStatus, message);
  }
};

/** 404 and 409 name the code `error_code`, the rest `code`. [documented] */
export const streamingErrorReply = (error: StreamingError): Reply =>
  errorReply(error, error.httpStatus === 404 || error.httpStatus === 409 ? 'error_code' : 'code');

export const refuse = (httpStatus: number, code: string, message: string): Reply =>
  streamingErrorReply({ httpStatus, code, message });

/** Everything that Snowflake has and this emulator does not. */
export const notEmulated = (what: string): Reply =>
  refuse(501, 'EMULATOR_UNSUPPORTED', `The snowsink emulator does not have ${what}.`);
