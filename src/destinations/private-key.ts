import { createPrivateKey, type KeyObject } from 'node:crypto';
import { ConfigError } from '../api/index.ts';

export const privateKeyProperty = 'snowflake.private.key';
export const passphraseProperty = 'snowflake.private.key.passphrase';

const howToMake =
  'Make one with: openssl genrsa 2048 | openssl pkcs8 -topk8 -inform PEM -out rsa_key.p8 -v2 aes256 (or -nocrypt), ' +
  'and register its public half with ALTER USER … SET RSA_PUBLIC_KEY.';

const problem = (key: string, message: string, cause?: unknown): ConfigError =>
  new ConfigError([{ key, message }], cause === undefined ? {} : { cause });

/** What PEM's label says (RFC 7468), as far as it is no RSA private key. */
const otherKinds: ReadonlyMap<string, string> = new Map([
  ['PUBLIC KEY', 'a public key'],
  ['RSA PUBLIC KEY', 'a public key'],
  ['CERTIFICATE', 'a certificate'],
  ['EC PRIVATE KEY', 'an elliptic curve key'],
  ['DSA PRIVATE KEY', 'a DSA key'],
  ['OPENSSH PRIVATE KEY', "in OpenSSH's own format"],
]);

interface KeyText {
  /** PEM's label; null for bare base64. */
  readonly label: string | null;
  readonly der: Buffer;
  /** PEM as OpenSSL reads it. */
  readonly pem: string;
}

/** Properties files carry line breaks as `\n`, as spaces or not at all: only label and base64 count. */
const readText = (text: string): KeyText => {
  const lines = text.replaceAll(/\\r|\\n/g, '\n').trim();
  const [, label = null, body = lines] = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)(?:-----END|$)/s.exec(lines) ?? [];
  const base64 = body.replaceAll(/\s/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what DER is full of
  if (/[\u0000-\u0008\ufffd]/.test(text)) {
    throw problem(
      privateKeyProperty,
      'is binary (DER), which does not survive as a text: give its base64 (base64 -w0 rsa_key.der), or convert it with openssl pkcs8 -topk8 -inform DER -in rsa_key.der.',
    );
  }
  if (base64 === '') throw problem(privateKeyProperty, `is empty: key-pair authentication needs it. ${howToMake}`);
  if (!body.includes('Proc-Type:') && !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw problem(
      privateKeyProperty,
      'is neither PEM (-----BEGIN PRIVATE KEY-----) nor the base64 of one: it holds characters that base64 does not have. ' +
        'Was a file name given in place of the file? Then paste its content, or refer to it with a config provider (file, directory, env).',
    );
  }
  return { label, der: Buffer.from(base64, 'base64'), pem: lines };
};

type Attempt = (key: KeyText, passphrase: string) => KeyObject;
const pkcs8: Attempt = ({ der }, passphrase) =>
  createPrivateKey({ key: der, format: 'der', type: 'pkcs8', ...(passphrase === '' ? {} : { passphrase }) });
const pkcs1: Attempt = ({ der }) => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' });
/** The old encrypted form has header lines between label and base64, and OpenSSL reads it only as PEM: line breaks that got lost are put back. */
const traditional: Attempt = ({ pem }, passphrase) => {
  const [, cipher = '', base64 = ''] = /DEK-Info:\s*([A-Z0-9-]+,[0-9A-F]+)\s+(.*?)-----END/is.exec(pem) ?? [];
  const lines = base64.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? [];
  const header = ['-----BEGIN RSA PRIVATE KEY-----', 'Proc-Type: 4,ENCRYPTED', `DEK-Info: ${cipher}`, ''];
  const key = [...header, ...lines, '-----END RSA PRIVATE KEY-----', ''].join('\n');
  return createPrivateKey({ key, format: 'pem', passphrase });
};

const tryEach = (attempts: readonly Attempt[], key: KeyText, passphrase: string): KeyObject | null => {
  for (const attempt of attempts) {
    try {
      return attempt(key, passphrase);
    } catch {
      // the next form, or the caller's message
    }
  }
  return null;
};

