import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import { KeyPairAuth } from '../../../src/destinations/key-pair-auth.ts';
import { describePrivateKey, parsePrivateKey } from '../../../src/destinations/private-key.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { testAccount } from './in-memory-snowflake.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = privateKey.export({ format: 'jwk' }).n;
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
const pkcs8Encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted }).toString();
const pkcs1Encrypted = privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted }).toString();
const bare = (pem: string): string => pem.replaceAll(/-----.*?-----|\s/g, '');

test.each([
  ['PKCS#8', pkcs8, null],
  ['PKCS#8 with literal \\n', pkcs8.replaceAll('\n', '\\n'), null],
  ['PKCS#8 with CRLF', pkcs8.replaceAll('\n', '\r\n'), null],
  ['PKCS#8 on one line', pkcs8.replaceAll('\n', ' '), null],
  ['bare base64', bare(pkcs8), null],
  ['bare base64 of PKCS#1', bare(pkcs1), null],
  ['PKCS#1', pkcs1, null],
  ['encrypted PKCS#8', pkcs8Encrypted, 'open sesame'],
  ['bare base64 of encrypted PKCS#8', bare(pkcs8Encrypted), 'open sesame'],
  ['encrypted PKCS#1', pkcs1Encrypted, 'open sesame'],
  ['encrypted PKCS#1 on one line', pkcs1Encrypted.replaceAll(/\n+/g, ' '), 'open sesame'],
  ['encrypted PKCS#1 with literal \\n', pkcs1Encrypted.replaceAll('\n', '\\n'), 'open sesame'],
  ['an empty passphrase', pkcs8, ''],
])('reads %s', (_name, text, passphrase) => {
  expect(parsePrivateKey(text, passphrase).export({ format: 'jwk' }).n).toBe(modulus);
});

test.each([
  [pkcs8, null, 'PKCS#8, not encrypted, PEM, line breaks, RSA with 2048 bits'],
  [pkcs8.replaceAll('\n', '\\n'), null, 'PKCS#8, not encrypted, PEM, line breaks written as \\n, RSA with 2048 bits'],
  [bare(pkcs1), null, 'PKCS#1, not encrypted, bare base64 of DER, all on one line, RSA with 2048 bits'],
  [bare(pkcs8), null, 'PKCS#8, not encrypted, bare base64 of DER, all on one line, RSA with 2048 bits'],
  [bare(pkcs8Encrypted), 'open sesame', 'PKCS#8, encrypted, bare base64 of DER, all on one line, RSA with 2048 bits'],
  [pkcs1Encrypted, 'open sesame', 'PKCS#1, encrypted, PEM, line breaks, RSA with 2048 bits'],
])('says which form it found: %#', (text, passphrase, found) => {
  expect(describePrivateKey(text, parsePrivateKey(text, passphrase))).toBe(found);
});

const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
test.each([
  ['nothing', ' ', null, 'snowflake.private.key: is empty'],
  ['DER as it is', privateKey.export({ type: 'pkcs8', format: 'der' }).toString(), null, 'is binary (DER)'],
  ['a file name', '/etc/keys/rsa_key.p8.pem', null, 'snowflake.private.key: is neither PEM'],
  ['a key cut short', bare(pkcs8).slice(0, 800), null, 'snowflake.private.key: holds no whole RSA private key'],
  ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString(), null, 'is a public key'],
  ['an EC key', ecKey.export({ type: 'pkcs8', format: 'pem' }).toString(), null, 'is a key of type ec'],
  ['a missing passphrase', pkcs8Encrypted, null, 'snowflake.private.key.passphrase: is needed'],
  ['a missing passphrase (bare)', bare(pkcs8Encrypted), null, 'snowflake.private.key.passphrase: is needed'],
  ['a wrong passphrase', pkcs8Encrypted, 'sesame', 'snowflake.private.key.passphrase: does not decrypt'],
  ['a passphrase too many', pkcs8, 'sesame', 'snowflake.private.key.passphrase: is set, but'],
])('says what is wrong: %s', (_name, text, passphrase, message) => {
  const read = (): unknown => parsePrivateKey(text, passphrase);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).not.toThrow(passphrase === null ? bare(text).slice(20, 60) || 'x'.repeat(99) : passphrase);
});

test('signs a token that the registered public key verifies', () => {
  const auth = new KeyPairAuth({ ...testAccount, privateKey: pkcs8 }, new VirtualClock());
  const [header = '', claims = '', signature = ''] = auth.token(1_700_000_000_123).split('.');
  expect(verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
    true,
  );
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const fingerprint = `SHA256:${createHash('sha256').update(der).digest('base64')}`;
  expect(auth.fingerprint).toBe(fingerprint);
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iss: `ORG-ACCT.LOADER.${fingerprint}`,
    sub: 'ORG-ACCT.LOADER',
    iat: 1_700_000_000,
    exp: 1_700_003_540,
  });
});
