import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** A user may have two, so that one takes over from the other without a gap. [documented] */
const keyProperties = ['RSA_PUBLIC_KEY', 'RSA_PUBLIC_KEY_2'] as const;

/** PEM, or what is between its lines, as ALTER USER takes it. @throws Error for what is no RSA key */
export const readPublicKey = (text: string): KeyObject => {
  const der = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'rsa') throw new Error('it is no RSA key');
  return key;
};

/** `SHA256:<base64 of the SHA-256 of the key's SPKI DER>`, as DESCRIBE USER shows it. [documented] */
export const fingerprintOf = (key: KeyObject): string =>
  `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`;

/** Those among a user's properties. */
export const registeredKeys = (properties: Readonly<Record<string, string>>): readonly KeyObject[] =>
  keyProperties.flatMap((name) => (properties[name] ? [readPublicKey(properties[name])] : []));

/** A user's properties as they may be set: with the keys' fingerprints beside them. @throws Error for what is no RSA key */
export const withFingerprints = (properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...properties,
  ...Object.fromEntries(
    keyProperties.flatMap((name) => {
      const text = properties[name];
      return text === undefined ? [] : [[`${name}_FP`, fingerprintOf(readPublicKey(text))]];
    }),
  ),
});
