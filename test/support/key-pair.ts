import { generateKeyPairSync } from 'node:crypto';

export interface KeyPair {
  /** PKCS#8 PEM, as snowflake.private.key takes it. */
  readonly privateKey: string;
  /** SPKI PEM, as ALTER USER … SET RSA_PUBLIC_KEY takes it. */
  readonly publicKey: string;
}

/** A fresh RSA pair (2,048 bits: Snowflake's minimum). */
export const createKeyPair = (): KeyPair =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
