import { ConnectError } from '../api/index.ts';

/** org.apache.kafka.common.errors.SerializationException: the cause that Connect's converters name. */
export class SerializationError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.common.errors.SerializationException';
  override readonly name: string = 'SerializationError';
}
