import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('openssl', args, { timeout: 20_000 });
};

export interface ServerCertificate {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  /** The authority that clients must trust. */
  readonly authorityFile: string;
}

/** A certificate for 127.0.0.1 by an authority of its own; null where there is no openssl. */
export const createServerCertificate = async (): Promise<ServerCertificate | null> => {
  const folder = await mkdtemp(join(tmpdir(), 'snowsink-tls-'));
  const file = (name: string): string => join(folder, name);
  const extensions = 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n';
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  try {
    await openssl(
      ...['req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.pem')],
      ...['-days', '2', '-subj', '/CN=snowsink test authority'],
    );
    await openssl('req', ...newKey, '-keyout', file('key'), '-out', file('csr'), '-subj', '/CN=127.0.0.1');
    await writeFile(file('extensions'), extensions);
    await openssl(
      ...['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'],
      ...['-days', '2', '-extfile', file('extensions'), '-out', file('pem')],
    );
  } catch {
    return null;
  }
  return {
    certificate: await readFile(file('pem'), 'utf8'),
    key: await readFile(file('key'), 'utf8'),
    authorityFile: file('ca.pem'),
  };
};
