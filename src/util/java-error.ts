import { ConnectError } from '../api/index.ts';

/** What Java's converters and transforms throw beside Connect's own exceptions; a bad record like any other (tolerance decides). */
export class JavaError extends ConnectError {
  override readonly javaClass: string;
  override readonly name: string = 'JavaError';
  constructor(javaClass: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.javaClass = javaClass;
  }
}

export const illegalArgument = (message: string): JavaError =>
  new JavaError('java.lang.IllegalArgumentException', message);
export const nullPointer = (message: string): JavaError => new JavaError('java.lang.NullPointerException', message);
export const numberFormat = (message: string): JavaError => new JavaError('java.lang.NumberFormatException', message);
export const schemaBuilder = (message: string, options?: ErrorOptions): JavaError =>
  new JavaError('org.apache.kafka.connect.errors.SchemaBuilderException', message, options);
export const illegalState = (message: string): JavaError => new JavaError('java.lang.IllegalStateException', message);
