import { createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';

export interface JsonWebToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signedText: string;
  readonly signature: Buffer;
}

const decodeObject = (part: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
};

/** RFC 7519 compact form; null: not a token. */
export const parseJsonWebToken = (text: string): JsonWebToken | null => {
  const [headerPart, claimsPart, signaturePart, ...rest] = text.split('.');
  if (headerPart === undefined || claimsPart === undefined || signaturePart === undefined || rest.length > 0)
    return null;
  const header = decodeObject(headerPart);
  const claims = decodeObject(claimsPart);
  if (header === null || claims === null) return null;
  return {
    header,
    claims,
    signedText: `${headerPart}.${claimsPart}`,
    signature: Buffer.from(signaturePart, 'base64url'),
  };
};

export const hasRs256Signature = (token: JsonWebToken, key: KeyObject): boolean =>
  token.header['alg'] === 'RS256' && verify('sha256', Buffer.from(token.signedText), key, token.signature);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (text: string, secret: Buffer): Buffer => createHmac('sha256', secret).update(text).digest();

export const signHs256 = (claims: Readonly<Record<string, unknown>>, secret: Buffer): string => {
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${hmac(text, secret).toString('base64url')}`;
};

export const hasHs256Signature = (token: JsonWebToken, secret: Buffer): boolean => {
  const expected = hmac(token.signedText, secret);
  return expected.length === token.signature.length && timingSafeEqual(expected, token.signature);
};
