import { ConnectError } from '../api/index.ts';

/** com.fasterxml.jackson.databind.exc.InvalidFormatException, which DLQ traces name as the cause. */
class InvalidFormatError extends ConnectError {
  override readonly javaClass: string = 'com.fasterxml.jackson.databind.exc.InvalidFormatException';
  override readonly name: string = 'InvalidFormatError';
}

const prefix = 'Cannot access contents of TextNode as binary due to broken Base64 encoding: ';

/** Base64 as Jackson reads it (MIME-NO-LINEFEEDS): blanks between groups of four are skipped, padding is required. */
export const decodeJsonBase64 = (text: string): Uint8Array => {
  const groups = /^(?:[\0- ]*[A-Za-z0-9+/]{4})*[\0- ]*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(text)?.[0] ?? '';
  const rest = text.slice(groups.length);
  if (rest === '' || groups.endsWith('=')) return Buffer.from(groups, 'base64');
  if (/^[A-Za-z0-9+/]+$/.test(rest)) {
    throw new InvalidFormatError(
      `${prefix}Unexpected end of base64-encoded String: base64 variant 'MIME-NO-LINEFEEDS' expects padding (one or more '=' characters) at the end. This Base64Variant might have been incorrectly configured`,
    );
  }
  throw new InvalidFormatError(`${prefix}Illegal character in base64 content at position ${illegalAt(text)}`);
};

const illegalAt = (text: string): number => text.search(/[^A-Za-z0-9+/]/);
