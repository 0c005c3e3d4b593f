import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { errorMessage } from '../api/index.ts';
import type { PropertyReader } from './property-reader.ts';

type StoreKind = 'PEM' | 'PKCS12' | 'JKS';
const jksMagic = 0xfeedfeed;
const ownKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/;

/** kafkajs's `ssl` option (Node's tls options) from Kafka's ssl.* properties (KIP-651 for PEM). Problems go to the reader. */
export const readSsl = (reader: PropertyReader): ConnectionOptions => {
  const identification = reader.raw('ssl.endpoint.identification.algorithm');
  return {
    ...readTruststore(reader),
    ...readKeystore(reader),
    ...readProtocols(reader),
    ...(identification?.trim() === '' ? { checkServerIdentity: () => undefined } : {}),
  };
};

const readTruststore = (reader: PropertyReader): ConnectionOptions => {
  const inline = reader.text('ssl.truststore.certificates');
  const location = reader.text('ssl.truststore.location');
  reader.ignore('ssl.truststore.password', 'ssl.truststore.type');
  if (inline !== undefined) return { ca: pem(inline) };
  if (location === undefined) return {};
  const file = readStore(reader, 'ssl.truststore.location', location);
  if (file === null) return {};
  if (file.kind === 'PEM') return { ca: file.bytes.toString('utf8') };
  reader.problem(
    'ssl.truststore.location',
    `${location} is a ${file.kind} store, which Node cannot take certificates from. ${toPem(location, file.kind, 'truststore')}`,
  );
  return {};
};

const readKeystore = (reader: PropertyReader): ConnectionOptions => {
  const key = reader.text('ssl.keystore.key');
  const chain = reader.text('ssl.keystore.certificate.chain');
  const location = reader.text('ssl.keystore.location');
  const storePassword = reader.text('ssl.keystore.password');
  const passphrase = reader.text('ssl.key.password');
  const unlocked = passphrase === undefined ? {} : { passphrase };
  reader.ignore('ssl.keystore.type');
  if (key !== undefined || chain !== undefined) {
    if (key !== undefined && chain !== undefined) return { key: pem(key), cert: pem(chain), ...unlocked };
    reader.problem(
      key === undefined ? 'ssl.keystore.key' : 'ssl.keystore.certificate.chain',
      'is missing: a PEM keystore needs ssl.keystore.key and ssl.keystore.certificate.chain',
    );
    return {};
  }
  if (location === undefined) return {};
  const file = readStore(reader, 'ssl.keystore.location', location);
  if (file === null) return {};
  if (file.kind === 'PKCS12') {
    return { pfx: file.bytes, ...(storePassword === undefined ? {} : { passphrase: storePassword }) };
  }
  if (file.kind === 'JKS') {
    reader.problem(
      'ssl.keystore.location',
      `${location} is a JKS store, which only Java reads. ${toPem(location, 'JKS', 'keystore')}`,
    );
    return {};
  }
  return pemKeystore(reader, location, file.bytes.toString('utf8'), unlocked);
};

const pemKeystore = (
  reader: PropertyReader,
  location: string,
  text: string,
  unlocked: ConnectionOptions,
): ConnectionOptions => {
  const key = ownKey.exec(text)?.[0];
  if (key !== undefined && text.includes('-----BEGIN CERTIFICATE-----')) {
    return { key, cert: text.replace(key, ''), ...unlocked };
  }
  reader.problem('ssl.keystore.location', `${location} must hold a private key and its certificate chain, both as PEM`);
  return {};
};

/** Inline PEM in a properties file has its line breaks as `\n` or as spaces between the markers. */
const pem = (text: string): string =>
  text
    .replaceAll('\\n', '\n')
    .replace(/(-----BEGIN [A-Z ]+-----)\s*([\s\S]*?)\s*(-----END [A-Z ]+-----)/g, (_, begin, body: string, end) =>
      [begin, body.trim().replace(/\s+/g, '\n'), end, ''].join('\n'),
    );

const readStore = (
  reader: PropertyReader,
  key: string,
  location: string,
): { kind: StoreKind; bytes: Buffer } | null => {
  try {
    const bytes = readFileSync(location);
    return { kind: kindOf(bytes), bytes };
  } catch (error) {
    reader.problem(key, `${location} cannot be read (${errorMessage(error)}): give a path that this process may read`);
    return null;
  }
};

/** By content: `ssl.*.type` is JKS by default, whatever the file is. */
const kindOf = (bytes: Buffer): StoreKind => {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === jksMagic) return 'JKS';
  return bytes.includes('-----BEGIN ') ? 'PEM' : 'PKCS12';
};

const toPem = (location: string, kind: StoreKind, store: 'truststore' | 'keystore'): string => {
  const toPkcs12 = `keytool -importkeystore -srckeystore ${location} -destkeystore ${store}.p12 -deststoretype PKCS12`;
  const p12 = kind === 'JKS' ? `${store}.p12` : location;
  if (store === 'keystore') return `Convert it: ${toPkcs12}; then set ssl.keystore.location=keystore.p12`;
  const extract = `openssl pkcs12 -in ${p12} -nokeys -out truststore.pem`;
  return `Convert it: ${kind === 'JKS' ? `${toPkcs12} && ` : ''}${extract}; then set ssl.truststore.type=PEM and ssl.truststore.location=truststore.pem`;
};

const readProtocols = (reader: PropertyReader): ConnectionOptions => {
  reader.ignore('ssl.protocol');
  const enabled = reader
    .list('ssl.enabled.protocols')
    .filter((name): name is SecureVersion => /^TLSv1(\.[123])?$/.test(name));
  const [min] = enabled.toSorted();
  const max = enabled.toSorted().at(-1);
  return min === undefined || max === undefined ? {} : { minVersion: min, maxVersion: max };
};