const readEncrypted = (key: KeyText, passphrase: string): KeyObject => {
  if (passphrase === '') {
    throw problem(passphraseProperty, `is needed: ${privateKeyProperty} is encrypted. Set it, or give a plain key.`);
  }
  const parsed = tryEach([key.pem.includes('Proc-Type:') ? traditional : pkcs8], key, passphrase);
  if (parsed !== null) return parsed;
  throw problem(
    passphraseProperty,
    `does not decrypt ${privateKeyProperty}: the passphrase is wrong, the key is cut short, or it is encrypted with an outdated ` +
      'cipher. Encrypt it anew with: openssl pkcs8 -topk8 -v2 aes256 -in rsa_key.p8 -out new_key.p8',
  );
};

const readPlain = (key: KeyText, passphrase: string): KeyObject => {
  const parsed = tryEach(key.label === 'RSA PRIVATE KEY' ? [pkcs1] : [pkcs8, pkcs1], key, '');
  if (parsed === null && key.label === null && isEncrypted(key)) return readEncrypted(key, passphrase);
  if (parsed === null) {
    throw problem(
      privateKeyProperty,
      `holds no whole RSA private key: was it cut short when it was copied? ${howToMake}`,
    );
  }
  if (passphrase !== '') {
    throw problem(passphraseProperty, `is set, but ${privateKeyProperty} is not encrypted. Leave the passphrase out.`);
  }
  return parsed;
};

/** What was found, for the log: `PKCS#8, encrypted, PEM with line breaks written as \\n, RSA with 2048 bits`. */
export const describePrivateKey = (text: string, key: KeyObject): string => {
  const { label, der, pem } = readText(text);
  const isOldForm =
    label === 'RSA PRIVATE KEY' || (label === null && !isEncrypted({ label, der, pem }) && isPkcs1(der));
  const encrypted = pem.includes('Proc-Type:') || isEncrypted({ label, der, pem });
  const lines = /\\[rn]/.test(text)
    ? 'line breaks written as \\n'
    : /\n/.test(text.trim())
      ? 'line breaks'
      : 'all on one line';
  return [
    isOldForm ? 'PKCS#1' : 'PKCS#8',
    encrypted ? 'encrypted' : 'not encrypted',
    label === null ? `bare base64 of DER, ${lines}` : `PEM, ${lines}`,
    `RSA with ${key.asymmetricKeyDetails?.modulusLength ?? '?'} bits`,
  ].join(', ');
};

/** RSAPrivateKey (RFC 8017): behind the version comes the modulus, an INTEGER; PrivateKeyInfo has an algorithm there. */
const isPkcs1 = (der: Buffer): boolean => {
  const lengthByte = der[1] ?? 0;
  const content = 2 + (lengthByte > 0x80 ? lengthByte - 0x80 : 0);
  return der[content + 3] === 0x02;
};

/** EncryptedPrivateKeyInfo (RFC 5958) opens with an algorithm; PrivateKeyInfo with the version, INTEGER 0. */
const isEncrypted = ({ der }: KeyText): boolean => {
  const lengthByte = der[1] ?? 0;
  const content = 2 + (lengthByte > 0x80 ? lengthByte - 0x80 : 0);
  return der[0] === 0x30 && der[content] === 0x30;
};

/**
 * The key of snowflake.private.key: PKCS#8 or PKCS#1 RSA, as PEM (line breaks real, written `\n`, or lost) or as the bare base64
 * of it, encrypted or not. Throws a ConfigError that says what is wrong and how to make a right one.
 */
export const parsePrivateKey = (text: string, passphrase: string | null): KeyObject => {
  const key = readText(text);
  const other = otherKinds.get(key.label ?? '');
  if (other !== undefined)
    throw problem(privateKeyProperty, `is ${other}; Snowflake takes an RSA private key. ${howToMake}`);
  const encrypted = key.label === 'ENCRYPTED PRIVATE KEY' || key.pem.includes('Proc-Type:');
  const parsed = encrypted ? readEncrypted(key, passphrase ?? '') : readPlain(key, passphrase ?? '');
  if (parsed.asymmetricKeyType !== 'rsa') {
    const kind = parsed.asymmetricKeyType ?? 'unknown';
    throw problem(privateKeyProperty, `is a key of type ${kind}; Snowflake takes RSA only. ${howToMake}`);
  }
  return parsed;
};
